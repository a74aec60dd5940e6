"""Whole synthetic sites: the cohort recounted, same bytes, nothing real replaced."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pydicom
import pytest
import typer
import yaml
from typer.testing import CliRunner

from osteohip.errors import StudyError
from osteohip.synthetic.command import synthesize
from osteohip.synthetic.population import draw_population
from osteohip.synthetic.recipes import DEVELOPMENT, RECIPES, Recipe
from osteohip.synthetic.site_writer import (
    check_replaceable,
    crops_table,
    film_path,
    film_tasks,
    make_films,
    site_yaml,
    tables,
    truth_folder,
    write_site,
)
from osteohip.synthetic.truth import final_cohort

PATIENTS, SEED = 20, 5
JOBS = {"development": 1, "external": 2}
EXCLUDING = {
    "osteoarthritis": ["osteoarthritis"],
    "other_disease": ["osteonecrosis", "tumour", "calcific_tendinitis"],
    "operated_hip": ["operated_hip"],
    "foreign_body": ["foreign_body"],
}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def run(*arguments: str) -> Any:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(synthesize)
    return CliRunner().invoke(app, arguments)


@pytest.fixture(scope="module", params=["development", "external"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    out = tmp_path_factory.mktemp("sites") / str(request.param)
    numbers = ("--patients", str(PATIENTS), "--seed", str(SEED), "--jobs", str(JOBS[out.name]))
    result = run("--recipe", out.name, *numbers, "--out", str(out))
    assert result.exit_code == 0, result.output
    yield out
    shutil.rmtree(out)


def headers(site: Path) -> pd.DataFrame:
    """Films as their headers say, with films.csv laid over."""
    rows = []
    for path in sorted(p for p in (site / "radiographs").rglob("*") if p.is_file()):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        side = ds.get("Laterality") or ds.get("ImageLaterality", "")
        rows.append(
            {
                "sop_instance_uid": str(ds.SOPInstanceUID),
                "patient_id": ds.PatientID,
                "film_date": ds.StudyDate,
                "view": ds.ViewPosition,
                "side": {"B": "both", "U": ""}.get(side, side),
                "institution": ds.InstitutionName,
                "rows": ds.Rows,
                "columns": ds.Columns,
            }
        )
    films = pd.DataFrame(rows).set_index("sop_instance_uid")
    listed = pd.read_csv(site / "films.csv").set_index("sop_instance_uid")
    films.update(listed[["view", "side"]])
    return films.reset_index()


def planned(
    recipe: Recipe, patients: int, seed: int
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Films and tables of a site whose films are not made."""
    subjects = draw_population(recipe, patients, seed)
    films = pd.DataFrame(
        {
            "sop_instance_uid": film.sop_instance_uid,
            "patient_id": subject.patient_id,
            "film_date": film.day.isoformat(),
            "view": "" if film.tags == "missing" else film.projection,
            "side": "both" if film.view == "pelvis" else film.side,
            "institution": film.institution,
        }
        for subject in subjects
        for film in subject.films
    )
    return films, tables(recipe, subjects)


def read_tables(site: Path) -> dict[str, pd.DataFrame]:
    return {path.name: pd.read_csv(path, keep_default_na=False) for path in site.glob("*.csv")}


def recount(
    films: pd.DataFrame, csv: dict[str, pd.DataFrame], institution: str
) -> tuple[dict[str, int], pd.DataFrame]:
    """Select the cohort from nothing but films and tables; patients lost at each criterion."""
    patients = csv["patients.csv"]
    readings = csv["dxa.csv"].assign(t=lambda d: pd.to_numeric(d["t_score"]))
    label_regions = readings[readings["region"].isin(["total_hip", "femoral_neck"])]
    exams = (
        label_regions.groupby(["patient_id", "side", "exam_date", "institution"])["t"]
        .agg(["min", "size"])
        .reset_index()
    )
    assert (exams["size"] == 2).all()
    serving = films[(films["view"] == "AP") & (films["side"] != "")]
    pairs = serving.merge(exams, on="patient_id", suffixes=("_film", "_exam"))
    pairs = pairs[(pairs["side_film"] == "both") | (pairs["side_film"] == pairs["side_exam"])]
    pairs = pairs.merge(patients, on="patient_id")
    film_day = pd.to_datetime(pairs["film_date"])
    pairs["age"] = (film_day - pd.to_datetime(pairs["birth_date"])).dt.days / 365.25
    pairs["gap"] = (film_day - pd.to_datetime(pairs["exam_date"])).dt.days.abs()
    everyone = set(patients["patient_id"])
    left = everyone
    lost: dict[str, int] = {}

    def keep(name: str, kept: pd.DataFrame) -> pd.DataFrame:
        nonlocal left
        now = set(kept["patient_id"])
        lost[name] = len(left - now)
        left = now
        return kept

    age_known = films.merge(patients, on="patient_id")
    days = pd.to_datetime(age_known["film_date"]) - pd.to_datetime(age_known["birth_date"])
    young = set(age_known.loc[days.dt.days / 365.25 < 55, "patient_id"])
    lost["age"] = len(young)
    men = set(patients.loc[patients["sex"] == "M", "patient_id"]) - young
    lost["sex"] = len(men)
    left = everyone - young - men
    pairs = pairs[pairs["patient_id"].isin(left)]
    pairs = keep("pairing", pairs[pairs["gap"] <= 31])
    for name, found in EXCLUDING.items():
        findings = csv["findings.csv"]
        bad = findings.loc[findings["finding"].isin(found), ["patient_id", "side"]]
        keys = set(map(tuple, bad.to_numpy()))
        sick = [key in keys for key in zip(pairs["patient_id"], pairs["side_exam"], strict=True)]
        pairs = keep(name, pairs[~np.array(sick)])
    here = (pairs["institution_film"] == institution) & (pairs["institution_exam"] == institution)
    pairs = keep("other_institution", pairs[here])
    lost["records_passing"] = len(pairs)
    pairs = pairs.sort_values("exam_date", ascending=False, kind="stable")
    pairs = pairs.sort_values("gap", kind="stable").drop_duplicates("patient_id")
    pairs["label"] = (pairs["min"] <= -2.5).astype(int)
    return lost, pairs


@pytest.mark.parametrize(
    ("name", "patients", "passing", "osteoporosis", "right"),
    [("development", 1001, 1012, 504, 440), ("external", 117, 119, 86, 51)],
)
def test_default_numbers_by_an_independent_recount(
    name: str, patients: int, passing: int, osteoporosis: int, right: int
) -> None:
    recipe = RECIPES[name]
    films, csv = planned(recipe, patients, seed=2021)
    lost, cohort = recount(films, csv, recipe.institution)
    assert lost.pop("records_passing") == passing
    assert len(cohort) == passing - 1
    least = 10 if name == "development" else 2
    assert all(count >= least for count in lost.values()), lost
    subjects = draw_population(recipe, patients, seed=2021)
    uncroppable = {s.patient_id for s in subjects if not s.croppable}
    final = cohort[~cohort["patient_id"].isin(uncroppable)]
    assert len(final) == patients
    assert final["label"].sum() == osteoporosis
    assert (final["side_exam"] == "R").sum() == right
    cases = final_cohort(subjects).merge(final, on="sop_instance_uid", validate="1:1")
    assert len(cases) == patients
    assert (cases["label_x"] == cases["label_y"]).all()
    assert (cases["side"] == cases["side_exam"]).all()


def test_the_written_site_holds_the_cohort(site: Path) -> None:
    recipe = RECIPES[site.name]
    films, csv = headers(site), read_tables(site)
    assert films.groupby("sop_instance_uid").size().max() == 1
    lost, cohort = recount(films, csv, recipe.institution)
    assert lost.pop("records_passing") == PATIENTS + 2
    assert set(lost.values()) == {2}
    crops = csv["crops.csv"].rename(columns={"side": "side_exam"})
    cohort = cohort.merge(crops, on=["sop_instance_uid", "side_exam"], validate="1:1")
    assert len(cohort) == PATIENTS + 1
    cropped = cohort[cohort["status"] == "cropped"]
    cases = pd.read_csv(truth_folder(site) / "cases.csv")
    assert sorted(cropped["sop_instance_uid"]) == sorted(cases["sop_instance_uid"])
    assert cropped["label"].sum() == cases["label"].sum()


def test_tables_have_the_columns_of_a_site_folder(site: Path) -> None:
    columns = {name: ",".join(table.columns) for name, table in read_tables(site).items()}
    assert columns == {
        "films.csv": "sop_instance_uid,patient_id,view,side",
        "patients.csv": "patient_id,sex,birth_date",
        "dxa.csv": "patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution,device,"
        "reference_population",
        "findings.csv": "patient_id,side,finding",
        "crops.csv": "sop_instance_uid,side,x0,y0,x1,y1,status,reason,annotator",
    }
    content = yaml.safe_load((site / "site.yaml").read_text())
    assert content["synthetic"] is True
    assert content["institution"] == [RECIPES[site.name].institution]


def test_boxes_lie_in_films_of_at_least_0_7_megapixels(site: Path) -> None:
    films = headers(site)
    assert (films["rows"] * films["columns"]).min() >= 700_000
    crops = read_tables(site)["crops.csv"].merge(films, on="sop_instance_uid", validate="m:1")
    uncroppable = crops["status"] == "uncroppable"
    assert uncroppable.sum() == 1
    assert set(crops.loc[uncroppable, "reason"]) == {"quality"}
    assert (crops.loc[uncroppable, ["x0", "y0", "x1", "y1"]] == "").all(axis=None)
    boxes = crops[~uncroppable].astype(dict.fromkeys(("x0", "y0", "x1", "y1"), int))
    assert (boxes["x1"] - boxes["x0"]).min() >= 300
    assert (boxes["y1"] - boxes["y0"]).min() >= 300
    assert boxes[["x0", "y0"]].min().min() >= 0
    assert (boxes["x1"] <= boxes["columns"]).all()
    assert (boxes["y1"] <= boxes["rows"]).all()


def test_densities_follow_the_t_scores(site: Path) -> None:
    readings = read_tables(site)["dxa.csv"]
    total = readings[readings["region"] == "total_hip"]
    expected = 0.989 + 0.1246 * total["t_score"].astype(float)
    assert (total["bmd_g_cm2"].astype(float) - expected).abs().max() <= 0.05 * 0.1246 + 0.0006


def test_dciodvfy_finds_no_error_in_any_film(site: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian's dicom3tools) is not installed")
    for path in sorted(p for p in (site / "radiographs").rglob("*") if p.is_file()):
        done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).splitlines()
        assert [line for line in lines if line.startswith("Error")] == []


def test_another_number_of_jobs_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    recipe = RECIPES[site.name]
    subjects = draw_population(recipe, PATIENTS, seed=SEED)
    tasks = film_tasks(tmp_path, recipe, subjects, stream=(SEED, recipe.number, PATIENTS))[:8]
    made = list(make_films(tasks, jobs=3 - JOBS[site.name]))
    crops = crops_table(made)
    assert (site / "crops.csv").read_text().startswith(crops.to_csv(index=False))
    with ZipFile(truth_folder(site) / "masks.zip") as masks:
        assert [film.masks for film in made] == [masks.read(name) for name in masks.namelist()[:8]]
    films = digests(tmp_path)
    assert len(films) == 8
    assert films.items() <= digests(site / "radiographs").items()
    for name, table in tables(recipe, subjects).items():
        assert table.to_csv(index=False) == (site / name).read_text()


def test_the_command_leaves_the_site_and_its_truth(site: Path) -> None:
    assert sorted(p.name for p in site.parent.iterdir()) == [site.name, f"{site.name}.truth"]
    known = json.loads((truth_folder(site) / "truth.json").read_text())
    assert (known["recipe"], known["n"]) == (site.name, PATIENTS)


def test_a_site_of_less_than_20_is_refused(tmp_path: Path) -> None:
    options = ("--recipe", "external", "--patients", "19", "--seed", "1")
    assert run(*options, "--out", str(tmp_path / "x")).exit_code != 0


@pytest.mark.parametrize("content", [None, "name: Busan\n", "name: Busan\nsynthetic: false\n"])
def test_what_is_no_synthetic_site_is_not_replaced(tmp_path: Path, content: str | None) -> None:
    out = tmp_path / "busan"
    out.mkdir()
    (out / "keep.txt").write_text("mine")
    if content is not None:
        (out / "site.yaml").write_text(content)
    with pytest.raises(StudyError, match="not replaced"):
        write_site(out, recipe=DEVELOPMENT, patients=20, seed=1)
    assert (out / "keep.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["busan"]


def test_a_file_or_a_strange_truth_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StudyError, match="not replaced"):
        check_replaceable(tmp_path / "file")
    (tmp_path / "site.truth").mkdir()
    (tmp_path / "site.truth" / "mine").write_text("mine")
    with pytest.raises(StudyError, match="truth"):
        check_replaceable(tmp_path / "site")


def test_an_empty_folder_or_a_synthetic_site_may_be_replaced(tmp_path: Path) -> None:
    check_replaceable(tmp_path / "new")
    check_replaceable(tmp_path)
    (tmp_path / "site.yaml").write_text(site_yaml(DEVELOPMENT))
    check_replaceable(tmp_path)


def test_a_failure_leaves_the_old_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "old"
    out.mkdir()
    (out / "site.yaml").write_text(site_yaml(DEVELOPMENT))

    def fails(*_: object) -> None:
        raise RuntimeError("no film")

    monkeypatch.setattr("osteohip.synthetic.site_writer.make_film", fails)
    with pytest.raises(RuntimeError, match="no film"):
        write_site(out, recipe=DEVELOPMENT, patients=20, seed=1)
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    assert [p.name for p in out.iterdir()] == ["site.yaml"]


def test_file_names_are_numbers() -> None:
    assert [str(film_path(n)) for n in (0, 6, 99, 100, 1234)] == [
        "00/00.dcm",
        "00/06",
        "00/99.dcm",
        "01/00.dcm",
        "12/34.dcm",
    ]
