"""Calibration, clinical use, subgroups, the drop and the next site in the report."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from osteohip.errors import StudyError
from osteohip.evaluation.calibration import calibration_table as calibration_rows
from osteohip.evaluation.decision import decision_table
from osteohip.report.clinical import subgroups, useful_range
from osteohip.report.document import report_markdown
from osteohip.report.figures.calibration import calibration_figure
from osteohip.report.figures.decision import decision_figure
from osteohip.report.figures.style import house_style
from osteohip.report.figures.subgroups import subgroups_figure
from osteohip.report.tables import all_tables
from osteohip.writing.table import Table
from osteohip.writing.wording import difference, estimate

NONE = "the slope is not positive, so that a refit would turn the order round"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """Numbers of a study large enough for a refit and for most subgroups."""
    write_tree = request.getfixturevalue("write_study")
    tree = write_tree(tmp_path_factory.mktemp("large"), images=800)
    tree.numbers = tree.count()
    return tree


def changed(tree: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(json.dumps(tree.numbers))
    return content


def tables(content: dict[str, Any]) -> dict[str, Table]:
    return {table.key: table for table in all_tables(content)}


def lines(table: Table) -> dict[str, tuple[str, ...]]:
    return {row.cells[0]: row.cells[1:] for row in table.rows}


def text(content: dict[str, Any]) -> str:
    return report_markdown(content, all_tables(content)).replace("\\", "")


def test_calibration_stands_before_and_after_for_every_cohort(large: Any) -> None:
    table = tables(large.numbers)["calibration"]
    assert table.header == (
        "Measure",
        "Validation set",
        "Test set",
        "External: External hospital",
    )
    labels = [row.cells[0] for row in table.rows]
    assert [label for label in labels if labels.count(label) == 2] == labels[1:6] + labels[7:]
    slopes = [row.cells[1] for row in table.rows if row.cells[0].startswith("Calibration slope")]
    assert slopes[1].startswith("1.000 (")
    assert slopes[0] != slopes[1]
    refit = large.numbers["cohorts"][0]["recalibrated"]
    assert f"fitted on {refit['n']} validation hips" in table.note


def test_without_a_refit_the_reason_is_told(large: Any) -> None:
    content = changed(large)
    for cohort in content["cohorts"]:
        refit = cohort["recalibrated"]
        refit |= {"slope": None, "intercept": None, "reason": NONE}
        for item in refit["metrics"].values():
            item |= {"estimate": None, "low": None, "high": None, "reason": NONE}
    assert f"There is no refit (Platt's refit (intercept and slope)): {NONE}." in text(content)
    assert f"not defined ({NONE})" in lines(tables(content)["calibration"])["Brier score"]


def test_a_re_tuned_threshold_is_a_row_of_its_own(large: Any) -> None:
    rows = tables(large.numbers)["operating-points"].rows
    assert [row.cells[0] for row in rows] == [
        "Validation set",
        "Test set",
        "External: External hospital",
        "External: External hospital, re-tuned there: optimistic, never used",
    ]
    assert [row.cells[1] for row in rows[:3]] == ["0.5"] * 3
    assert rows[3].cells[1] != "0.5"
    matrix = lines(tables(large.numbers)["confusion-external"])
    counts = large.numbers["cohorts"][2]["confusion"]
    assert matrix["Osteoporosis"][:2] == (str(counts["tp"]), str(counts["fn"]))


def test_triage_counts_add_up_or_say_why_not(large: Any) -> None:
    content = changed(large)
    table = tables(content)["triage"]
    assert table.rows[0].heading
    triages = content["cohorts"][0]["triage"]
    reasons = {t[side]["reason"] for t in triages for side in ("rule_in", "rule_out")} - {None}
    assert reasons
    assert all(reason in table.note for reason in reasons)
    assert not [row for row in table.rows if not row.heading and not any(row.cells[1:])]
    thresholds = [cell for cell in lines(table) if cell.startswith("Ruled")]
    assert thresholds
    assert len({len(cell.rpartition(".")[2]) for cell in thresholds}) == 1
    for cohort in content["cohorts"]:
        for item in cohort["triage"]:
            sums = item["ruled_in"] + item["ruled_out"] + item["undecided"]
            assert sums == cohort["n"] == item["decided"]["n"]
    for triage in content["cohorts"][0]["triage"]:
        for side in ("rule_in", "rule_out"):
            triage[side] |= {"threshold": None, "reason": f"no {side}"}
    table = tables(content)["triage"]
    assert [row.cells[0] for row in table.rows] == ["Decided, of all", "Wrong, of the decided"]
    assert "By their estimates: no rule_in; no rule_out." in table.note
    for cohort in content["cohorts"]:
        cohort["triage"] = []
    assert "triage" not in tables(content)
    assert "without DXA" not in text(content)


def test_the_drop_tells_what_remains(large: Any) -> None:
    content = changed(large)
    rows = lines(tables(content)["drop-external"])
    drop = content["cohorts"][2]["drop"]
    assert rows["With osteoporosis"][1].endswith(f"/{drop['external']['n']})")
    assert any(label.startswith("By age and T-score (effective size") for label in rows)
    assert "would remain" in text(content)
    split = drop["prevalence"]["npv"]
    table = tables(content)["drop-external"]
    npv = [row.cells for row in table.rows if row.cells[0] == "Negative predictive value"]
    moved = estimate(split["at_internal_prevalence"], share=True)
    assert [cells[2] for cells in npv] == [estimate(split["external"]), moved]
    assert npv[1][3] == difference(split["remains"], percents=True)
    both = drop["reweighted"][-1]
    assert "Not all counts" not in text(content)
    both |= {"span": {"low": 0.61234, "high": 0.81234}, "note": "12 cases in 2 bands"}
    assert "with the true ones this area could lie anywhere in 0.612–0.812." in text(content)
    note = tables(content)["drop-external"].note
    assert "12 cases in 2 bands; their true counts could make the area 0.612 to 0.812." in note
    both["span"] = None
    assert "the true ones would make of this area cannot be said." in text(content)
    refused = {"estimate": None, "low": None, "high": None, "reason": "too few"}
    drop["reweighted"][-1]["auc"] |= refused
    drop["reweighted"][-1]["remains"] |= {"difference": None, "reason": "too few"}
    drop["reweighted"][-1]["effective"]["osteoporosis"] = None
    assert "How much of this lies in the patients cannot be told: too few." in text(content)
    cells = lines(tables(content)["drop-external"])
    assert any("not defined (too few)" in row for row in cells.values())


def test_without_external_sites_there_is_no_drop(make_tree: Any) -> None:
    content = make_tree(externals=()).count()
    assert not [key for key in tables(content) if key.startswith("drop")]
    assert "From the test set" not in text(content)


def test_the_next_site_in_words_and_table(large: Any) -> None:
    content = changed(large)
    found = content["cohorts"][1]["sample_size"]
    needed = lines(tables(content)["sample-size"])
    assert needed["Hips in hand"][0] == "80"
    assert f"like the test set would need {found['n']:d} hips" in text(content)
    found["n"] = None
    found["needed"]["auc"] |= {"n": None, "reason": "no value is anticipated"}
    assert "would need a number that is not defined" in text(content)


def test_small_subgroups_have_a_reason_in_place_of_measures(large: Any) -> None:
    content = changed(large)
    for cohort in content["cohorts"]:
        for group in cohort["subgroups"]:
            few = group["n"] < content["config"]["evaluation"]["smallest_subgroup"]
            assert few == (group["auc"]["reason"] == "fewer than 10 hips")
    by_variable: dict[str, int] = {}
    for group in content["cohorts"][2]["subgroups"]:
        by_variable[group["variable"]] = by_variable.get(group["variable"], 0) + group["n"]
    assert set(by_variable.values()) == {content["cohorts"][2]["n"]}


def test_subgroups_come_back_from_their_table() -> None:
    rows = [
        ("side", "right", 3, 1, "auc", 0.5, 0.1, 0.9, None, 3, "DeLong", None),
        ("side", "right", 3, 1, "sensitivity", None, None, None, None, 3, None, "few"),
        ("side", "left", 4, 1, "auc", 1.0, 0.4, 1.0, None, 4, "DeLong", None),
    ]
    columns = ["variable", "level", "n", "osteoporosis", "measure", "estimate", "low", "high"]
    table = pd.DataFrame(rows, columns=[*columns, "k", "denominator", "method", "reason"])
    found = subgroups(table)
    assert [(group["level"], group["n"]) for group in found] == [("right", 3), ("left", 4)]
    assert found[0]["auc"]["estimate"] == 0.5
    assert found[0]["sensitivity"]["reason"] == "few"


def test_useful_range_is_where_the_score_surely_beats_both() -> None:
    # Perfect scores of 0.2 and 0.8: from 0.21 to 0.80 only the sick are referred.
    labels = np.repeat([1, 0], 200)
    scores = np.where(labels == 1, 0.8, 0.2)
    table = decision_table(labels=labels, versions={"before": scores})
    assert useful_range(table) == {"low": 0.21, "high": 0.8}
    useless = decision_table(labels=labels, versions={"before": np.full(400, 0.5)})
    assert useful_range(useless) is None
    assert useful_range(table.iloc[:0]) is None


def test_a_gain_that_may_be_chance_is_not_called_useful() -> None:
    # The same perfect scores of so few that at the ends the limits reach below zero.
    labels = np.array([1, 1, 0, 0])
    scores = np.array([0.8, 0.8, 0.2, 0.2])
    table = decision_table(labels=labels, versions={"before": scores})
    wide = table.pivot_table(index="threshold", columns="strategy", values="low")
    assert wide.loc[0.21, "model_less_refer_all"] < 0
    assert wide.loc[0.8, "model"] < 0
    assert useful_range(table) is None
    more = decision_table(labels=np.repeat(labels, 5), versions={"before": np.repeat(scores, 5)})
    found = useful_range(more)
    assert found is not None
    assert 0.21 < found["low"] < found["high"] < 0.8


# What ``calibration.csv`` holds of scores that are no probabilities.
NO_CURVE = calibration_rows(labels=np.array([0, 1]), versions={"before": np.array([-5.0, 14.0])})


def test_scores_that_are_no_probabilities_still_draw(large: Any) -> None:
    content = changed(large)
    cohorts = content["cohorts"]
    reason = "scores outside 0 to 1 are no probabilities"
    for cohort in cohorts:
        cohort["metrics"]["calibration_slope"] |= {"estimate": None, "reason": reason}
    empty = {cohort["id"]: pd.DataFrame() for cohort in cohorts}
    none = {cohort["id"]: NO_CURVE for cohort in cohorts}
    with house_style():
        for figure in (calibration_figure(cohorts, none), decision_figure(cohorts, empty)):
            words = [text.get_text() for axes in figure.axes for text in axes.texts]
            assert words == [f"not defined:\n{reason}"] * len(cohorts)
            assert not figure.legends


def test_many_cohorts_get_rows_of_panels(large: Any) -> None:
    cohorts = [large.numbers["cohorts"][2]] * 7
    with house_style():
        figure = calibration_figure(cohorts, {"external": NO_CURVE})
    assert len([axes for axes in figure.axes if axes.axison]) == 7


def test_the_forest_has_a_mark_or_a_dash_for_each_subgroup(large: Any) -> None:
    cohort = large.numbers["cohorts"][2]
    with house_style():
        figure = subgroups_figure(cohort)
    for axes, name in zip(figure.axes, ("auc", "sensitivity", "specificity"), strict=True):
        known = sum(group[name]["estimate"] is not None for group in cohort["subgroups"])
        marks = [line for line in axes.lines if line.get_marker() in {"s", "D"}]
        assert len(marks) == known
        assert len(axes.texts) == len(cohort["subgroups"]) - known


@pytest.mark.parametrize("name", ["calibration", "triage"])
def test_another_refit_or_triage_than_the_models_is_refused(make_tree: Any, name: str) -> None:
    tree = make_tree()
    path = tree.root / "results" / "model" / f"{name}.json"
    content = json.loads(path.read_text())
    (content if name == "calibration" else content[0])[
        "fitted_on" if name == "calibration" else "chosen_on"
    ] = "test"
    path.write_text(json.dumps(content))
    with pytest.raises(StudyError, match="another refit or triage than the model's"):
        tree.count()
