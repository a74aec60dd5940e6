"""The decision curve: all strategies at all thresholds."""

import numpy as np

from osteohip.evaluation.decision import (
    DECISION_COLUMNS,
    THRESHOLDS,
    decision_table,
)


def test_table_has_all_strategies_at_all_thresholds() -> None:
    labels, scores = np.array([1, 0, 1, 0]), np.array([0.9, 0.6, 0.4, 0.1])
    table = decision_table(labels=labels, versions={"before": scores, "after": scores / 2})
    assert tuple(table.columns) == DECISION_COLUMNS
    strategies = (
        "model",
        "model_less_refer_all",
        "refitted",
        "refitted_less_refer_all",
        "refer_all",
        "refer_none",
    )
    assert table["strategy"].tolist() == list(strategies) * len(THRESHOLDS)
    at = table[table["threshold"] == 0.5].set_index("strategy")
    assert at.loc["model", ["tp", "fp", "n"]].tolist() == [1, 1, 4]
    assert at.loc["refitted", ["tp", "fp"]].tolist() == [0, 0]
    assert at.loc["refer_all", ["tp", "fp"]].tolist() == [2, 2]
    assert at["net_benefit"].tolist() == [0, 0, 0, 0, 0, 0]


def test_other_numbers_than_probabilities_have_no_curve() -> None:
    table = decision_table(labels=np.array([1, 0]), versions={"before": np.array([2.0, 0.1])})
    assert table.empty
    assert tuple(table.columns) == DECISION_COLUMNS
