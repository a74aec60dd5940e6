"""Calibration: answers by hand, an independent spline, and what is undefined."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patsy import dmatrix
from scipy.special import expit, logit
from sklearn.metrics import brier_score_loss
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from osteohip.evaluation.calibration import (
    CALIBRATION,
    CURVE_COLUMNS,
    NO_PROBABILITIES,
    calibration,
    calibration_table,
    smooth_curve,
)
from osteohip.evaluation.logistic import SEPARATED

# Ten cases at 0.2, three of them with osteoporosis, and ten at 0.8, of them six.
LABELS = np.repeat([1, 0, 1, 0], [3, 7, 6, 4])
SCORES = np.repeat([0.2, 0.8], 10)


def cases(n: int, seed: int, *, spread: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated scores with labels drawn from them."""
    rng = np.random.default_rng(seed)
    scores = expit(rng.normal(0, spread, n))
    return (rng.random(n) < scores).astype(np.int64), scores


def test_two_groups_by_hand() -> None:
    found = calibration(labels=LABELS, scores=SCORES)
    assert tuple(found) == CALIBRATION
    # Brier: (3 * 0.64 + 7 * 0.04 + 6 * 0.04 + 4 * 0.64) / 20.
    assert found["brier"].estimate == pytest.approx(0.25)
    assert found["brier_scaled"].estimate == pytest.approx(1 - 0.25 / (0.45 * 0.55))
    slope, error = 0.451838, 0.340805
    item = found["calibration_slope"]
    assert [item.estimate, item.low, item.high] == pytest.approx(
        [slope, slope - 1.959964 * error, slope + 1.959964 * error], abs=1e-5
    )
    ratio = found["observed_expected"]
    # 9 / 10 with a standard error of the logarithm of sqrt(0.55 / 9) = 0.247207.
    assert [ratio.estimate, ratio.low, ratio.high] == pytest.approx(
        [0.9, 0.9 * math.exp(-0.484517), 0.9 * math.exp(0.484517)], abs=1e-5
    )


def test_in_the_large_is_the_offset_intercept_and_not_the_joint_one() -> None:
    item = calibration(labels=LABELS, scores=SCORES)["calibration_in_the_large"]
    assert item.estimate is not None
    assert item.high is not None
    moved = expit(logit(SCORES) + item.estimate)
    assert moved.sum() == pytest.approx(9)
    robust = GLM(LABELS, np.ones(20), family=Binomial(), offset=logit(SCORES)).fit(cov_type="HC0")
    half = 1.959964 * float(robust.bse[0]) * math.sqrt(20 / 19)
    assert item.high - item.estimate == pytest.approx(half, abs=1e-5)
    # The joint intercept of these cases is (logit 0.3 + logit 0.6) / 2.
    assert abs(item.estimate - (logit(0.3) + logit(0.6)) / 2) > 0.02


@given(st.integers(0, 10_000))
def test_a_shift_of_the_log_odds_moves_the_intercept_by_it(seed: int) -> None:
    labels, scores = cases(60, seed)
    before = calibration(labels=labels, scores=scores)
    after = calibration(labels=labels, scores=expit(logit(scores) - 0.7))
    name = "calibration_in_the_large"
    if before[name].estimate is None:
        assert after[name].estimate is None
        return
    assert after[name].estimate == pytest.approx(before[name].estimate + 0.7, abs=1e-6)
    if before["calibration_slope"].estimate is not None:
        halved = calibration(labels=labels, scores=expit(logit(scores) / 2))["calibration_slope"]
        assert halved.estimate == pytest.approx(2 * before["calibration_slope"].estimate, rel=1e-4)


def test_interval_of_the_scaled_brier_score_is_that_of_the_jackknife() -> None:
    labels, scores = cases(400, 1)

    def scaled(kept: np.ndarray) -> float:
        share = labels[kept].mean()
        return 1 - brier_score_loss(labels[kept], scores[kept]) / (share * (1 - share))

    everyone = np.arange(400)
    without = np.array([scaled(np.delete(everyone, i)) for i in everyone])
    error = math.sqrt(399 / 400 * ((without - without.mean()) ** 2).sum())
    item = calibration(labels=labels, scores=scores)["brier_scaled"]
    assert item.estimate == pytest.approx(scaled(everyone))
    assert item.high is not None
    assert item.high - item.estimate == pytest.approx(1.959964 * error, rel=0.02)


@pytest.mark.parametrize(
    ("labels", "scores", "undefined"),
    [
        ([0, 1, 0, 1], [0.1, 1.2, 0.3, 0.4], dict.fromkeys(CALIBRATION, NO_PROBABILITIES)),
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], {"calibration_slope": SEPARATED}),
        ([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], {"calibration_slope": "all scores are equal"}),
        (
            [1, 1, 1],
            [0.1, 0.2, 0.3],
            {
                "brier_scaled": "all cases are of one class",
                "calibration_in_the_large": "all cases are of one class",
                "calibration_slope": "all cases are of one class",
            },
        ),
        ([0, 1], [0.0, 0.0], {"observed_expected": "the scores sum to zero"}),
    ],
)
def test_what_is_undefined_has_a_reason_and_no_number(
    labels: list[int], scores: list[float], undefined: dict[str, str]
) -> None:
    found = calibration(labels=np.array(labels), scores=np.array(scores))
    for name, reason in undefined.items():
        assert (found[name].estimate, found[name].low, found[name].reason) == (None, None, reason)
    for item in found.values():
        assert (item.low is None) == (item.reason is not None)


def test_no_case_of_osteoporosis_has_a_ratio_of_zero_without_interval() -> None:
    item = calibration(labels=np.array([0, 0]), scores=np.array([0.2, 0.3]))["observed_expected"]
    assert (item.estimate, item.low) == (0.0, None)
    assert item.reason == "there is no case of osteoporosis"


def test_curve_is_the_natural_spline_of_patsy() -> None:
    labels, scores = cases(150, 3)
    curve = pd.DataFrame(smooth_curve(labels=labels, scores=scores))
    x, grid = logit(scores), logit(curve["score"].to_numpy())
    low, middle, high = np.quantile(x, [0.1, 0.5, 0.9])
    # Patsy's natural spline between knots; beyond the outer ones both are straight lines.
    inside = (x >= low) & (x <= high)
    formula = f"cr(x, knots=[{middle}], lower_bound={low}, upper_bound={high})"
    basis = np.asarray(dmatrix(formula, {"x": np.clip(x, low, high)}))
    step = 1e-5
    for beyond, edge, direction in ((x < low, low, 1), (x > high, high, -1)):
        ends = np.asarray(dmatrix(formula, {"x": np.array([edge, edge + direction * step])}))
        tangent = direction * (ends[1] - ends[0]) / step
        basis[beyond] += np.outer(x[beyond] - edge, tangent)
    assert inside.sum() > 100
    fitted = GLM(labels, basis, family=Binomial()).fit()
    order = np.argsort(x)
    expected = np.interp(grid, x[order], np.asarray(fitted.predict())[order])
    assert curve["observed"].to_numpy() == pytest.approx(expected, abs=0.01)


def test_table_has_groups_curve_and_distribution_of_each_version() -> None:
    labels, scores = cases(117, 4)
    table = calibration_table(labels=labels, versions={"before": scores, "after": scores**2})
    assert tuple(table.columns) == CURVE_COLUMNS
    for version in ("before", "after"):
        rows = table[table["version"] == version]
        groups = rows[rows["kind"] == "group"]
        assert len(groups) == 10
        for part in (groups, rows[rows["kind"] == "distribution"]):
            assert part["n"].sum() == 117
            assert part["k"].sum() == labels.sum()
        curve = rows[rows["kind"] == "curve"]
        assert ((curve["low"] >= 0) & (curve["low"] <= curve["observed"])).all()
        assert ((curve["observed"] <= curve["high"]) & (curve["high"] <= 1)).all()
        assert curve["score"].is_monotonic_increasing


def test_equal_scores_stay_in_one_group() -> None:
    table = calibration_table(
        labels=np.tile([0, 1], 20), versions={"before": np.repeat([0.1, 0.5, 0.5, 0.5], 10)}
    )
    groups = table[table["kind"] == "group"]
    assert groups["n"].tolist() == [10, 30]
    assert groups["score"].tolist() == pytest.approx([0.1, 0.5])


def test_without_a_curve_there_is_a_row_with_the_reason() -> None:
    labels = np.array([0, 0, 1, 1])
    table = calibration_table(labels=labels, versions={"before": np.array([0.1, 0.2, 0.8, 0.9])})
    curve = table[table["kind"] == "curve"]
    assert curve["reason"].tolist() == [SEPARATED]
    assert curve["observed"].isna().all()
    table = calibration_table(labels=labels, versions={"before": labels * 3.0})
    assert tuple(table.columns) == CURVE_COLUMNS
    assert table[["version", "kind", "reason"]].to_numpy().tolist() == [
        ["before", "curve", NO_PROBABILITIES]
    ]
    assert table[["score", "observed", "low", "high", "k", "n"]].isna().all(axis=None)
