from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.cohort.criteria import deciding_region, steps
from osteohip.cohort.records import (
    Exam,
    Film,
    Measurement,
    Patient,
    Record,
    findings_by_hip,
    list_exams,
    make_records,
    tube_voltage,
)
from osteohip.cohort.selection import (
    COHORT_COLUMNS,
    LINKAGE_COLUMNS,
    Selected,
    label_region_missing,
    select_records,
    shared_pictures,
    tabulate_cohort,
    tabulate_exclusions,
)
from osteohip.config import Selection

DAY = date(2015, 6, 15)
STEPS = (
    "came_in",
    "age",
    "sex",
    "film_and_dxa",
    "osteoarthritis",
    "other_disease",
    "operated_hip",
    "foreign_body",
    "other_institution",
    "one_pair_per_hip",
    "one_hip_per_patient",
)


def patient(name: str = "p1", **changes: Any) -> Patient:
    good: dict[str, Any] = {
        "patient_id": name,
        "sex": "F",
        "birth_date": date(1940, 1, 1),
        "age": None,
    }
    return Patient(**good | changes)


def film(uid: str = "2.25.1", **changes: Any) -> Film:
    good: dict[str, Any] = {
        "sop_instance_uid": uid,
        "patient_id": "p1",
        "file": f"{uid}.dcm",
        "file_sha256": "f" * 64,
        "pixel_sha256": "a" * 64,
        "day": DAY,
        "view": "AP",
        "side": "L",
        "body_part": "HIP",
        "vouched": False,
        "institution": "",
        "manufacturer": "Maker",
        "model_name": "Model",
    }
    return Film(**good | changes)


@pytest.mark.parametrize(
    ("tag", "kvp"),
    [("73", 73.0), ("72.5", 72.5), ("", None), ("0", None), ("7300", None), ("p1", None)],
)
def test_a_tube_voltage_is_a_number_that_can_be_one(tag: str, kvp: float | None) -> None:
    assert tube_voltage(tag) == kvp


def exam(side: str = "L", days: int = 0, **changes: Any) -> Exam:
    regions = {"femoral_neck": Measurement(0.6, -2.0), "total_hip": Measurement(0.7, -1.5)}
    good: dict[str, Any] = {
        "patient_id": "p1",
        "day": DAY + timedelta(days),
        "side": side,
        "regions": regions,
    }
    return Exam(**good | changes)


def run(
    films: list[Film],
    exams: list[Exam],
    *patients: Patient,
    findings: dict[tuple[str, str], set[str]] | None = None,
    institutions: tuple[str, ...] = ("Own Hospital",),
    **settings: Any,
) -> Selected:
    listed = {p.patient_id: p for p in patients or (patient(),)}
    records = make_records(patients=listed, films=films, exams=exams)
    criteria = steps(Selection(**settings), findings=findings or {}, institutions=institutions)
    return select_records(records, criteria)


def fate(selected: Selected) -> list[tuple[str, str]]:
    return [(item.step, item.reason) for item in selected.exclusions]


def test_a_fitting_pair_is_in() -> None:
    selected = run([film()], [exam()])
    assert len(selected.records) == 1
    assert fate(selected) == []
    assert tuple(selected.flow["step"]) == STEPS


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"view": "LL"}, ("film_and_dxa", "view_not_ap")),
        ({"view": "PA"}, ("film_and_dxa", "view_not_ap")),
        ({"view": ""}, ("film_and_dxa", "view_unknown")),
        ({"side": ""}, ("film_and_dxa", "side_unknown")),
        ({"side": "R"}, ("film_and_dxa", "no_dxa_of_this_hip")),
        ({"body_part": "CHEST"}, ("film_and_dxa", "body_part_not_hip")),
        ({"body_part": "SHIP"}, ("film_and_dxa", "body_part_not_hip")),
        ({"body_part": ""}, ("film_and_dxa", "body_part_unknown")),
        ({"body_part": "CHEST", "vouched": True}, None),
        ({"body_part": "PELVIS_HIP"}, None),
        ({"body_part": "LOWER LIMB", "vouched": True}, None),
        ({"day": DAY + timedelta(31)}, None),
        ({"day": DAY - timedelta(31)}, None),
        ({"day": DAY + timedelta(32)}, ("film_and_dxa", "too_many_days_between")),
        ({"day": DAY - timedelta(32)}, ("film_and_dxa", "too_many_days_between")),
        ({"patient_id": "p9"}, ("age", "patient_not_listed")),
        ({"patient_id": ""}, ("age", "patient_not_listed")),
        ({"institution": "Elsewhere"}, ("other_institution", "film_of_other_institution")),
        ({"institution": "OWN HOSPITAL"}, None),
    ],
)
def test_films(changes: dict[str, Any], expected: tuple[str, str] | None) -> None:
    selected = run([film(**changes)], [exam()])
    found = [
        f for item, f in zip(selected.exclusions, fate(selected), strict=True) if item.record.film
    ]
    assert found == ([expected] if expected else [])
    assert len(selected.records) == (0 if expected else 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"birth_date": date(1960, 6, 15)}, None),
        ({"birth_date": date(1960, 6, 16)}, ("age", "too_young")),
        ({"birth_date": None, "age": 55.0}, None),
        ({"birth_date": None, "age": 54.9}, ("age", "too_young")),
        ({"birth_date": None}, ("age", "age_unknown")),
        ({"birth_date": date(1960, 6, 16), "age": 60.0}, ("age", "too_young")),
        ({"sex": "M"}, ("sex", "other_sex")),
        ({"sex": ""}, ("sex", "sex_unknown")),
        ({"sex": "M", "birth_date": date(1990, 1, 1)}, ("age", "too_young")),
    ],
)
def test_patients(changes: dict[str, Any], expected: tuple[str, str] | None) -> None:
    assert fate(run([film()], [exam()], patient(**changes))) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("finding", "side", "expected"),
    [
        ("osteoarthritis", "L", ("osteoarthritis", "osteoarthritis")),
        ("osteonecrosis", "L", ("other_disease", "osteonecrosis")),
        ("tumour", "L", ("other_disease", "tumour")),
        ("calcific_tendinitis", "L", ("other_disease", "calcific_tendinitis")),
        ("operated_hip", "L", ("operated_hip", "operated_hip")),
        ("foreign_body", "L", ("foreign_body", "foreign_body")),
        ("foreign_body", "R", None),
        ("osteoarthritis", "R", None),
        ("vascular_calcification", "L", None),
        ("foley_catheter", "L", None),
        ("dysplasia", "L", None),
    ],
)
def test_findings(finding: str, side: str, expected: tuple[str, str] | None) -> None:
    selected = run([film()], [exam()], findings={("p1", side): {finding}})
    assert fate(selected) == ([expected] if expected else [])


def test_the_first_criterion_in_the_papers_order_counts() -> None:
    found = {("p1", "L"): {"foreign_body", "operated_hip", "tumour", "osteoarthritis"}}
    elsewhere = exam(institutions=frozenset({"Elsewhere"}))
    selected = run([film()], [elsewhere], findings=found)
    assert fate(selected) == [("osteoarthritis", "osteoarthritis")]
    selected = run([film()], [elsewhere], findings=found, exclude_osteoarthritis=False)
    assert fate(selected) == [("other_disease", "tumour")]
    assert fate(run([film()], [elsewhere])) == [("other_institution", "dxa_of_other_institution")]


def test_criteria_that_are_off_keep_their_place_and_exclude_nobody() -> None:
    off: dict[str, Any] = {
        "min_age_years": None,
        "sex": None,
        "exclude_osteoarthritis": False,
        "exclude_diseases": [],
        "exclude_operated_hip": False,
        "exclude_foreign_body": False,
        "exclude_other_institution": False,
    }
    findings = {("p1", "L"): {"osteoarthritis", "tumour", "operated_hip", "foreign_body"}}
    selected = run(
        [film(institution="Elsewhere")],
        [exam()],
        patient(sex="M", birth_date=date(2010, 1, 1)),
        findings=findings,
        **off,
    )
    assert len(selected.records) == 1
    assert tuple(selected.flow["step"]) == STEPS
    not_applied = selected.flow["criterion"].str.startswith("not applied: ")
    assert list(selected.flow["step"][not_applied]) == [
        step for step in STEPS[1:9] if step != "film_and_dxa"
    ]
    unlisted = run([film(patient_id="p9")], [], **off)
    assert ("film_and_dxa", "patient_not_listed") in fate(unlisted)


@pytest.mark.parametrize("institutions", [(), ("", " ")])
def test_without_a_configured_institution_none_is_foreign(institutions: tuple[str, ...]) -> None:
    selected = run([film(institution="Elsewhere")], [exam()], institutions=institutions)
    assert fate(selected) == []
    assert selected.flow.set_index("step")["criterion"]["other_institution"] == (
        "not applied: film and DXA of this hospital (site.yaml has no `institution`)"
    )


@pytest.mark.parametrize("own", ["H\u00f4pital B", "HO\u0302PITAL  b"])
def test_names_of_institutions_are_compared_in_one_form(own: str) -> None:
    pair = [film(institution="ho\u0302pital B")], [exam(institutions=frozenset({"H\u00d4PITAL B"}))]
    assert fate(run(*pair, institutions=(own,))) == []
    assert fate(run(*pair, institutions=("Hopital B",))) == [
        ("other_institution", "film_of_other_institution")
    ]


def test_what_came_in_without_counterpart_is_accounted_for() -> None:
    selected = run(
        [film("2.25.1", side="R")],
        [exam("L"), exam("L", patient_id="p2")],
        patient("p1"),
        patient("p2"),
        patient("p3"),
    )
    assert fate(selected) == [
        ("film_and_dxa", "no_film_of_this_hip"),
        ("film_and_dxa", "no_dxa_of_this_hip"),
        ("film_and_dxa", "no_film_of_this_hip"),
        ("film_and_dxa", "no_film_and_no_dxa"),
    ]
    table = tabulate_exclusions(selected.exclusions)
    assert table.to_numpy().tolist()[0] == [
        "p1",
        "",
        "L",
        "2015-06-15",
        "film_and_dxa",
        "no_film_of_this_hip",
    ]


def test_age_of_dxa_without_film_is_that_on_the_day_of_the_dxa() -> None:
    young = patient(birth_date=date(1960, 6, 16))
    assert fate(run([], [exam()], young)) == [("age", "too_young")]
    assert fate(run([], [exam(days=1)], young)) == [("film_and_dxa", "no_film_of_this_hip")]


def chosen(selected: Selected) -> tuple[str, str, date]:
    (record,) = selected.records
    assert record.film is not None
    assert record.exam is not None
    return record.film.sop_instance_uid, record.side, record.exam.day


def test_the_smallest_gap_counts_then_the_later_dxa_then_the_lower_uid() -> None:
    films = [film("2.25.3"), film("2.25.2"), film("2.25.1", day=DAY - timedelta(3))]
    exams = [exam(days=-2), exam(days=2), exam(days=-9)]
    selected = run(films, exams)
    # gaps: films 2 and 3 are 2, 2 and 9 days away; film 1 is 1, 5 and 6 days away
    assert chosen(selected) == ("2.25.1", "L", DAY - timedelta(2))
    assert fate(selected) == [("one_pair_per_hip", "another_pair_of_the_hip")] * 8
    assert chosen(run(films[:2], exams)) == ("2.25.2", "L", DAY + timedelta(2))


def test_one_hip_per_patient_by_the_same_order() -> None:
    pelvis = film(side="both")
    selected = run([pelvis], [exam("L", days=2), exam("R", days=1)])
    assert chosen(selected) == ("2.25.1", "R", DAY + timedelta(1))
    assert fate(selected) == [("one_hip_per_patient", "the_other_hip")]
    assert chosen(run([pelvis], [exam("L", days=-1), exam("R", days=1)]))[1] == "R"
    assert chosen(run([pelvis], [exam("L"), exam("R")]))[1] == "L"


def test_a_pelvis_without_dxa_of_the_right_hip_is_two_records() -> None:
    selected = run([film(side="both")], [exam("L")])
    assert len(selected.records) == 1
    assert fate(selected) == [("film_and_dxa", "no_dxa_of_this_hip")]


def test_flow_of_a_patient_with_two_films() -> None:
    """As in the paper: 1012 records of 1011 patients pass, and 1011 are left; here 3 of 2."""
    selected = run(
        [film("2.25.1"), film("2.25.2"), film("2.25.3", patient_id="p2")],
        [exam(), exam(patient_id="p2")],
        patient("p1"),
        patient("p2"),
        patient("p3", sex="M"),
    )
    numbers = selected.flow.set_index("step").drop(columns="criterion")
    assert list(numbers.T["came_in"]) == [0, 4, 0, 3]
    assert list(numbers.T["sex"]) == [1, 3, 1, 2]
    assert list(numbers.T["other_institution"]) == [0, 3, 0, 2]
    assert list(numbers.T["one_pair_per_hip"]) == [1, 2, 0, 2]
    assert list(numbers.T["one_hip_per_patient"]) == [0, 2, 0, 2]


@pytest.mark.parametrize(
    ("scores", "regions", "region", "label"),
    [
        ({"femoral_neck": -2.5, "total_hip": -1.0}, None, "femoral_neck", 1),
        ({"femoral_neck": -2.4, "total_hip": -2.6}, None, "total_hip", 1),
        ({"femoral_neck": -2.4, "total_hip": -2.4}, None, "femoral_neck", 0),
        ({"femoral_neck": -2.4, "total_hip": -2.4}, ["total_hip", "femoral_neck"], "total_hip", 0),
        ({"femoral_neck": -2.4, "trochanter": -4.0}, None, "femoral_neck", 0),
        ({"femoral_neck": -2.4, "trochanter": -4.0}, ["trochanter"], "trochanter", 1),
        ({"femoral_neck": None, "total_hip": -3.0}, None, "total_hip", 1),
    ],
)
def test_label_is_of_the_lowest_t_score(
    scores: dict[str, float | None], regions: list[str] | None, region: str, label: int
) -> None:
    measured = exam(regions={name: Measurement(0.5, score) for name, score in scores.items()})
    changes: dict[str, Any] = {} if regions is None else {"label_regions": regions}
    settings = Selection(**changes)
    selected = run([film()], [measured], **changes)
    cohort, _ = tabulate_cohort(selected.records, settings=settings, seed=1)
    assert (cohort["region"][0], cohort["label"][0]) == (region, label)


@pytest.mark.parametrize("regions", [{}, {"femoral_neck": None}, {"trochanter": -3.0}])
def test_no_t_score_in_the_label_regions(regions: dict[str, float | None]) -> None:
    measured = exam(regions={name: Measurement(0.5, score) for name, score in regions.items()})
    assert fate(run([film()], [measured])) == [("film_and_dxa", "no_t_score")]
    assert deciding_region(Record("p", "L"), ["total_hip"]) is None


def many(count: int) -> Selected:
    people = [patient(f"p{i}", birth_date=date(1920 + i, 6, 15)) for i in range(count)]
    films = [film(f"2.25.{i}", patient_id=f"p{i}") for i in range(count)]
    return run(films, [exam(patient_id=f"p{i}") for i in range(count)], *people)


def test_cohort_and_linkage() -> None:
    selected = many(40)
    cohort, linkage = tabulate_cohort(selected.records, settings=Selection(), seed=7)
    assert tuple(cohort.columns) == COHORT_COLUMNS
    assert tuple(linkage.columns) == LINKAGE_COLUMNS
    assert list(cohort["case_id"]) == [f"H{i:04d}" for i in range(1, 41)]
    for key in ("case_id", "patient_key", "film_key"):
        assert list(cohort[key]) == list(linkage[key])
        assert cohort[key].is_unique
    ages = dict(zip(linkage["patient_id"], cohort["age_years"], strict=True))
    assert (ages["p0"], ages["p5"], ages["p6"], ages["p39"]) == (90.0, 90.0, 89.0, 56.0)
    # The study's numbers tell neither the order of ids nor one another.
    order = [int(name[1:]) for name in linkage["patient_id"]]
    assert order != sorted(order)
    assert list(cohort["patient_key"]) != sorted(cohort["patient_key"])
    again, _ = tabulate_cohort(selected.records[::-1], settings=Selection(), seed=7)
    assert again.equals(cohort)
    other, _ = tabulate_cohort(selected.records, settings=Selection(), seed=8)
    assert not other.equals(cohort)


def test_an_empty_cohort_has_its_columns() -> None:
    cohort, linkage = tabulate_cohort((), settings=Selection(), seed=1)
    assert (len(cohort), tuple(cohort.columns)) == (0, COHORT_COLUMNS)
    assert (len(linkage), tuple(linkage.columns)) == (0, LINKAGE_COLUMNS)


def test_no_date_id_or_uid_in_the_cohort() -> None:
    cohort, _ = tabulate_cohort(many(3).records, settings=Selection(), seed=1)
    text = cohort.to_csv()
    assert not any(private in text for private in ("2.25.", "p1", "2015-06", "1920", ".dcm"))
    assert set(cohort["year"]) == {2015}


def test_tables_become_exams_and_findings() -> None:
    nan = float("nan")
    dxa = pd.DataFrame(
        [
            ("p", DAY, "L", "femoral_neck", 0.6, -2.0, "A"),
            ("p", DAY, "L", "total_hip", nan, -1.0, "B"),
            ("p", DAY, "L", "other", 0.1, -9.0, ""),
            ("p", DAY, "R", "other", 0.1, -9.0, ""),
        ],
        columns=[
            "patient_id",
            "exam_date",
            "side",
            "region",
            "bmd_g_cm2",
            "t_score",
            "institution",
        ],
    )
    left, right = list_exams(dxa)
    assert left.regions == {
        "femoral_neck": Measurement(0.6, -2.0),
        "total_hip": Measurement(None, -1.0),
    }
    assert left.institutions == {"A", "B"}
    assert right.regions == {}
    findings = pd.DataFrame(
        [("p", "both", "tumour"), ("p", "R", "dysplasia"), ("p", "", "foley_catheter")],
        columns=["patient_id", "side", "finding"],
    )
    by_hip = findings_by_hip(findings)
    assert by_hip[("p", "L")] == {"tumour"}
    assert by_hip[("p", "R")] == {"tumour", "dysplasia"}


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["R", "L", "both", ""]), st.integers(0, 60)),
        max_size=8,
    ),
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["R", "L"]), st.integers(0, 60)),
        max_size=6,
        unique=True,
    ),
)
def test_nobody_disappears(
    films: list[tuple[int, str, int]], exams: list[tuple[int, str, int]]
) -> None:
    listed_films = [
        film(f"2.25.{i}", patient_id=f"p{who}", side=side, day=DAY + timedelta(days))
        for i, (who, side, days) in enumerate(films)
    ]
    listed_exams = [exam(side, days, patient_id=f"p{who}") for who, side, days in exams]
    people = [patient(f"p{who}", sex="FMF"[who]) for who in range(3)]
    selected = run(listed_films, listed_exams, *people)
    flow = selected.flow
    assert flow["records_excluded"].sum() == len(selected.exclusions)
    assert flow["records_remaining"].iloc[0] == len(selected.records) + len(selected.exclusions)
    assert (
        flow["patients_excluded"].sum() + len(selected.records)
        == (flow["patients_remaining"].iloc[0])
    )
    for column in ("records", "patients"):
        left = flow[f"{column}_remaining"] + flow[f"{column}_excluded"]
        assert list(left[1:]) == list(flow[f"{column}_remaining"][:-1])
    seen = [*selected.records, *(item.record for item in selected.exclusions)]
    assert {r.film.sop_instance_uid for r in seen if r.film} == {
        f.sop_instance_uid for f in listed_films
    }
    assert {(r.exam.patient_id, r.exam.side, r.exam.day) for r in seen if r.exam} == {
        (e.patient_id, e.side, e.day) for e in listed_exams
    }
    assert {p.patient_id for p in people} <= {r.patient_id for r in seen}
    assert len({r.patient_id for r in selected.records}) == len(selected.records)
    assert all(r.days_between <= 31 for r in selected.records)


def test_a_region_measured_twice_is_never_overwritten() -> None:
    row = {
        "patient_id": "p1",
        "exam_date": DAY,
        "side": "L",
        "region": "total_hip",
        "bmd_g_cm2": 0.7,
        "t_score": -2.6,
        "institution": "",
    }
    with pytest.raises(ValueError, match="one measurement of a region"):
        list_exams(pd.DataFrame([row, row | {"t_score": -2.0}]))


def test_one_picture_of_two_patients_is_named_by_its_rows() -> None:
    selected = run(
        [
            film("2.25.1"),
            film("2.25.2", patient_id="p2"),
            film("2.25.3", patient_id="p3", pixel_sha256="b" * 64),
        ],
        [exam(), exam(patient_id="p2"), exam(patient_id="p3")],
        *(patient(f"p{i}") for i in (1, 2, 3)),
    )
    assert len(selected.records) == 3
    lines = {"2.25.1": 9, "2.25.2": 4, "2.25.3": 5}
    (problem,) = shared_pictures(selected.records, lines=lines)
    assert (problem.file, problem.row) == ("private/inventory.csv", 9)
    assert problem.expected.startswith("another picture than row 4,")
    assert problem.value == "2.25.1.dcm"
    assert shared_pictures(selected.records[1:], lines=lines) == []


def test_label_regions_that_were_not_measured_are_counted() -> None:
    neck = Measurement(0.6, -2.0)
    exams = [
        exam(patient_id="p1"),
        exam(patient_id="p2", regions={"femoral_neck": neck}),
        exam(patient_id="p3", regions={"femoral_neck": neck, "total_hip": Measurement(0.7, None)}),
    ]
    names = ("p1", "p2", "p3")
    films = [film(f"2.25.{name[1]}", patient_id=name) for name in names]
    records = run(films, exams, *(patient(name) for name in names)).records
    assert label_region_missing(records, ["femoral_neck", "total_hip"]) == 2
    assert label_region_missing(records, ["femoral_neck"]) == 0
