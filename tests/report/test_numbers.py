"""Numbers follow from the results, add up, and refuse results that do not belong together."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from osteohip.config import Config
from osteohip.errors import StudyError
from osteohip.report.tables import all_tables


def change(path: Path, edit: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_sums_equal_split_and_flow(study: Any) -> None:
    content = study.numbers
    split = pd.read_csv(study.arguments["split"])
    sizes = split["part"].value_counts()
    groups = {group["id"]: group for group in content["groups"]}
    for part in ("training", "validation", "test"):
        assert groups[part]["n"] == sizes[part]
        assert groups[part]["osteoporosis"]["k"] + groups[part]["no_osteoporosis"] == sizes[part]
    for cohort in content["cohorts"]:
        assert sum(cohort["confusion"].values()) == groups[cohort["id"]]["n"] == cohort["n"]
        assert cohort["osteoporosis"] == groups[cohort["id"]]["osteoporosis"]
    for site in content["sites"]:
        assert site["came_in"]["records"] - site["excluded"]["records"] == site["cohort"]["records"]
        assert site["cohort"]["records"] - site["uncroppable_total"] == site["images"]
        assert site["uncroppable"] == [{"reason": "cut_off", "images": 2}]


def test_moments_leave_missing_values_out(study: Any) -> None:
    cohort = pd.read_csv(study.arguments["development"] / "cohort.csv")
    rows = cohort.iloc[2:]
    found = study.numbers["groups"][0]["total_hip_bmd_g_cm2"]
    assert found["n"] == len(rows) - 1
    assert found["mean"] == pytest.approx(rows["total_hip_bmd_g_cm2"].mean())
    assert found["sd"] == pytest.approx(rows["total_hip_bmd_g_cm2"].std())


def test_every_group_names_the_same_devices_and_all_their_images(study: Any) -> None:
    for group in study.numbers["groups"]:
        names = [device["device"] for device in group["devices"]]
        assert names == [d["device"] for d in study.numbers["groups"][0]["devices"]]
        assert sum(device["k"] for device in group["devices"]) == group["n"]


def test_a_device_may_look_like_a_number_or_be_missing(make_tree: Any) -> None:
    tree = make_tree(externals=())
    path = tree.arguments["development"] / "cohort.csv"
    cohort = pd.read_csv(path)
    cohort["manufacturer"], cohort["model_name"] = "", "9000"
    cohort.loc[cohort.index[-1], "model_name"] = ""
    cohort.to_csv(path, index=False)
    devices = tree.count()["groups"][0]["devices"]
    assert [(item["device"], item["k"]) for item in devices] == [("9000", 59), ("not stated", 1)]


def test_a_changed_metric_changes_the_number(make_tree: Any) -> None:
    tree = make_tree()

    def edit(metrics: Any) -> None:
        metrics["metrics"]["youden"]["estimate"] = 0.12345

    change(tree.arguments["evaluation"] / "test" / "metrics.json", edit)
    cohorts = {cohort["id"]: cohort for cohort in tree.count()["cohorts"]}
    assert cohorts["test"]["metrics"]["youden"]["estimate"] == 0.12345


def test_settings_are_the_models_own_and_the_configured_ones(make_tree: Any) -> None:
    tree = make_tree()
    model = tree.arguments["model"]
    change(model / "run.json", lambda run: run.update(seed=7, initial_weights="0" * 64))
    change(model / "run.json", lambda run: run["training"].update(epochs=3))
    change(model / "network.json", lambda design: design["network"].update(width=1.0))
    tree.config = Config.model_validate(
        {
            "selection": {"sex": None},
            "explanation": {"border": 0.2},
            "readers": {"names": ["KCH"], "repeats": 0.3},
        }
    ).reported()
    content = tree.count(run="wide")
    (settings,) = (table for table in all_tables(content) if table.key == "settings")
    shown = {row.cells for row in settings.rows}
    assert {
        ("explanation.border", "0.2"),
        ("readers.names", "KCH"),
        ("readers.repeats", "0.3"),
    } <= shown
    assert content["config"]["run"] == {"name": "wide", "seed": 7}
    assert content["config"]["network"]["width"] == 1.0
    assert content["config"]["network"]["initial_weights"] == "0" * 64
    assert content["config"]["training"]["epochs"] == 3
    assert content["config"]["selection"]["sex"] is None
    assert not content["study"]["primary"]
    assert "/" not in json.dumps(content["config"])


@pytest.mark.parametrize(
    ("model", "external", "marks", "mixed"),
    [
        (True, True, {"test": True, "external": True}, False),
        (False, False, {"test": False, "external": False}, False),
        (True, False, {"test": True, "external": True}, True),
        (False, True, {"test": False, "external": True}, True),
    ],
)
def test_a_result_is_synthetic_if_its_model_or_its_cohort_is(
    make_tree: Any, model: bool, external: bool, marks: dict[str, bool], mixed: bool
) -> None:
    content = make_tree(synthetic=model, external_synthetic=external).count()
    found = {cohort["id"]: cohort["synthetic"] for cohort in content["cohorts"]}
    assert {name: found[name] for name in marks} == marks
    assert content["study"]["mixed"] is mixed
    assert content["study"]["films_synthetic"] is (model and external)
    assert content["study"]["synthetic"] is (model or external)


def test_warnings_of_training_and_evaluation_are_gathered(make_tree: Any) -> None:
    tree = make_tree(externals=())
    change(tree.arguments["model"] / "run.json", lambda run: run["warnings"].append("it is dead"))
    warning = {"code": "label_equals_call", "text": "too good"}
    path = tree.arguments["evaluation"] / "test" / "metrics.json"
    change(path, lambda metrics: metrics["warnings"].append(warning))
    assert tree.count()["warnings"] == [
        {"cohort": "training", "name": "Training", "code": "training", "text": "it is dead"},
        {"cohort": "test", "name": "Test set", **warning},
    ]


def drop_last_line(path: Path) -> None:
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("evaluation/test/predictions.csv", "evaluation of test holds 5 predictions"),
        ("evaluation/external/predictions.csv", "evaluation of external holds 29 predictions"),
        ("sites/development/crops.csv", r"crops\.csv and cohort\.csv hold different cases"),
        ("sites/external/flow.csv", r"flow\.csv ends with another number"),
        ("split.csv", "evaluation of test holds 6 predictions"),
    ],
)
def test_results_that_do_not_belong_together_are_refused(
    make_tree: Any, file: str, message: str
) -> None:
    tree = make_tree()
    drop_last_line(tree.root / "results" / file)
    with pytest.raises(StudyError, match=message):
        tree.count()


def test_a_flow_that_does_not_add_up_is_refused(make_tree: Any) -> None:
    tree = make_tree()
    path = tree.arguments["development"] / "flow.csv"
    flow = pd.read_csv(path)
    flow["patients_excluded"] += (flow.index == 2).astype(int)
    flow.to_csv(path, index=False)
    with pytest.raises(StudyError, match=r"the patients of flow\.csv do not add up"):
        tree.count()


def test_other_labels_than_the_cohorts_are_refused(make_tree: Any) -> None:
    tree = make_tree()
    path = tree.root / "results" / "evaluation" / "external" / "predictions.csv"
    predictions = pd.read_csv(path)
    predictions["label"] = 1 - predictions["label"]
    predictions.to_csv(path, index=False)
    with pytest.raises(StudyError, match="other labels than the cohort in 30 cases"):
        tree.count()


def test_another_operating_point_than_the_models_is_refused(make_tree: Any) -> None:
    tree = make_tree()
    change(tree.arguments["model"] / "threshold.json", lambda point: point.update(value=0.4))
    with pytest.raises(StudyError, match="another operating point"):
        tree.count()


@pytest.mark.parametrize("file", ["model/run.json", "leakage.json", "evaluation/external/roc.csv"])
def test_a_missing_file_is_named(make_tree: Any, file: str) -> None:
    tree = make_tree()
    (tree.root / "results" / file).unlink()
    with pytest.raises(StudyError, match=f"cannot read {Path(file).name}"):
        tree.count()


def test_films_that_do_not_add_up_are_refused(make_tree: Any) -> None:
    tree = make_tree()
    path = tree.arguments["development"] / "site.json"
    change(path, lambda facts: facts["refused"].update(not_dicom=3))
    with pytest.raises(StudyError, match="films and the refused files do not add up"):
        tree.count()
