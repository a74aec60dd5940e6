from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from osteohip.cohort.command import select
from osteohip.errors import InputError
from osteohip.site.command import inventory

MakeFilm = Callable[..., bytes]
MakeSite = Callable[..., Path]


def run(site: Path, out: Path) -> None:
    private = out / "private"
    inventory(site=site, out_dir=private)
    select(
        site=site,
        inventory=private / "inventory.csv",
        refused=private / "refused.csv",
        out_dir=out,
    )


def test_select_writes_its_files(make_site: MakeSite, make_film: MakeFilm, tmp_path: Path) -> None:
    site = make_site(
        radiographs={
            "a.dcm": make_film(),
            "b.dcm": make_film(SOPInstanceUID="2.25.2", PatientID="p2"),
            "ct.dcm": make_film(Modality="CT"),
        },
        dxa=(
            "patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
            "p1,2015-06-20,L,femoral_neck,0.6,-2.5,\n"
            "p1,2015-06-20,L,total_hip,0.71,-2.0,\n"
            "p1,2015-06-20,L,shaft,0.9,-1.0,\n"
        ),
        films="sop_instance_uid,side\n2.25.99,R\n",
    )
    out = tmp_path / "out"
    run(site, out)
    cohort = pd.read_csv(out / "cohort.csv")
    assert len(cohort) == 1
    row = cohort.iloc[0]
    assert (row["side"], row["label"], row["days_between"], row["region"]) == (
        "L",
        1,
        5,
        "femoral_neck",
    )
    assert (row["t_score"], row["total_hip_bmd_g_cm2"], row["total_hip_t_score"]) == (
        -2.5,
        0.71,
        -2.0,
    )
    assert row["age_years"] == 75.45
    linkage = pd.read_csv(out / "private" / "linkage.csv")
    assert linkage[["patient_id", "file", "film_date", "exam_date"]].to_numpy().tolist() == [
        ["p1", "a.dcm", "2015-06-15", "2015-06-20"]
    ]
    assert json.loads((out / "site.json").read_text()) == {
        "id": "site",
        "name": "Test hospital",
        "synthetic": False,
        "files": 3,
        "films": 2,
        "refused": {"wrong_modality": 1},
        "patients": 1,
        "dxa_rows": 3,
        "other_regions": 1,
        "findings": 0,
        "film_overrides": 1,
        "film_overrides_unmatched": 1,
        "label_region_missing": 0,
    }
    exclusions = pd.read_csv(out / "private" / "exclusions.csv")
    assert exclusions[["patient_id", "reason"]].to_numpy().tolist() == [
        ["p2", "patient_not_listed"]
    ]
    before = {path.name: path.read_bytes() for path in out.rglob("*.*") if path.is_file()}
    run(site, out)
    assert {p.name: p.read_bytes() for p in out.rglob("*.*") if p.is_file()} == before


def test_films_csv_says_what_the_tags_leave_out(
    make_site: MakeSite, make_film: MakeFilm, tmp_path: Path
) -> None:
    silent = make_film(without=("PatientID", "ViewPosition", "ImageLaterality", "BodyPartExamined"))
    site = make_site(
        radiographs={"a.dcm": silent},
        films="sop_instance_uid,patient_id,view,side\n2.25.1,p1,AP,L\n",
    )
    run(site, tmp_path / "with")
    assert len(pd.read_csv(tmp_path / "with" / "cohort.csv")) == 1
    (site / "films.csv").unlink()
    run(site, tmp_path / "without")
    assert len(pd.read_csv(tmp_path / "without" / "cohort.csv")) == 0


def test_wrong_tables_leave_their_values_in_private(make_site: MakeSite, tmp_path: Path) -> None:
    site = make_site(findings="patient_id,side,finding\nSECRET,L,tumour\n")
    out = tmp_path / "out"
    with pytest.raises(InputError) as caught:
        run(site, out)
    assert "SECRET" not in str(caught.value)
    problems = pd.read_csv(out / "private" / "problems.csv")
    assert problems.to_numpy().tolist() == [
        ["findings.csv", 2, "patient_id", "a patient of patients.csv", "SECRET"]
    ]
    assert not (out / "cohort.csv").exists()
    (site / "findings.csv").write_text("patient_id,side,finding\n")
    run(site, out)
    assert not (out / "private" / "problems.csv").exists()


def test_the_real_hip_enters_no_cohort_on_silent_defaults(
    shared: Path, make_site: MakeSite, tmp_path: Path
) -> None:
    """RG2 is male and says neither side nor view; even as a woman's film it must stay out."""
    content = (shared / "dicom" / "hip_cr" / "RG2_J2KR.dcm").read_bytes()
    dxa = (
        "patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
        "10RG2,1997-03-14,L,total_hip,0.7,-2.0,\n"
        "10RG2,1997-03-14,R,total_hip,0.7,-2.0,\n"
    )
    uid = "1.3.6.1.4.1.5962.1.1.10.1.2.20040826185059.5457"
    site = make_site(radiographs={"RG2": content}, dxa=dxa, patients="")
    found = {}
    for name, sex, films in (
        ("man", "M", ""),
        ("woman", "F", f"{uid},10RG2,,"),
        ("sided", "F", f"{uid},10RG2,,L"),
        ("told", "F", f"{uid},10RG2,AP,L"),
    ):
        (site / "patients.csv").write_text(f"patient_id,sex,age_years\n10RG2,{sex},70\n")
        (site / "films.csv").write_text(f"sop_instance_uid,patient_id,view,side\n{films}\n")
        run(site, tmp_path / name)
        exclusions = pd.read_csv(tmp_path / name / "private" / "exclusions.csv")
        of_film = exclusions[exclusions["sop_instance_uid"].notna()]
        found[name] = list(of_film["reason"])
        assert len(pd.read_csv(tmp_path / name / "cohort.csv")) == (name == "told")
    assert found == {
        "man": ["other_sex"],
        "woman": ["view_unknown"],
        "sided": ["view_unknown"],
        "told": [],
    }


def test_one_picture_under_two_patients_stops_the_selection(
    make_site: MakeSite, make_film: MakeFilm, tmp_path: Path
) -> None:
    site = make_site(
        radiographs={
            "a.dcm": make_film(),
            "b.dcm": make_film(SOPInstanceUID="2.25.2", PatientID="p2"),
        },
        patients="patient_id,sex,birth_date\np1,F,1940-01-01\np2,F,1940-01-01\n",
        dxa="patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
        "p1,2015-06-20,L,total_hip,0.6,-2.5,\np2,2015-06-20,L,total_hip,0.6,-1.5,\n",
    )
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"inventory\.csv, row 3.*another picture than row 2"):
        run(site, out)
    assert list(pd.read_csv(out / "private" / "problems.csv")["value"]) == ["b.dcm"]
    assert not (out / "cohort.csv").exists()
    (site / "radiographs" / "b.dcm").unlink()
    run(site, out)
    assert json.loads((out / "site.json").read_text())["label_region_missing"] == 1
