"""Measures at an operating point, and the Brier score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, confusion_matrix

from osteohip.evaluation.measures import Confusion, brier, confusion, measures, proportions


def test_a_score_at_the_threshold_is_called_osteoporosis() -> None:
    counts = confusion(
        labels=np.array([1, 1, 0, 0]), scores=np.array([0.5, 0.49, 0.5, 0.1]), threshold=0.5
    )
    assert counts == Confusion(tp=1, fn=1, fp=1, tn=1)


def test_table_1_of_the_paper_with_the_intervals_that_were_owed() -> None:
    found = proportions(Confusion(tp=51, fn=5, fp=14, tn=31))
    literal = {
        "accuracy": (82, 101, 0.8119, 0.7248, 0.8761),
        "sensitivity": (51, 56, 0.9107, 0.8074, 0.9613),
        "specificity": (31, 45, 0.6889, 0.5434, 0.8047),
        "ppv": (51, 65, 0.7846, 0.6703, 0.8671),
        "npv": (31, 36, 0.8611, 0.7134, 0.9392),
    }
    for name, (k, n, estimate, low, high) in literal.items():
        assert (found[name].k, found[name].n) == (k, n)
        values = [found[name].estimate, found[name].low, found[name].high]
        assert values == pytest.approx([estimate, low, high], abs=1e-4)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=1, max_size=80),
    st.integers(-1, 11),
)
def test_counts_equal_scikit_learn_and_add_up(cases: list[tuple[int, int]], cut: int) -> None:
    labels, scores = np.array([c[0] for c in cases]), np.array([float(c[1]) for c in cases])
    counts = confusion(labels=labels, scores=scores, threshold=cut)
    expected = confusion_matrix(labels, scores >= cut, labels=[1, 0]).ravel().tolist()
    assert [counts.tp, counts.fn, counts.fp, counts.tn] == expected
    assert counts.n == len(cases)


def test_a_measure_without_denominator_is_undefined_and_never_one() -> None:
    found = measures(labels=np.array([0, 0]), scores=np.array([0.1, 0.2]), threshold=0.5)
    assert {name for name, item in found.items() if item.estimate is None} == {
        "sensitivity",
        "ppv",
        "auc",
    }
    for item in found.values():
        assert (item.low is None) == (item.reason is not None)


def test_brier_equals_scikit_learn_and_the_interval_of_a_mean() -> None:
    labels, scores = np.array([1, 0, 1, 0, 1]), np.array([0.9, 0.2, 0.6, 0.7, 0.5])
    found = brier(labels=labels, scores=scores)
    assert found.estimate == pytest.approx(brier_score_loss(labels, scores))
    # Losses 0.01, 0.04, 0.16, 0.49, 0.25: mean 0.19, SD 0.19326, half width 0.16939.
    assert (found.low, found.high) == pytest.approx((0.02060, 0.35940), abs=1e-4)
    assert (found.k, found.n) == (None, 5)


@pytest.mark.parametrize(
    ("scores", "estimate", "reason"),
    [
        ([0.2, 1.2], None, "scores outside 0 to 1 are no probabilities"),
        ([-3.0, 0.5], None, "scores outside 0 to 1 are no probabilities"),
        ([0.5, 0.5], 0.25, "the loss is the same in all cases"),
    ],
)
def test_brier_is_null_with_a_reason(
    scores: list[float], estimate: float | None, reason: str
) -> None:
    found = brier(labels=np.array([0, 1]), scores=np.array(scores))
    assert (found.estimate, found.low, found.reason) == (estimate, None, reason)
