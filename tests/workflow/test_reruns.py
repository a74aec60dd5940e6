"""A stage reruns if and only if what it depends on changed."""

import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest

from osteohip.config_reference import all_keys, stages_of
from osteohip.provenance import PACKAGE, closure

# A row of the table of jobs that Snakemake prints before it starts.
ROW = re.compile(r"^(\w+) +\d+$", re.MULTILINE)


def planned(stdout: str) -> set[str]:
    """Names of the rules that Snakemake would run."""
    return set(ROW.findall(stdout)) - {"all", "total"}


@pytest.fixture
def clone(small_study, tmp_path, run_snakemake) -> SimpleNamespace:
    """A fresh copy of the small study, and a function that returns what a run would do there."""
    folder = tmp_path / "clone"
    shutil.copytree(small_study, folder)

    def plan(*arguments: str) -> set[str]:
        result = run_snakemake(folder, "--dry-run", *arguments)
        assert result.returncode == 0, result.stdout
        return planned(result.stdout)

    return SimpleNamespace(folder=folder, plan=plan)


@pytest.fixture(scope="module")
def graph(small_study, run_snakemake) -> SimpleNamespace:
    """The rules of the small study, and a function that adds what takes the results of some."""
    dot = run_snakemake(small_study, "--rulegraph").stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    arrows = [(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot)]
    rules = set(names.values()) - {"all"}

    def behind(first: Iterable[str]) -> set[str]:
        found, waiting = set(), set(first) & rules
        while waiting:
            rule = waiting.pop()
            found.add(rule)
            waiting |= {after for before, after in arrows if before == rule} - found
        return found & rules

    return SimpleNamespace(rules=rules, behind=behind)


def commands() -> dict[str, str]:
    """The command of each rule, as the rule's digest of code names it."""
    text = "\n".join(path.read_text() for path in sorted((PACKAGE.parent / "rules").glob("*.smk")))
    rules = re.split(r"^rule (\w+):$", text, flags=re.MULTILINE)[1:]
    pairs = zip(rules[::2], rules[1::2], strict=True)
    return {rule: re.search(r'code_digest\("([\w.]+)"\)', body).group(1) for rule, body in pairs}


def rules_that_import(module: str) -> set[str]:
    return {
        rule
        for rule, command in commands().items()
        if module in closure(f"osteohip.{command.split('.')[0]}.command", command.split(".")[1])
    }


def modules() -> list[str]:
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names.append(".".join(part for part in parts if part != "__init__"))
    return names


def edit(folder: Path, module: str) -> None:
    path = folder.joinpath("workflow", *module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    path.write_text(path.read_text() + "\n# A remark.\n")


def touch_everything(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path)


def test_a_copy_whose_files_were_all_touched_reruns_nothing(clone):
    touch_everything(clone.folder)
    assert clone.plan() == set()


def test_results_whose_record_is_lost_are_made_anew(clone, graph):
    record = clone.folder / ".snakemake" / "metadata"
    name = "cmVzdWx0cy9tb2RlbHMvcHJpbWFyeS90aHJlc2hvbGQuanNvbg=="  # of the threshold, in Base64
    (record / name).unlink()
    assert clone.plan() == graph.behind(["threshold"])
    shutil.rmtree(clone.folder / ".snakemake")
    assert clone.plan() == graph.rules


@pytest.mark.parametrize(
    "module",
    [
        "evaluation.proportions",
        "model.training",
        "images.polarity",
        "cohort.age",
        "report.document",
    ],
)
def test_an_edited_module_reruns_the_rules_that_import_it(module, clone, graph):
    edit(clone.folder, f"osteohip.{module}")
    assert clone.plan() == graph.behind(rules_that_import(f"osteohip.{module}"))


def test_an_edited_chapter_writes_the_documents_alone(clone, graph):
    chapter = PACKAGE.relative_to(PACKAGE.parents[1]) / "report" / "chapters" / "introduction.md"
    path = clone.folder / chapter
    path.write_text(f"{path.read_text()}\nOne more sentence.\n")
    assert clone.plan() == graph.behind(["manuscript"])
    assert "report" not in graph.behind(["manuscript"])


def test_an_edited_lock_reruns_every_rule(clone, graph):
    lock = clone.folder / "envs" / "cpu.txt"
    lock.write_text(f"{lock.read_text()}\n# A remark.\n")
    assert clone.plan() == graph.rules


@pytest.mark.slow
def test_every_module_reruns_the_rules_that_import_it(clone, graph):
    wrong = {}
    for module in modules():
        path = clone.folder.joinpath("workflow", *module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        before = path.read_text()
        edit(clone.folder, module)
        found, expected = clone.plan(), graph.behind(rules_that_import(module))
        path.write_text(before)
        if found != expected:
            wrong[module] = (sorted(found - expected), sorted(expected - found))
    assert wrong == {}


# A changed value of each key; the keys that name sites have tests of their own.
CHANGED = {
    "allow_mixing": True,
    "statements": "statements.yaml",
    "seed": 7,
    "precision": "bfloat16",
    "inventory.modalities": ["DX"],
    "selection.min_age_years": 60,
    "selection.sex": "M",
    "selection.max_days_between": 10,
    "selection.exclude_osteoarthritis": False,
    "selection.exclude_diseases": ["tumour"],
    "selection.exclude_operated_hip": False,
    "selection.exclude_foreign_body": False,
    "selection.exclude_other_institution": False,
    "selection.label_regions": ["total_hip"],
    "selection.label_t_score": -2.4,
    "images.size": 48,
    "images.apply_voi": True,
    "images.mirror_right": False,
    "split.validation": 0.2,
    "split.test": 0.2,
    "split.stratify": True,
    "device": "auto",
    "network.width": 0.0625,
    "network.non_local_after": "block3",
    "network.head": "flatten",
    "network.head_units": [32],
    "network.dropout": 0.5,
    "network.initial_weights": {"path": "vgg16.h5", "sha256": "0" * 64},
    "training.epochs": 3,
    "training.batch_size": 8,
    "training.learning_rate": 1e-3,
    "training.augmentations": ["original"],
    "training.rotate_degrees": 5,
    "training.shear_degrees": 5,
    "training.blur_sigma": 2,
    "training.sharpen_amount": 2,
    "training.jitter_sigma": False,
    "training.shuffle_labels": True,
    "runs.NAME.seed": 2,
    "runs.NAME.network": {"dropout": 0.5},
    "runs.NAME.training": {"epochs": 3},
    "evaluation.threshold_rule": "youden",
    "evaluation.threshold": 0.4,
    "evaluation.least_sensitivity": 0.8,
    "evaluation.recalibration": "temperature",
    "evaluation.rule_in_ppv": 0.9,
    "evaluation.rule_out_npv": 0.9,
    "evaluation.smallest_subgroup": 5,
    "evaluation.smallest_effective_size": 5,
    "evaluation.widths.auc": 0.2,
    "evaluation.widths.sensitivity": 0.2,
    "evaluation.widths.specificity": 0.2,
    "evaluation.widths.observed_expected": 0.3,
    "evaluation.proportion_interval": "clopper_pearson",
    "evaluation.prevalences": [0.15],
    "evaluation.bootstrap.resamples": 3000,
    "evaluation.bootstrap.seed": 7,
    "explanation.layers": ["block4_conv3"],
    "explanation.border": 0.2,
    "readers.names": ["simulated-1", "simulated-3"],
    "readers.repeats": 0.2,
    "readers.decoys": 0.2,
    "readers.simulated_error": 0.2,
    "readings": "config",
    "synthetic.SITE.recipe": "external",
    "synthetic.SITE.patients": 61,
    "synthetic.SITE.seed": 6,
}
OF_SITES = {"development", "external", "model"}
# What is changed with another key of this table.
WITH_ANOTHER = {
    "runs",
    "runs.NAME.ensemble",
    "synthetic",
    "network.initial_weights.path",
    "network.initial_weights.sha256",
}


def overlay(key: str) -> dict:
    """The configuration that changes ``key`` alone."""
    parts = key.replace("NAME", "primary").replace("SITE", "development").split(".")
    value = CHANGED[key]
    if key == "network.initial_weights":
        return {"network": {"width": 1.0, "initial_weights": value}}
    for part in reversed(parts):
        value = {part: value}
    return value


def plan_with(clone: SimpleNamespace, key: str) -> set[str]:
    path = clone.folder / "changed.json"
    path.write_text(json.dumps(overlay(key)))
    (clone.folder / "statements.yaml").write_text("funding: None.\n")
    return clone.plan("--configfile", "config/config.yaml", "changed.json")


def test_every_key_has_a_changed_value():
    assert set(all_keys()) == CHANGED.keys() | OF_SITES | WITH_ANOTHER


@pytest.mark.parametrize(
    "key", ["statements", "seed", "images.size", "evaluation.threshold", "evaluation.prevalences"]
)
def test_a_changed_key_reruns_the_stages_that_it_declares(key, clone, graph):
    assert plan_with(clone, key) == graph.behind(stages_of(key))


@pytest.mark.slow
def test_every_key_reruns_the_stages_that_it_declares(clone, graph):
    wrong = {}
    for key in CHANGED:
        found, expected = plan_with(clone, key), graph.behind(stages_of(key))
        if found != expected:
            wrong[key] = (sorted(found - expected), sorted(expected - found))
    assert wrong == {}


def drop_a_row(site: Path) -> None:
    path = site / "dxa.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def edit_a_row(site: Path) -> None:
    path = site / "findings.csv"
    path.write_text(path.read_text().replace("operated_hip", "tumour", 1))


def add_a_row(site: Path) -> None:
    path = site / "patients.csv"
    path.write_text(f"{path.read_text()}new,F,1940-01-01\n")


def film(site: Path) -> Path:
    return min(path for path in (site / "radiographs").rglob("*") if path.is_file())


def edit_a_film(site: Path) -> None:
    path = film(site)
    ds = pydicom.dcmread(path)
    ds.KVP = "71"
    ds.save_as(path)


def add_a_film(site: Path) -> None:
    ds = pydicom.dcmread(film(site))
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.77"
    if not ds.file_meta.TransferSyntaxUID.is_compressed:
        ds.PixelData = np.zeros((ds.Rows, ds.Columns), np.uint16).tobytes()
    ds.save_as(site / "radiographs" / "new.dcm")


def remove_a_film(site: Path) -> None:
    film(site).unlink()


EDITS = [edit_a_film, add_a_film, remove_a_film]
ROW_EDITS = [drop_a_row, edit_a_row, add_a_row]
OF_EXTERNAL = {
    "select",
    "crop",
    "mask",
    "overlap",
    "leakage",
    "predict",
    "explain",
    "attend",
    "supplement",
    "evaluate",
    "drop",
    "contrast",
    "score_baselines",
    "compare_baselines",
    "kit",
    "simulate",
    "agree",
    "report",
    "manuscript",
    "crate",
}


@pytest.mark.parametrize("change", [*EDITS, *ROW_EDITS])
def test_an_edit_of_a_made_site_reruns_that_sites_chain(change, clone, run_snakemake):
    change(clone.folder / "results" / "synthetic" / "external")
    result = run_snakemake(clone.folder, "--dry-run")
    assert planned(result.stdout) == OF_EXTERNAL | {"inventory", "mask"}
    assert "of development" not in result.stdout
    assert "Scoring test" not in result.stdout


def add_a_reading(site: Path) -> None:
    (site / "readings").mkdir()
    (site / "readings" / "KCH.csv").write_text("deck,item,reader,adequate,reason,seconds\n")


def test_a_reading_reruns_the_agreement_of_its_cohort_alone(clone, run_snakemake):
    add_a_reading(clone.folder / "results" / "synthetic" / "development")
    result = run_snakemake(clone.folder, "--dry-run")
    assert planned(result.stdout) == {"agree", "report", "manuscript", "crate"}
    assert "readings of test" in result.stdout
    assert "readings of external" not in result.stdout


def test_a_folder_of_readings_is_watched(clone, run_snakemake):
    def plan() -> str:
        return run_snakemake(clone.folder, "--dry-run", "--config", "readings=from readers").stdout

    said = "configuration, readings: expected the folder of the readings, but there is no folder"
    assert said in plan()
    (clone.folder / "from readers").mkdir()
    assert planned(plan()) == {"agree", "report", "manuscript", "crate"}


@pytest.fixture(scope="module")
def hospital(small_study, tmp_path_factory, run_snakemake) -> SimpleNamespace:
    """A study whose external site is a folder elsewhere, run to its end."""
    top = tmp_path_factory.mktemp("hospital")
    site = shutil.copytree(small_study / "results" / "synthetic" / "external", top / "busan")
    folder = shutil.copytree(small_study, top / "clone")
    config = ("--config", f"external={site}")
    result = run_snakemake(folder, *config)
    assert result.returncode == 0, result.stdout
    return SimpleNamespace(folder=folder, site=site, config=config)


@pytest.mark.parametrize(
    ("change", "first"),
    [*((change, "inventory") for change in EDITS), *((change, "select") for change in ROW_EDITS)],
)
def test_an_edit_of_a_hospitals_folder_reruns_its_chain(
    change, first, hospital, tmp_path, run_snakemake
):
    kept = shutil.copytree(hospital.site, tmp_path / "kept")
    change(hospital.site)
    result = run_snakemake(hospital.folder, "--dry-run", *hospital.config)
    shutil.rmtree(hospital.site)
    shutil.copytree(kept, hospital.site)
    assert planned(result.stdout) == (OF_EXTERNAL - {"mask"}) | {first}
    assert "of development" not in result.stdout
    again = run_snakemake(hospital.folder, "--dry-run", *hospital.config)
    assert planned(again.stdout) == set()


def test_a_reading_in_a_hospitals_folder_reruns_its_agreement_alone(hospital, run_snakemake):
    add_a_reading(hospital.site)
    result = run_snakemake(hospital.folder, "--dry-run", *hospital.config)
    shutil.rmtree(hospital.site / "readings")
    assert planned(result.stdout) == {"agree", "report", "manuscript", "crate"}
    assert "readings of busan" in result.stdout
    assert "readings of test" not in result.stdout
