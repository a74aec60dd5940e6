"""The baselines in the report: beside the network by cohort, undefined in words, never stale."""

import json
from typing import Any

import pandas as pd
import pytest

from osteohip.baselines.plan import SCORERS
from osteohip.errors import StudyError
from osteohip.report.baselines import NAMES, baseline_numbers
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


def test_the_strongest_baseline_is_told(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    test = content["cohorts"][1]["baselines"]
    for name in ("age", "no_pixels", "thumbnail"):
        test["scorers"][name]["auc"]["estimate"] = 0.6
    test["scorers"]["thumbnail"]["auc"]["estimate"] = 0.61234
    test["strongest"] = "thumbnail"
    text = report_markdown(content, all_tables(content))
    assert "On the test set the strongest of them was thumbnail of the crop, with an area" in text
    assert "0\\.612" in text


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
    assert found["strongest"] is None
    content = json.loads(json.dumps(study.numbers))
    content["cohorts"][1]["baselines"] = found
    assert "not defined (the baseline could not be fitted" in str(table_of(content).rows)
    assert "strongest of them" in report_markdown(content, all_tables(content))


def test_baselines_of_other_predictions_are_refused(study: Any) -> None:
    folder = study.root / "results" / "evaluation"
    table = pd.read_csv(folder / "test" / "baselines.csv")
    other = json.loads((folder / "external" / "metrics.json").read_text())
    with pytest.raises(StudyError, match="compare the baselines anew"):
        baseline_numbers(table, other)
    assert baseline_numbers(None, other) is None
