"""The tables of measures: each cell from the results."""

import json
from typing import Any

import pytest

from osteohip.errors import StudyError
from osteohip.report.measures import FURTHER, MEASURES, measures_tables
from osteohip.writing.wording import estimate, number


def tables_of(content: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        table.key: {row.cells[0]: row.cells[1:] for row in table.rows}
        for table in measures_tables(content)
    }


def test_main_table_holds_the_five_and_the_area(study: Any) -> None:
    tables = tables_of(study.numbers)
    assert list(tables) == ["measures", "measures-validation", "measures-further"]
    assert len(tables["measures"]) == 2 + len(MEASURES)
    test = study.numbers["cohorts"][1]
    assert tables["measures"]["Sensitivity"][0] == estimate(test["metrics"]["sensitivity"])


def test_further_measures_and_predictive_values_at_each_prevalence(study: Any) -> None:
    rows = tables_of(study.numbers)["measures-further"]
    assert len(rows) == len(FURTHER) + 2 * len(study.numbers["config"]["evaluation"]["prevalences"])
    value = study.numbers["cohorts"][1]["metrics"]["npv_at_0.10"]
    shown = rows["Negative predictive value at a prevalence of 10 %"][0]
    assert shown == estimate(value, share=True)
    assert "%" in shown
    ratio = study.numbers["cohorts"][2]["metrics"]["lr_positive"]
    assert rows["Positive likelihood ratio"][1].startswith(number(ratio["estimate"], 2))


def test_what_is_undefined_is_words(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    content["cohorts"][1]["metrics"]["auc"] |= {"estimate": None, "reason": "one class"}
    cells = tables_of(content)["measures"]["Area under the ROC curve"]
    assert cells[0] == "not defined (one class)"


def test_a_comparison_of_other_evaluations_is_refused(make_tree: Any) -> None:
    tree = make_tree()
    path = tree.arguments["evaluation"] / "comparison.json"
    content = json.loads(path.read_text())
    content["external"]["external"]["auc"]["auc_a"] = 0.5
    path.write_text(json.dumps(content))
    with pytest.raises(StudyError, match="compares other evaluations"):
        tree.count()
