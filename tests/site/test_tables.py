from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from osteohip.errors import InputError, Problem
from osteohip.site.schema import CROPS, DXA, FILMS, FINDINGS, PATIENTS, TABLES, Table, read_site
from osteohip.site.tables import (
    age_problems,
    read_selection_tables,
    read_table,
    reference_problems,
    unused_columns,
)
from osteohip.site.tags import tag_problems

MakeSite = Callable[..., Path]
Found = tuple[int | None, str | None, str]

DXA_HEAD = "patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
CROPS_HEAD = "sop_instance_uid,side,x0,y0,x1,y1,status,reason,annotator\n"


def problems_of(site: Path, table: Table) -> list[Problem]:
    return read_table(site, read_site(site), table)[1]


def row_of(**cells: str) -> str:
    """One good row of dxa.csv with some cells replaced."""
    good = {
        "patient_id": "p1",
        "exam_date": "2015-06-15",
        "side": "L",
        "region": "total_hip",
        "bmd_g_cm2": "0.7",
        "t_score": "-2.5",
        "institution": "",
    }
    return ",".join({**good, **cells}.values()) + "\n"


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"t_score": '"-2,5"'}, "t_score", "a number from -10 to 10, with a decimal point"),
        ({"t_score": "\u22122.5"}, "t_score", "a number from -10 to 10, with a decimal point"),
        ({"t_score": "-25"}, "t_score", "a number from -10 to 10, with a decimal point"),
        ({"t_score": "nan"}, "t_score", "a number from -10 to 10, with a decimal point"),
        ({"bmd_g_cm2": "0"}, "bmd_g_cm2", "a number from 0.001 to 3, with a decimal point"),
        ({"bmd_g_cm2": "700"}, "bmd_g_cm2", "a number from 0.001 to 3, with a decimal point"),
        ({"bmd_g_cm2": "-0.7"}, "bmd_g_cm2", "a number from 0.001 to 3, with a decimal point"),
        (
            {"side": "left"},
            "side",
            "one of R, L (others need an entry under `values` in site.yaml)",
        ),
        (
            {"side": "both"},
            "side",
            "one of R, L (others need an entry under `values` in site.yaml)",
        ),
        (
            {"exam_date": "15.06.2015"},
            "exam_date",
            "a date as %Y-%m-%d (`date_format` in site.yaml)",
        ),
        (
            {"exam_date": "2015-02-29"},
            "exam_date",
            "a date as %Y-%m-%d (`date_format` in site.yaml)",
        ),
        (
            {"exam_date": "0215-06-15"},
            "exam_date",
            "a date as %Y-%m-%d (`date_format` in site.yaml)",
        ),
        ({"exam_date": ""}, "exam_date", "a date; the cell is empty"),
        ({"patient_id": ""}, "patient_id", "text; the cell is empty"),
    ],
)
def test_one_bad_cell(
    make_site: MakeSite, cells: dict[str, str], column: str, expected: str
) -> None:
    bad = row_of(**{"region": "trochanter"} | cells)
    site = make_site(dxa=DXA_HEAD + row_of() + row_of(region="wards") + bad)
    (problem,) = problems_of(site, DXA)
    assert (problem.file, problem.row, problem.column) == ("dxa.csv", 4, column)
    assert problem.expected == expected
    assert problem.value == (cells[column].strip('"'))


@pytest.mark.parametrize(
    ("table", "text", "found"),
    [
        (DXA, None, [(None, None, "this file in the site folder")]),
        (DXA, "", [(None, None, "a header and rows; the file is empty")]),
        (
            DXA,
            "patient_id,exam_date,side,region,bmd_g_cm2\n",
            [(1, "t_score", "this column"), (1, "institution", "this column")],
        ),
        (
            DXA,
            DXA_HEAD.replace("t_score", "side"),
            [
                (1, "side", "this column once, found it twice"),
                (1, "t_score", "this column"),
            ],
        ),
        (DXA, DXA_HEAD + row_of() + "p1,2015\n", [(3, None, "7 cells as in the header, found 2")]),
        (
            DXA,
            DXA_HEAD + row_of() + "\n" + row_of(t_score="-1"),
            [
                (
                    4,
                    None,
                    "one row for each patient_id, exam_date, side, region; row 2 has the same",
                )
            ],
        ),
        (
            DXA,
            DXA_HEAD + '"p\n1",2015-06-15,L,total_hip,0.7,x,\n' + row_of(side="l"),
            [
                (2, "t_score", "a number from -10 to 10, with a decimal point"),
                (4, "side", "one of R, L (others need an entry under `values` in site.yaml)"),
            ],
        ),
        (DXA, DXA_HEAD + '"p1,2015\n', [(2, None, "a readable CSV file with closed quotes")]),
        (
            DXA,
            (DXA_HEAD + row_of(institution="\uc11c\uc6b8")).encode("cp949"),
            [(None, None, "text in utf-8; `encoding` in site.yaml names another")],
        ),
        (
            PATIENTS,
            "patient_id,sex\np1,F\n",
            [(1, None, "one of the columns birth_date, age_years")],
        ),
        (
            PATIENTS,
            "patient_id,sex,age_years\np1,W,130\n",
            [
                (2, "sex", "one of F, M (others need an entry under `values` in site.yaml)"),
                (2, "age_years", "a number from 0 to 120, with a decimal point"),
            ],
        ),
        (
            FINDINGS,
            "patient_id,side,finding\np1,L,arthrosis\n",
            [
                (
                    2,
                    "finding",
                    "one of osteoarthritis, osteonecrosis, tumour, calcific_tendinitis, "
                    "operated_hip, foreign_body, vascular_calcification, foley_catheter, "
                    "dysplasia (others need an entry under `values` in site.yaml)",
                )
            ],
        ),
        (
            FILMS,
            "sop_instance_uid,view\n1.2,ap\n",
            [(2, "view", "a code in capital letters, as AP")],
        ),
        (
            CROPS,
            CROPS_HEAD + "1.2,L,1.5,0,9,9,cropped,,\n",
            [(2, "x0", "a whole number")],
        ),
        (
            CROPS,
            CROPS_HEAD + "1.2,L,1,0,9,9,done,,\n",
            [
                (
                    2,
                    "status",
                    "one of cropped, uncroppable (others need an entry under `values` in "
                    "site.yaml)",
                )
            ],
        ),
    ],
)
def test_problems_of_a_table(
    make_site: MakeSite, table: Table, text: str | bytes | None, found: list[Found]
) -> None:
    site = make_site(**{table.file.removesuffix(".csv"): text})
    problems = problems_of(site, table)
    assert [(p.row, p.column, p.expected) for p in problems] == found
    assert {p.file for p in problems} == {table.file}


def test_good_cells_are_typed(make_site: MakeSite) -> None:
    site = make_site(
        dxa="\ufeff"
        + DXA_HEAD.replace("institution", "institution,extra")
        + "p1,2015-06-15,L,neck_of_something,,-2.5,,x\n",
        crops=CROPS_HEAD + "1.2,L,,,,,uncroppable,blurred,\n",
    )
    frame, problems = read_table(site, read_site(site), DXA)
    assert problems == []
    row = frame.iloc[0]
    assert (row["row"], row["exam_date"], row["t_score"]) == (2, date(2015, 6, 15), -2.5)
    assert pd.isna(row["bmd_g_cm2"])
    assert row["region"] == "other"
    assert row["device"] == ""
    assert "extra" not in frame.columns
    crops, problems = read_table(site, read_site(site), CROPS)
    assert problems == []
    assert crops["x0"].isna().all()


def test_a_hospital_may_use_its_own_words(make_site: MakeSite) -> None:
    site = make_site(
        site_yaml=(
            "name: H\nencoding: cp949\ndate_format: '%d.%m.%Y'\n"
            "columns: {exam_date: \uac80\uc0ac\uc77c, patient_id: ID}\n"
            "values: {Lt: L, \uc5ec: F, 1: femoral_neck}\n"
        ),
        dxa=(
            "ID,\uac80\uc0ac\uc77c,side,region,bmd_g_cm2,t_score,institution\n"
            "007,15.06.2015,Lt,1,0.6,-2.5,\n"
        ).encode("cp949"),
        patients="patient_id,sex,age_years\n007,\uc5ec,61.5\n".encode("cp949"),
    )
    dxa, problems = read_table(site, read_site(site), DXA)
    assert problems == []
    assert dxa[["patient_id", "side", "region"]].to_numpy().tolist() == [
        ["007", "L", "femoral_neck"]
    ]
    assert dxa["exam_date"][0] == date(2015, 6, 15)
    patients, problems = read_table(site, read_site(site), PATIENTS)
    assert problems == []
    assert patients[["patient_id", "sex", "age_years"]].to_numpy().tolist() == [["007", "F", 61.5]]


def test_films_csv_may_be_absent(make_site: MakeSite) -> None:
    frame, problems = read_table(site := make_site(), read_site(site), FILMS)
    assert problems == []
    assert len(frame) == 0


def test_unknown_patients_and_findings_without_side(make_site: MakeSite) -> None:
    site = make_site(
        dxa=DXA_HEAD + row_of(patient_id="p9"),
        findings="patient_id,side,finding\np8,L,dysplasia\np1,,osteoarthritis\np1,,dysplasia\n",
    )
    facts = read_site(site)
    patients, dxa, findings = (read_table(site, facts, t)[0] for t in (PATIENTS, DXA, FINDINGS))
    found = reference_problems(patients=patients, dxa=dxa, findings=findings)
    assert [(p.file, p.row, p.column, p.value) for p in found] == [
        ("dxa.csv", 2, "patient_id", "p9"),
        ("findings.csv", 2, "patient_id", "p8"),
        ("findings.csv", 3, "side", None),
    ]


@pytest.mark.parametrize(
    ("birth", "film", "exam", "wrong"),
    [
        ("1940-01-01", "2015-06-15", "2015-06-15", False),
        ("2015-06-15", "2015-06-15", "2015-06-15", False),
        ("2015-06-16", "2015-06-15", "2015-06-16", True),
        ("2015-06-16", "2015-06-16", "2015-06-15", True),
        ("1894-01-01", "2015-06-15", "2015-06-15", True),
    ],
)
def test_births_fit_films_and_dxa(birth: str, film: str, exam: str, wrong: bool) -> None:
    found = age_problems(
        patients=pd.DataFrame(
            {"row": [2], "patient_id": ["p"], "birth_date": [date.fromisoformat(birth)]}
        ),
        dxa=pd.DataFrame({"patient_id": ["p"], "exam_date": [date.fromisoformat(exam)]}),
        films=pd.DataFrame({"patient_id": ["p"], "film_date": [film]}),
    )
    assert [(p.row, p.column) for p in found] == ([(2, "birth_date")] if wrong else [])


def test_problems_of_all_files_come_at_once_and_keep_values_out_of_the_message(
    make_site: MakeSite,
) -> None:
    site = make_site(
        patients="patient_id,sex,birth_date\nSECRET1,F,SECRET2\n",
        dxa=DXA_HEAD + row_of(patient_id="SECRET3") + row_of(t_score="SECRET4", side="SECRET5"),
        findings="patient_id,side\n",
    )
    films = pd.DataFrame(columns=["sop_instance_uid", "patient_id", "view", "side", "film_date"])
    with pytest.raises(InputError) as caught:
        read_selection_tables(site, read_site(site), films=films)
    assert {p.file for p in caught.value.problems} == {"patients.csv", "dxa.csv", "findings.csv"}
    values = {p.value for p in caught.value.problems if p.value}
    assert {"SECRET2", "SECRET3", "SECRET4", "SECRET5"} <= values
    assert "SECRET" not in str(caught.value)
    assert "SECRET4" in caught.value.report(private=True)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {"exam_date": "2015-6-15"}, True),
        ({}, {"region": "Total_hip"}, True),
        ({}, {"region": "TH"}, True),
        ({"region": "shaft"}, {"region": "Shaft"}, True),
        ({"region": "shaft"}, {"region": "upper_neck"}, False),
        ({"region": "S1"}, {"region": "S2"}, False),
        ({"region": "S1"}, {"region": "s1"}, True),
        ({}, {"exam_date": "2015-06-16"}, False),
        ({"exam_date": "x"}, {"exam_date": "y"}, False),
    ],
)
def test_two_rows_of_one_measurement_in_two_spellings(
    make_site: MakeSite, first: dict[str, str], second: dict[str, str], same: bool
) -> None:
    site = make_site(
        site_yaml="name: H\nvalues: {TH: Total_Hip, S1: other, S2: other}\n",
        dxa=DXA_HEAD + row_of(**first) + row_of(t_score="-1", **second),
    )
    found = [p.row for p in problems_of(site, DXA) if p.column is None]
    assert found == ([3] if same else [])


def test_regions_lose_their_case_and_a_mapped_one_must_be_ours(make_site: MakeSite) -> None:
    site = make_site(
        site_yaml="name: H\nvalues: {Neck: FEMORAL_NEK, Shaft: other}\n",
        dxa=DXA_HEAD
        + row_of(region="Femoral_Neck")
        + row_of(region="Shaft")
        + row_of(region="neck")
        + row_of(region="Neck"),
    )
    dxa, problems = read_table(site, read_site(site), DXA)
    assert list(dxa["region"][:3]) == ["femoral_neck", "other", "other"]
    assert list(dxa["region_given"]) == ["Femoral_Neck", "Shaft", "neck", "Neck"]
    assert [(p.row, p.column, p.value) for p in problems] == [(5, "region", "femoral_nek")]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("sop_instance_uid,View,Side", [None, "View", "Side"]),
        ("sop_instance_uid,view,Side", ["Side"]),
        ("sop_instance_uid", [None]),
        ("sop_instance_uid,patient_id", []),
        ("sop_instance_uid,side,", []),
    ],
)
def test_a_films_csv_that_would_say_nothing(
    make_site: MakeSite, header: str, found: list[str | None]
) -> None:
    problems = problems_of(make_site(films=header + "\n"), FILMS)
    assert [(p.row, p.value) for p in problems] == [(1, value) for value in found]


@pytest.mark.parametrize(
    ("columns", "films", "found"),
    [
        ("{t_score: T}", None, ["columns.t_score"]),
        ("{side: Seite, x0: links}", None, ["columns.side", "columns.x0"]),
        ("{view: Ansicht}", None, ["columns.view"]),
        ("{view: Ansicht}", "sop_instance_uid,Ansicht\n", []),
        ("{view: Ansicht}", b"\xff", []),
        ("{t_score: t_score}", None, []),
    ],
)
def test_columns_that_are_in_no_table(
    make_site: MakeSite, columns: str, films: str | bytes | None, found: list[str]
) -> None:
    site = make_site(site_yaml=f"name: H\ncolumns: {columns}\n", films=films)
    problems = unused_columns(site, read_site(site), TABLES)
    assert [(p.file, p.column) for p in problems] == [("site.yaml", name) for name in found]


def test_columns_of_a_table_that_is_not_read_are_not_judged(make_site: MakeSite) -> None:
    site = make_site(site_yaml="name: H\ncolumns: {x0: links, t_score: T}\n", crops=None)
    assert [p.column for p in unused_columns(site, read_site(site), (DXA,))] == ["columns.t_score"]


def test_a_folder_with_the_name_of_a_table(make_site: MakeSite) -> None:
    site = make_site(dxa=None)
    (site / "dxa.csv").mkdir()
    (problem,) = problems_of(site, DXA)
    assert (problem.row, problem.expected) == (None, "a file that can be opened and read")


def test_a_table_in_utf_16(make_site: MakeSite) -> None:
    text = DXA_HEAD + row_of(institution="\uc11c\uc6b8")
    site = make_site(site_yaml="name: H\nencoding: utf-16\n", dxa=text.encode("utf-16"))
    dxa, problems = read_table(site, read_site(site), DXA)
    assert (list(dxa["institution"]), problems) == (["\uc11c\uc6b8"], [])


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, []),
        ({"sex": "M", "birth_date": "1990-01-01"}, ["sex", "birth_date"]),
        ({"birth_date": "1940-01-02"}, ["birth_date"]),
        ({"sex": "", "birth_date": ""}, []),
        ({"sex": "O"}, []),
        ({"sex": "M", "named": True}, []),
        ({"sex": "M", "patient_id": "p9"}, []),
    ],
)
def test_tags_of_another_person(changes: dict[str, object], columns: list[str]) -> None:
    good = {"file": "a", "patient_id": "p", "sex": "F", "birth_date": "1940-01-01", "named": False}
    patients = pd.DataFrame({"patient_id": ["p"], "sex": ["F"], "birth_date": [date(1940, 1, 1)]})
    found = tag_problems(patients=patients, films=pd.DataFrame([good, good | changes]))
    assert [(p.file, p.row, p.column) for p in found] == [
        ("private/inventory.csv", 3, column) for column in columns
    ]
