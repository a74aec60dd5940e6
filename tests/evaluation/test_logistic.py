"""Logistic regression: hand-made answers, an independent optimiser, and separation."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from osteohip.evaluation.logistic import (
    CONSTANT,
    SEPARATED,
    NoEstimateError,
    fit_logistic,
    log_odds,
    separated,
)

CASES = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=4, max_size=40)


def design(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x])


def test_log_odds_are_finite_at_zero_and_one() -> None:
    assert log_odds(np.array([0.0, 0.5, 0.8, 1.0])) == pytest.approx(
        [-13.815510, 0, np.log(4), 13.815510], abs=1e-6
    )


def test_two_groups_have_their_own_log_odds() -> None:
    labels = np.repeat([1, 0, 1, 0], [3, 7, 6, 4])
    fit = fit_logistic(labels=labels, design=design(np.repeat([0.0, 1.0], 10)))
    low, high = np.log(3 / 7), np.log(6 / 4)
    assert fit.coefficients == pytest.approx([low, high - low])
    assert fit.covariance[0, 0] == pytest.approx(1 / 3 + 1 / 7)
    assert fit.covariance[1, 1] == pytest.approx(1 / 3 + 1 / 7 + 1 / 6 + 1 / 4)


@given(CASES)
def test_equals_another_optimiser(cases: list[tuple[int, int]]) -> None:
    labels, x = np.array([c[0] for c in cases]), np.array([float(c[1]) for c in cases])
    try:
        fit = fit_logistic(labels=labels, design=design(x))
    except NoEstimateError:
        assume(False)
    sign = 2 * labels - 1
    found = minimize(
        lambda b: np.logaddexp(0, -sign * (design(x) @ b)).sum(), np.zeros(2), tol=1e-12
    )
    assert fit.coefficients == pytest.approx(found.x, abs=1e-3, rel=1e-3)
    gradient = design(x).T @ (labels - expit(design(x) @ fit.coefficients))
    assert gradient == pytest.approx([0, 0], abs=1e-6)


@given(CASES)
def test_separation_is_that_of_a_line(cases: list[tuple[int, int]]) -> None:
    labels, x = np.array([c[0] for c in cases]), np.array([float(c[1]) for c in cases])
    assume(len(set(labels.tolist())) == 2 and np.ptp(x) > 0)
    sick, well = x[labels == 1], x[labels == 0]
    overlap = sick.min() < well.max() and well.min() < sick.max()
    assert separated(labels=labels, design=design(x)) == (not overlap)


@pytest.mark.parametrize(
    ("labels", "x", "reason"),
    [
        ([0, 0, 1, 1], [1, 2, 3, 4], SEPARATED),
        ([0, 0, 1, 1], [1, 2, 2, 3], SEPARATED),
        ([1, 1, 0, 0], [1, 2, 3, 4], SEPARATED),
        ([0, 1, 0, 1], [2, 2, 2, 2], CONSTANT),
        ([1, 1, 1, 1], [1, 2, 3, 4], "all cases are of one class"),
    ],
)
def test_what_has_no_estimate_has_a_reason(labels: list[int], x: list[float], reason: str) -> None:
    with pytest.raises(NoEstimateError, match=reason):
        fit_logistic(labels=np.array(labels), design=design(np.array(x, dtype=float)))
