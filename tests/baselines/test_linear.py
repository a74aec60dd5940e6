"""Log-odds by hand."""

import numpy as np
import pandas as pd
import pytest

from osteohip.baselines.linear import Linear, Term, linear_from_json

MODEL = Linear(
    intercept=0.5,
    terms=(Term("age", 70.0, 10.0, 1.0), Term("right", 0.5, 0.5, -0.25)),
    penalty=1.0,
    folds=5,
)


def test_probabilities_by_hand() -> None:
    columns = pd.DataFrame({"right": [1.0, 0.0, np.nan], "age": [80.0, 70.0, np.nan]})
    log_odds = np.array([0.5 + 1.0 - 0.25, 0.5 + 0.0 + 0.25, 0.5])
    assert MODEL.probabilities(columns) == pytest.approx(1 / (1 + np.exp(-log_odds)))


def test_json_and_back() -> None:
    assert linear_from_json(MODEL.as_json()) == MODEL


def test_something_else_is_refused() -> None:
    with pytest.raises((KeyError, TypeError)):
        linear_from_json({"intercept": 1.0, "terms": [{"name": "age"}], "penalty": 1, "folds": 5})
