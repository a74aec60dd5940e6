"""Measures of weighted cases against scikit-learn on the cases written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from osteohip.evaluation.weighted import ordering, weighted_measures

CASES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=40
).filter(lambda cases: any(weight for *_, weight in cases))


def ratio(k: int, n: int) -> float:
    """k / n, infinite where it divides by zero and undefined where it is 0/0."""
    return k / n if n else np.inf if k else np.nan


@given(CASES)
@settings(max_examples=200)
def test_equals_scikit_learn_on_the_cases_written_out(cases: list[tuple[int, int, int]]) -> None:
    labels, scores, weights = (np.array(column) for column in zip(*cases, strict=True))
    scores = scores / 8
    order = ordering(labels=labels, scores=scores)
    statistic = weighted_measures(
        labels=labels[order], scores=scores[order], threshold=0.5, prevalences=[0.1]
    )
    # A second row, so that rows are not mixed up.
    rows = np.stack([weights[order], np.ones(len(cases))]).astype(float)
    found = {name: values[0] for name, values in statistic(rows).items()}
    y, s = np.repeat(labels, weights), np.repeat(scores, weights)
    call = (s >= 0.5).astype(int)
    tp, fn, fp, tn = (
        int(np.sum((y == truth) & (call == said)))
        for truth, said in ((1, 1), (1, 0), (0, 1), (0, 0))
    )
    both = 0 < y.sum() < len(y)
    expected = {
        "accuracy": metrics.accuracy_score(y, call),
        "sensitivity": metrics.recall_score(y, call) if tp + fn else np.nan,
        "specificity": metrics.recall_score(y, call, pos_label=0) if fp + tn else np.nan,
        "ppv": metrics.precision_score(y, call) if tp + fp else np.nan,
        "npv": metrics.precision_score(y, call, pos_label=0) if fn + tn else np.nan,
        "balanced_accuracy": metrics.balanced_accuracy_score(y, call) if both else np.nan,
        "youden": metrics.balanced_accuracy_score(y, call, adjusted=True) if both else np.nan,
        "f1": metrics.f1_score(y, call) if tp + fn + fp else np.nan,
        "mcc": metrics.matthews_corrcoef(y, call) if both and 0 < call.sum() < len(y) else np.nan,
        "lr_positive": ratio(tp * (fp + tn), fp * (tp + fn)) if both else np.nan,
        "lr_negative": ratio(fn * (fp + tn), tn * (tp + fn)) if both else np.nan,
        "diagnostic_odds_ratio": ratio(tp * tn, fp * fn),
        "auc": metrics.roc_auc_score(y, s) if both else np.nan,
        "average_precision": metrics.average_precision_score(y, s) if y.any() else np.nan,
        "brier": np.mean((y - s) ** 2),
    }
    for name, value in expected.items():
        assert found.pop(name) == pytest.approx(value, abs=1e-12, nan_ok=True), name
    assert set(found) == {"ppv_at_0.10", "npv_at_0.10"}
    if both and tp + fp:
        se, sp = tp / (tp + fn), tn / (tn + fp)
        assert found["ppv_at_0.10"] == pytest.approx(0.1 * se / (0.1 * se + 0.9 * (1 - sp)))


def test_scores_outside_0_to_1_have_no_brier_score() -> None:
    statistic = weighted_measures(
        labels=np.array([0, 1]), scores=np.array([-1.0, 3.0]), threshold=0.5
    )
    found = statistic(np.ones((1, 2)))
    assert "brier" not in found
    assert found["auc"] == [1.0]
