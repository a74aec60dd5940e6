"""Another hospital: its films swapped in by one path, or a finished model taken there."""

import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from validator import crate_problems

from osteohip.explanation.maps import read_maps


def digests(folder: Path, *tops: str) -> dict[str, str]:
    """Digest of every file below some folders, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in tops
        for path in sorted((folder / top).rglob("*"))
        if path.is_file()
    }


def numbers(folder: Path) -> dict:
    return json.loads((folder / "reports" / "numbers.json").read_text())


def name_site(folder: Path, name: str) -> None:
    path = folder / "site.yaml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("name:")]
    path.write_text("\n".join([f"name: {name}", *lines]) + "\n")


@pytest.fixture(scope="module")
def hospitals(small_study, tmp_path_factory) -> dict[str, Path]:
    """Site folders elsewhere, of the same films under other names."""
    top = tmp_path_factory.mktemp("shared") / "our sites"
    made = small_study / "results" / "synthetic" / "external"
    found = {}
    for name in ("busan", "daegu"):
        found[name] = shutil.copytree(made, top / name)
        name_site(found[name], name.capitalize())
    return found


@pytest.fixture(scope="module")
def swapped(small_study, hospitals, tmp_path_factory, run_snakemake) -> SimpleNamespace:
    """The small study with two external sites instead of its own."""
    folder = shutil.copytree(small_study, tmp_path_factory.mktemp("swapped") / "a study")
    sites = ",".join(str(site) for site in hospitals.values())
    result = run_snakemake(folder, "--config", f"external=[{sites}]")
    assert result.returncode == 0, result.stdout
    return SimpleNamespace(folder=folder, stdout=result.stdout)


DEVELOPMENT = (
    "results/models",
    "results/split/split.csv",
    "results/sites/development",
    "results/evaluation/primary/validation",
    "results/evaluation/primary/test",
    "results/baselines/baselines.json",
)
OTHER_SITE = ("results/sites/external", "results/evaluation/primary/external")


@pytest.mark.slow
def test_another_external_site_leaves_model_and_development_as_they_are(small_study, swapped):
    before = digests(small_study, *DEVELOPMENT)
    assert any(path.endswith("weights.weights.h5") for path in before)
    assert digests(swapped.folder, *DEVELOPMENT) == before
    for stage in ("Training", "of development", "Scoring test", "Evaluating primary on test"):
        assert stage not in swapped.stdout


@pytest.mark.slow
def test_the_report_names_the_configured_sites_and_the_others_results_stay(small_study, swapped):
    content = numbers(swapped.folder)
    assert [site["id"] for site in content["sites"]] == ["development", "busan", "daegu"]
    assert [cohort["id"] for cohort in content["cohorts"]] == [
        "validation",
        "test",
        "busan",
        "daegu",
    ]
    page = (swapped.folder / "reports" / "report.html").read_text()
    assert "Busan" in page
    assert "Synthetic external hospital" not in page
    pictures = {path.name for path in (swapped.folder / "reports" / "figures").iterdir()}
    assert "flow-busan.png" in pictures
    assert "flow-external.png" not in pictures
    assert digests(swapped.folder, *OTHER_SITE) == digests(small_study, *OTHER_SITE)


@pytest.mark.slow
def test_the_same_films_give_the_same_scores_at_both_sites(small_study, swapped):
    tables = [
        pd.read_csv(folder / "results" / "evaluation" / "primary" / site / "predictions.csv")
        for folder, site in (
            (small_study, "external"),
            (swapped.folder, "busan"),
            (swapped.folder, "daegu"),
        )
    ]
    for table in tables[1:]:
        assert table["score"].tolist() == tables[0]["score"].tolist()


@pytest.fixture(scope="module")
def bundle(small_study, tmp_path_factory) -> Path:
    """The model of the small study as another hospital gets it."""
    source = small_study / "results" / "models" / "primary"
    return shutil.copytree(source, tmp_path_factory.mktemp("post") / "the model")


@pytest.fixture(scope="module")
def received(
    small_study, hospitals, bundle, tmp_path_factory, make_checkout, run_snakemake
) -> SimpleNamespace:
    """A hospital's first run: nothing but the workflow, a bundle and its own films."""
    folder = make_checkout(tmp_path_factory.mktemp("received") / "our validation", {})
    arguments = ("--config", f"model={bundle}", f"external={hospitals['busan']}")
    result = run_snakemake(folder, *arguments)
    assert result.returncode == 0, result.stdout
    return SimpleNamespace(folder=folder, arguments=arguments, stdout=result.stdout)


@pytest.mark.slow
def test_a_received_model_is_validated_without_training(received):
    for word in ("Training", "Dividing", "development", "baselines", "Fixing"):
        assert word not in received.stdout.replace("model's development", "")
    content = numbers(received.folder)
    assert content["study"]["received"] is True
    assert [site["id"] for site in content["sites"]] == ["busan"]
    assert content["leakage"]["disjoint"] is None
    assert not (received.folder / "results" / "split").exists()


@pytest.mark.slow
def test_it_scores_the_films_as_its_own_study_did(small_study, received):
    evaluation = received.folder / "results" / "evaluation"
    (run,) = [path.name for path in evaluation.iterdir()]
    there = pd.read_csv(evaluation / run / "busan" / "predictions.csv")
    here = pd.read_csv(small_study / "results/evaluation/primary/external/predictions.csv")
    assert there["score"].tolist() == here["score"].tolist()
    own, theirs = (
        json.loads((folder / "metrics.json").read_text())
        for folder in (
            evaluation / run / "busan",
            small_study / "results/evaluation/primary/external",
        )
    )
    assert own["confusion"] == theirs["confusion"]


@pytest.mark.slow
def test_it_is_explained_as_in_its_own_study(small_study, received):
    explanation = received.folder / "results" / "explanation"
    (run,) = [path.name for path in explanation.iterdir()]
    there = explanation / run / "busan"
    here = small_study / "results" / "explanation" / "primary" / "external"
    assert [path.name for path in (explanation / run).iterdir()] == ["busan"]
    own, theirs = (read_maps(folder / "maps.npz") for folder in (there, here))
    for layer, maps in theirs.layers.items():
        np.testing.assert_array_equal(own.layers[layer], maps)
    assert (there / "sanity.json").read_bytes() == (here / "sanity.json").read_bytes()


@pytest.mark.slow
def test_the_internal_test_is_told_from_the_bundle(small_study, received):
    test = numbers(received.folder)["received"]["test"]
    own = next(c for c in numbers(small_study)["cohorts"] if c["id"] == "test")
    assert test["confusion"] == own["confusion"]
    assert test["metrics"]["auc"]["estimate"] == own["metrics"]["auc"]["estimate"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("swapped", {"SITE:development", "SITE:busan", "SITE:daegu"}),
        ("received", {"SITE:busan", "MODEL:model"}),
    ],
)
def test_where_results_come_from_is_told(name, inputs, request, hospitals, tmp_path):
    reports = request.getfixturevalue(name).folder / "reports"
    assert crate_problems(reports, tmp_path) == []
    text = (reports / "ro-crate-metadata.json").read_text()
    graph = {entity["@id"]: entity for entity in json.loads(text)["@graph"]}
    began = {item["@id"].removeprefix("#input-") for item in graph["#run"]["object"]}
    assert {site.partition("-")[0] for site in began} == inputs
    assert str(hospitals["busan"].parent) not in text


@pytest.mark.slow
def test_a_second_run_of_a_received_model_does_nothing(received, run_snakemake):
    result = run_snakemake(received.folder, "--dry-run", *received.arguments)
    assert "Nothing to be done" in result.stdout


@pytest.mark.slow
def test_a_changed_byte_of_the_weights_is_refused(
    hospitals, bundle, tmp_path, make_checkout, run_snakemake
):
    broken = shutil.copytree(bundle, tmp_path / "broken")
    data = bytearray((broken / "weights.weights.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (broken / "weights.weights.h5").write_bytes(data)
    folder = make_checkout(tmp_path / "study", {})
    result = run_snakemake(
        folder,
        "--config",
        f"model={broken}",
        f"external={hospitals['busan']}",
        "--until",
        "predict",
    )
    assert result.returncode != 0
    assert "weights.weights.h5 changed since the bundle was closed; get it anew" in result.stdout
    assert not list((folder / "results").glob("evaluation/**/predictions.csv"))


def test_a_changed_manifest_stops_before_anything_runs(
    hospitals, bundle, tmp_path, make_checkout, run_snakemake
):
    broken = shutil.copytree(bundle, tmp_path / "broken")
    path = broken / "bundle.json"
    path.write_text(path.read_text().replace('"synthetic": true', '"synthetic": false'))
    result = run_snakemake(
        make_checkout(tmp_path / "study", {}),
        "--dry-run",
        "--config",
        f"model={broken}",
        f"external={hospitals['busan']}",
    )
    assert result.returncode != 0
    assert "it was changed since the bundle was closed" in result.stdout


def spoil(name: str, site: Path) -> Path:
    """A site folder that cannot be used, made of one that can."""
    if name == "misspelt":
        return site.with_name("bussan")
    if name in {"our hospital", "부산", "test", "development"}:
        return site.rename(site.with_name(name))
    if name == "empty":
        shutil.rmtree(site)
        site.mkdir()
    elif name == "no films":
        shutil.rmtree(site / "radiographs")
    elif name == "half":
        (site / "dxa.csv").unlink()
        (site / "crops.csv").write_text("sop_instance_uid,side,x0,y0,x1,y1,status,reason\n")
    elif name == "gone":
        shutil.rmtree(site)
    return site


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("gone", "busan: expected a site folder, but there is no such folder"),
        ("misspelt", "bussan: expected a site folder, but there is no such folder"),
        ("empty", "busan: expected a site folder, but it holds no site.yaml"),
        ("no films", "this site folder is not ready: there are no films in radiographs/"),
        ("half", "not ready: dxa.csv is missing, crops.csv holds no row"),
        (
            "our hospital",
            "which 'our hospital' does not",
        ),
        (
            "부산",
            "which '부산' does not",
        ),
        ("test", "a site cannot be called 'test': that is a split's name"),
        ("development", "an external site cannot be called 'development'"),
    ],
)
def test_a_site_that_cannot_be_used_stops_at_once_although_old_results_exist(
    how, sentence, small_study, tmp_path, run_snakemake
):
    made = small_study / "results" / "synthetic" / "external"
    site = spoil(how, shutil.copytree(made, tmp_path / "busan"))
    # The results of the last run are of a site of this id.
    folder = tmp_path / "study"
    folder.mkdir()
    for part in ("workflow", "envs", "config", "results", "reports"):
        (folder / part).symlink_to(small_study / part)
    result = run_snakemake(folder, "--dry-run", "--config", f"external={site}")
    assert result.returncode != 0
    assert sentence in result.stdout
    assert "Traceback" not in result.stdout


def test_two_sites_of_one_id_are_refused(small_study, tmp_path, run_snakemake):
    made = small_study / "results" / "synthetic" / "external"
    sites = [shutil.copytree(made, tmp_path / top / "busan") for top in ("one", "other")]
    result = run_snakemake(
        small_study, "--dry-run", "--config", f"external=[{sites[0]},{sites[1]}]"
    )
    assert result.returncode != 0
    assert "two sites have the same folder name: busan" in result.stdout
