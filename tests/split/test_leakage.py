import pandas as pd
import pytest

from osteohip.errors import StudyError
from osteohip.split.leakage import overlap_between, overlaps_within, refuse_overlaps


def table(*rows: tuple[str, str, str, str, str], birth_dates: list[str] | None = None):
    frame = pd.DataFrame(rows, columns=["case_id", "patient", "film", "file", "pixels"])
    return frame if birth_dates is None else frame.assign(birth_date=birth_dates)


PARTS = pd.DataFrame({"case_id": ["A", "B", "C"], "part": ["training", "validation", "test"]})


@pytest.mark.parametrize("identity", ["patient", "film", "file", "pixels"])
def test_each_identity_alone_is_found(identity):
    records = table(
        ("A", "p1", "f1", "s1", "x1"), ("B", "p2", "f2", "s2", "x2"), ("C", "p3", "f3", "s3", "x3")
    )
    assert all(not any(o.shared.values()) for o in overlaps_within(records=records, parts=PARTS))
    records.loc[2, identity] = records.loc[0, identity]
    overlaps = overlaps_within(records=records, parts=PARTS)
    assert {(*o.groups, i): pairs for o in overlaps for i, pairs in o.shared.items() if pairs} == {
        ("training", "test", identity): (("A", "C"),)
    }
    with pytest.raises(StudyError, match=f"training and test share the same {identity}: A and C"):
        refuse_overlaps(overlaps)


def test_of_many_pairs_the_first_are_named_and_all_counted():
    cases = [f"H{i:04}" for i in range(12)]
    records = table(*((case, f"p{case}", f"f{case}", f"s{case}", f"x{case}") for case in cases))
    records = records.assign(birth_date="1940-01-01")
    overlap = overlap_between(development=records, external=records, names=("a", "b"))
    with pytest.raises(StudyError) as caught:
        refuse_overlaps([overlap])
    said = str(caught.value)
    assert "a and b share the same patient: H0000 and H0000, H0001 and H0001" in said
    assert "H0009 and H0009, … (12 pairs in all)" in said
    assert "H0010" not in said


def test_a_split_of_other_cases_is_refused():
    records = table(("A", "p1", "f1", "s1", "x1"))
    with pytest.raises(StudyError, match="does not hold the cases"):
        overlaps_within(records=records, parts=PARTS)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("1940-01-01", "1940-01-01", True),
        ("1940-01-01", "1951-05-05", False),  # two hospitals that number from one
        ("", "1951-05-05", True),
        ("", "", True),
    ],
)
def test_patient_number_counts_with_the_birth_date(first, second, same):
    overlap = overlap_between(
        development=table(("A", "000017", "f1", "s1", "x1"), birth_dates=[first]),
        external=table(("A", "000017", "f2", "s2", "x2"), birth_dates=[second]),
        names=("development", "busan"),
    )
    assert bool(overlap.shared["patient"]) is same
    assert overlap.as_json() == {
        "groups": ["development", "busan"],
        "records": [1, 1],
        "shared": {"patient": int(same), "film": 0, "file": 0, "pixels": 0},
    }


def test_nothing_shared_passes():
    refuse_overlaps([])
