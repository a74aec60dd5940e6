import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteohip.config import Split
from osteohip.errors import StudyError
from osteohip.split.assignment import assign_parts, part_sizes


@pytest.mark.parametrize(
    ("patients", "training", "validation", "test"),
    [
        (1001, 800, 100, 101),  # the paper
        (1000, 800, 100, 100),
        (30, 24, 3, 3),  # 0.1 * 30 is above 3 in floating point
        (11, 8, 1, 2),
    ],
)
def test_sizes(patients, training, validation, test):
    assert part_sizes(patients=patients, settings=Split()) == {
        "training": training,
        "validation": validation,
        "test": test,
    }


def test_too_few_patients_are_refused():
    with pytest.raises(StudyError, match="9 patients"):
        part_sizes(patients=9, settings=Split())


def records(patients: int, hips: int = 1) -> pd.DataFrame:
    cases = [(p, h) for p in range(patients) for h in range(hips)]
    return pd.DataFrame(
        {
            "case_id": [f"H{p:04}{h}" for p, h in cases],
            "patient_key": [f"P{p:04}" for p, _ in cases],
            "label": [int(p % 2 == 0) for p, _ in cases],
        }
    )


@settings(max_examples=25, deadline=None)
@given(
    patients=st.integers(20, 120),
    hips=st.integers(1, 2),
    stratify=st.booleans(),
    seed=st.integers(0, 99),
)
def test_patients_stay_together_and_sizes_hold(patients, hips, stratify, seed):
    table = records(patients, hips)
    parts = assign_parts(records=table, settings=Split(stratify=stratify), seed=seed)
    assert list(parts["case_id"]) == list(table["case_id"])
    patients_of_parts = parts[["patient_key", "part"]].drop_duplicates()
    assert len(patients_of_parts) == patients
    counts = patients_of_parts["part"].value_counts().to_dict()
    assert counts == part_sizes(patients=patients, settings=Split())


def test_stratified_parts_have_equal_prevalence():
    table = records(1000)
    parts = assign_parts(records=table, settings=Split(stratify=True), seed=3)
    shares = table["label"].groupby(parts["part"]).mean()
    assert shares.to_dict() == {"training": 0.5, "validation": 0.5, "test": 0.5}


def test_order_of_rows_and_repetition_do_not_matter_but_the_seed_does():
    table = records(100)
    shuffled = table.sample(frac=1, random_state=1)
    first = assign_parts(records=table, settings=Split(), seed=1)
    assert first.equals(assign_parts(records=shuffled, settings=Split(), seed=1))
    assert not first.equals(assign_parts(records=table, settings=Split(), seed=2))
