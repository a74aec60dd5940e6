import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from osteohip.explanation.maps import read_maps

COHORTS = ("validation", "test", "external")


def test_a_second_run_does_nothing(small_study, run_snakemake):
    result = run_snakemake(small_study)
    assert result.returncode == 0, result.stdout
    assert "Nothing to be done" in result.stdout


def test_a_synthetic_site_is_made_anew_when_its_recipe_changes(
    make_checkout, run_snakemake, tmp_path
):
    folder = make_checkout(tmp_path / "study", {})
    tables = set()
    for seed in (1, 2):
        recipe = f"synthetic={{external: {{recipe: external, patients: 20, seed: {seed}}}}}"
        target = "results/synthetic/external/crops.csv"
        result = run_snakemake(folder, target, "--config", recipe)
        assert result.returncode == 0, result.stdout
        tables.add((folder / target).read_text())
    assert len(tables) == 2


def test_report_and_its_numbers_are_there(small_study):
    for suffix in ("html", "pdf", "docx"):
        assert (small_study / "reports" / f"report.{suffix}").stat().st_size > 10_000
    assert json.loads((small_study / "reports" / "numbers.json").read_text())


@pytest.mark.parametrize("cohort", COHORTS)
def test_confusion_sums_to_the_cases(small_study, cohort):
    folder = small_study / "results" / "evaluation" / "primary" / cohort
    metrics = json.loads((folder / "metrics.json").read_text())
    predictions = pd.read_csv(folder / "predictions.csv")
    assert list(predictions.columns) == ["case_id", "label", "score"]
    assert sum(metrics["confusion"].values()) == metrics["n"] == len(predictions)
    if cohort in ("validation", "test"):
        split = pd.read_csv(small_study / "results" / "split" / "split.csv")
        assert set(predictions["case_id"]) == set(split.loc[split["part"] == cohort, "case_id"])


@pytest.mark.parametrize("cohort", ["test", "external"])
def test_every_scored_hip_is_explained(small_study, cohort):
    folder = small_study / "results" / "explanation" / "primary" / cohort
    scored = small_study / "results" / "evaluation" / "primary" / cohort
    metrics = json.loads((scored / "metrics.json").read_text())
    predictions = pd.read_csv(scored / "predictions.csv")
    maps = read_maps(folder / "maps.npz")
    assert maps.case_ids.tolist() == sorted(predictions["case_id"])
    called = metrics["confusion"]["tp"] + metrics["confusion"]["fp"]
    assert (maps.target == 1).sum() == called
    sanity = json.loads((folder / "sanity.json").read_text())
    assert sanity["n"] == metrics["n"]
    assert list(sanity["layers"]) == list(maps.layers) == ["block5_conv3", "block4_pool"]


def test_validation_is_not_explained(small_study):
    assert not (small_study / "results" / "explanation" / "primary" / "validation").exists()


@pytest.mark.slow
def test_shuffled_labels_are_a_target_of_their_own(small_study, run_snakemake, tmp_path):
    folder = shutil.copytree(small_study, tmp_path / "clone")
    result = run_snakemake(folder, "shuffled_labels")
    assert result.returncode == 0, result.stdout
    run = json.loads((folder / "results/models/shuffled-labels/run.json").read_text())
    assert run["shuffled_labels"] is True
    for cohort in ("test", "external"):
        found = json.loads((folder / f"results/explanation/labels/{cohort}.json").read_text())
        assert set(found["auc"]) == {"primary", "shuffled"}
        assert list(found["layers"]) == ["block5_conv3", "block4_pool"]
    assert "Nothing to be done" in run_snakemake(folder, "--dry-run").stdout


@pytest.mark.slow
def test_seeds_of_one_variant_are_compared(small_study, run_snakemake, tmp_path):
    folder = shutil.copytree(small_study, tmp_path / "clone")
    assert not (folder / "results/explanation/primary/test/seeds.json").exists()
    runs = "runs={second: {seed: 2}, flat: {seed: 1, network: {head_units: []}}}"
    result = run_snakemake(folder, "--config", runs)
    assert result.returncode == 0, result.stdout
    for cohort in ("test", "external"):
        path = folder / "results/explanation/primary" / cohort / "seeds.json"
        assert json.loads(path.read_text())["runs"] == ["primary", "second"]
    assert not (folder / "results/explanation/flat").exists()


def test_every_hip_of_the_recipe_is_in_the_study(small_study):
    for site, patients in (("development", 60), ("external", 30)):
        crops = pd.read_csv(small_study / "results" / "sites" / site / "crops.csv")
        assert (crops["status"] == "cropped").sum() == patients


def test_nothing_leaks(small_study):
    leakage = json.loads((small_study / "results" / "split" / "leakage.json").read_text())
    assert leakage["disjoint"] is True
    assert [item["groups"] for item in leakage["comparisons"]] == [
        ["training", "validation"],
        ["training", "test"],
        ["validation", "test"],
        ["development", "external"],
    ]


def public_files(study: Path) -> list[Path]:
    return [
        path
        for top in ("results", "reports", ".snakemake")
        for path in (study / top).rglob("*")
        if path.is_file()
        and "private" not in path.parts
        and "synthetic" not in path.relative_to(study).parts
    ]


def test_no_patient_is_named_outside_private_folders(small_study):
    private = small_study / "results" / "sites" / "development" / "private"
    assert private.stat().st_mode & 0o777 == 0o700
    linkage = pd.read_csv(private / "linkage.csv", dtype=str)
    inventory = pd.read_csv(private / "inventory.csv", dtype=str)
    secrets = {
        text.encode()
        for column in ("patient_id", "sop_instance_uid", "file")
        for text in [*linkage[column].dropna(), *inventory[column].dropna()]
    }
    assert len(secrets) > 100
    files = public_files(small_study)
    assert any(path.suffix == ".html" for path in files)
    for path in files:
        content = path.read_bytes()
        assert not [s for s in secrets if s in content], f"{path} names a patient"


@pytest.mark.parametrize("cohort", ["test", "external"])
def test_simulated_readers_read_what_was_mapped(small_study, cohort):
    folder = small_study / "results" / "readers" / "primary" / cohort
    assert (folder / "private").stat().st_mode & 0o777 == 0o700
    agreement = json.loads((folder / "agreement.json").read_text())
    metrics = small_study / "results" / "evaluation" / "primary" / cohort / "metrics.json"
    assert agreement["read"]
    assert agreement["between"]["n"] == json.loads(metrics.read_text())["n"]
    assert [reader["reader"] for reader in agreement["by_reader"]] == ["simulated-1", "simulated-2"]
    key = pd.read_csv(folder / "private" / "key.csv")
    for reader in ("simulated-1", "simulated-2"):
        page = (folder / f"{reader}.html").read_text(encoding="utf-8")
        # An id may stand in the text of a picture by chance.
        page = re.sub(r'id="(crop|heat)-\d+">[^<]*<', "", page)
        assert not [case for case in set(key["case_id"]) if case in page]


def test_the_report_says_what_simulated_readers_said(small_study):
    page = " ".join((small_study / "reports" / "report.html").read_text().split())
    assert "What two readers said" in page
    assert "No person read these maps." in page
