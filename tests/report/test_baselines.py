"""The baselines in the report: beside the network by cohort, undefined in words, never stale."""

import json
from typing import Any

import pandas as pd
import pytest

from osteohip.baselines.plan import SCORERS
from osteohip.errors import StudyError
from osteohip.report.baselines import NAMES, baseline_numbers, comparator
from osteohip.report.document import report_markdown
from osteohip.report.tables import all_tables


def table_of(content: Any) -> Any:
    return next(table for table in all_tables(content) if table.key == "baselines")


def test_the_table_has_network_and_baselines_of_each_cohort(study: Any) -> None:
    table = table_of(study.numbers)
    headings = [row.cells[0] for row in table.rows if row.heading]
    assert headings == ["Test set", "External: External hospital", "Validation set"]
    names = [row.cells[0] for row in table.rows if not row.heading]
    assert names == 3 * [NAMES[name] for name in SCORERS]
    everyone = next(row.cells for row in table.rows if row.cells[0] == NAMES["everyone_positive"])
    network = next(row.cells for row in table.rows if row.cells[0] == NAMES["network"])
    assert everyone[1].startswith("0.500 (")
    more = float(everyone[2].split()[0].replace("−", "-"))
    assert more == pytest.approx(float(network[1].split()[0]) - 0.5)
    assert everyone[5].startswith("100.0 % (")
    assert everyone[6].startswith("0.0 % (")


def test_the_network_has_the_numbers_of_its_own_measures(study: Any) -> None:
    for cohort in study.numbers["cohorts"]:
        network = cohort["baselines"]["scorers"]["network"]
        for name in ("accuracy", "sensitivity", "specificity", "auc"):
            known = cohort["metrics"][name]["estimate"]
            assert network[name]["estimate"] == pytest.approx(known, rel=1e-12)


def with_areas(content: Any, areas: dict[str, dict[str, float | None]]) -> Any:
    """The cohorts with other areas of the fitted baselines."""
    content = json.loads(json.dumps(content))
    for cohort in content["cohorts"]:
        for name, area in areas[cohort["kind"]].items():
            cohort["baselines"]["scorers"][name]["auc"]["estimate"] = area
    return content


def test_the_rival_is_chosen_on_validation_and_kept(study: Any) -> None:
    content = with_areas(
        study.numbers,
        {
            "validation": {"age": 0.6, "no_pixels": 0.5, "thumbnail": 0.7},
            "test": {"age": 0.9, "no_pixels": 0.5, "thumbnail": 0.61234},
            "external": {"age": 0.5, "no_pixels": 0.9, "thumbnail": 0.51234},
        },
    )
    assert comparator(content["cohorts"]) == "thumbnail"
    content["baselines"]["comparator"] = "thumbnail"
    text = report_markdown(content, all_tables(content)).replace("\\", "")
    assert "by its area on the validation set, was the thumbnail of the crop; it is the one" in text
    assert "On the test set its area under the ROC curve was [0.612 (" in text
    assert "At External hospital its area under the ROC curve was [0.512 (" in text


def test_without_a_fitted_baseline_on_validation_there_is_no_rival(study: Any) -> None:
    nothing: dict[str, float | None] = dict.fromkeys(("age", "no_pixels", "thumbnail"))
    content = with_areas(study.numbers, dict.fromkeys(("validation", "test", "external"), nothing))
    assert comparator(content["cohorts"]) is None
    assert comparator(content["cohorts"][1:]) is None
    content["baselines"]["comparator"] = None
    text = report_markdown(content, all_tables(content))
    assert "strongest of those" not in text


def test_without_baselines_the_chapter_is_left_out(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    for cohort in content["cohorts"]:
        cohort["baselines"] = None
    text = report_markdown(content, all_tables(content))
    assert "honest baselines" not in text
    assert "table-baselines" not in text


def test_what_could_not_be_fitted_is_said(study: Any) -> None:
    path = study.root / "results" / "evaluation" / "test"
    table = pd.read_csv(path / "baselines.csv")
    metrics = json.loads((path / "metrics.json").read_text())
    blank = ["estimate", "low", "high", "p"]
    fitted = table["scorer"].isin(["age", "no_pixels", "thumbnail"])
    table.loc[fitted & (table["measure"] != "known_device"), blank] = None
    table.loc[fitted, "reason"] = "the baseline could not be fitted on the training set"
    found = baseline_numbers(table, metrics)
    assert found is not None
    content = json.loads(json.dumps(study.numbers))
    content["cohorts"][1]["baselines"] = found
    assert "not defined (the baseline could not be fitted" in str(table_of(content).rows)
    assert "not defined" in report_markdown(content, all_tables(content))


def test_baselines_of_other_predictions_are_refused(study: Any) -> None:
    folder = study.root / "results" / "evaluation"
    table = pd.read_csv(folder / "test" / "baselines.csv")
    other = json.loads((folder / "external" / "metrics.json").read_text())
    with pytest.raises(StudyError, match="compare the baselines anew"):
        baseline_numbers(table, other)
    assert baseline_numbers(None, other) is None
