"""Whether scores are probabilities: calibration in the large, its slope, and its curve."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from osteohip.evaluation.discrimination import ONE_CLASS, Floats, Labels
from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile
from osteohip.evaluation.logistic import NoEstimateError, fit_logistic, log_odds
from osteohip.evaluation.measures import brier
from osteohip.evaluation.proportions import wilson

NO_PROBABILITIES = "scores outside 0 to 1 are no probabilities"
CALIBRATION = (
    "brier",
    "brier_scaled",
    "calibration_in_the_large",
    "calibration_slope",
    "observed_expected",
)
# Fewer cases than this make no group of a calibration plot, and ten such groups no more.
CASES_A_GROUP = 10
MOST_GROUPS = 10
POINTS = 101
KNOTS = (0.1, 0.5, 0.9)
CURVE_COLUMNS = (
    "version",
    "kind",
    "score",
    "observed",
    "low",
    "high",
    "k",
    "n",
    "method",
    "reason",
)


def are_probabilities(scores: Floats) -> bool:
    """Tell whether all scores lie in [0, 1]."""
    return bool(len(scores) > 0 and scores.min() >= 0 and scores.max() <= 1)


def calibration(*, labels: Labels, scores: Floats, level: float = LEVEL) -> dict[str, Estimate]:
    """Return the measures of calibration by the names in `CALIBRATION`.

    Parameters
    ----------
    labels
        Shape (n,), 1 for osteoporosis, 0 for none.
    scores
        Shape (n,). Outside [0, 1] they are no probabilities and have no calibration.
    """
    return {
        "brier": brier(labels=labels, scores=scores, level=level),
        "brier_scaled": scaled_brier(labels=labels, scores=scores, level=level),
        "calibration_in_the_large": in_the_large(labels=labels, scores=scores, level=level),
        "calibration_slope": slope(labels=labels, scores=scores, level=level),
        "observed_expected": observed_expected(labels=labels, scores=scores, level=level),
    }


def scaled_brier(*, labels: Labels, scores: Floats, level: float = LEVEL) -> Estimate:
    """Estimate 1 - Brier / (prevalence (1 - prevalence)), the index of prediction accuracy.

    1 is perfect, 0 is no better than giving everyone the prevalence, below 0 is worse. The
    interval is that of the delta method: both the loss and the prevalence vary between samples.

    References
    ----------
    Steyerberg EW et al. Epidemiology 2010;21:128-138; Kattan MW, Gerds TA. Diagn Progn Res
    2018;2:7.
    """
    method = "delta method"
    n = len(labels)
    if not are_probabilities(scores):
        return _undefined(n, method, NO_PROBABILITIES)
    share = float(labels.mean())
    spread = share * (1 - share)
    if spread == 0:
        return _undefined(n, method, ONE_CLASS)
    loss = (scores - labels) ** 2
    mean = float(loss.mean())
    influence = -(loss - mean) / spread + mean * (1 - 2 * share) * (labels - share) / spread**2
    deviation = float(influence.std(ddof=1))
    value = 1 - mean / spread
    if deviation < 1e-12:
        reason = "the loss is the same in all cases"
        return Estimate(value, None, None, None, n, method, reason)
    half = normal_quantile(level) * deviation / math.sqrt(n)
    return Estimate(value, value - half, min(1.0, value + half), None, n, method)


def in_the_large(*, labels: Labels, scores: Floats, level: float = LEVEL) -> Estimate:
    """Estimate calibration in the large: the intercept of a logistic model, log-odds as offset.

    0 is ideal; above 0 there is more disease than the scores say, below 0 less. It is the
    intercept with the slope held at 1, and not the joint intercept of a model with a slope. Where
    the true slope is another, as it often is at an external site, the model's own variance is too
    small; the interval has the variance that holds all the same.

    References
    ----------
    Cox DR. Biometrika 1958;45:562-565; Van Calster B et al. J Clin Epidemiol 2016;74:167-176; the
    variance: White H. Econometrica 1982;50:1-25.
    """
    method = "robust Wald, offset model"
    n = len(labels)
    if not are_probabilities(scores):
        return _undefined(n, method, NO_PROBABILITIES)
    observed = int(labels.sum())
    if observed in (0, n):
        return _undefined(n, method, ONE_CLASS)
    x = log_odds(scores)
    # The estimate makes observed and expected cases equal. Beyond this reach all would be called.
    reach = float(np.abs(x).max()) + 40
    value = float(brentq(lambda a: float(expit(a + x).sum()) - observed, -reach, reach))
    moved = expit(value + x)
    error = math.sqrt(n / (n - 1) * float(((labels - moved) ** 2).sum()))
    half = normal_quantile(level) * error / float((moved * (1 - moved)).sum())
    return Estimate(value, value - half, value + half, None, n, method)


def slope(*, labels: Labels, scores: Floats, level: float = LEVEL) -> Estimate:
    """Estimate the calibration slope: the coefficient of the log-odds in a logistic model.

    1 is ideal; below 1 the scores are too extreme, above 1 too timid. Where the scores separate
    the classes the slope is infinite and undefined here.

    References
    ----------
    Cox DR. Biometrika 1958;45:562-565; Miller ME et al. Med Decis Making 1993;13:49-58.
    """
    method = "Wald"
    n = len(labels)
    if not are_probabilities(scores):
        return _undefined(n, method, NO_PROBABILITIES)
    x = log_odds(scores)
    try:
        fit = fit_logistic(labels=labels, design=np.column_stack([np.ones(n), x]))
    except NoEstimateError as reason:
        return _undefined(n, method, str(reason))
    value = float(fit.coefficients[1])
    half = normal_quantile(level) * math.sqrt(float(fit.covariance[1, 1]))
    return Estimate(value, value - half, value + half, None, n, method)


def observed_expected(*, labels: Labels, scores: Floats, level: float = LEVEL) -> Estimate:
    """Estimate O:E, the observed number with osteoporosis by the sum of the scores.

    1 is ideal. The interval is symmetric on the log scale with the variance (1 - share) / O, as
    for a fixed sum of scores. Since scores that discriminate move with the labels, it is wider
    than need be (it covers more often than it says), and it is the one that sample sizes for
    validation are planned with.

    References
    ----------
    Debray TPA et al. BMJ 2017;356:i6460; Riley RD et al. Stat Med 2021;40:4230-4251.
    """
    method = "log scale"
    n = len(labels)
    if not are_probabilities(scores):
        return _undefined(n, method, NO_PROBABILITIES)
    observed, expected = int(labels.sum()), float(scores.sum())
    if expected == 0:
        return _undefined(n, method, "the scores sum to zero")
    if observed == 0:
        reason = "there is no case of osteoporosis"
        return Estimate(0.0, None, None, None, n, method, reason)
    if observed == n:
        return Estimate(observed / expected, None, None, None, n, method, ONE_CLASS)
    half = normal_quantile(level) * math.sqrt((1 - observed / n) / observed)
    ratio = observed / expected
    return Estimate(ratio, ratio * math.exp(-half), ratio * math.exp(half), None, n, method)


def calibration_table(
    *, labels: Labels, versions: dict[str, Floats], level: float = LEVEL
) -> pd.DataFrame:
    """Return ``calibration.csv``: groups, smooth curve and distribution of each version.

    Parameters
    ----------
    labels
        Shape (n,), 1 for osteoporosis, 0 for none.
    versions
        Scores by version: ``before``, and ``after`` the refit.

    Returns
    -------
    DataFrame
        Columns `CURVE_COLUMNS`. ``kind`` is ``group`` (cases of neighbouring scores: mean score,
        observed share with Wilson's interval), ``curve`` (`smooth_curve`) or ``distribution``
        (cases by score in twentieths; ``score`` is the middle). A version without probabilities
        has one row, a curve that holds the reason alone.
    """
    rows: list[dict[str, object]] = []
    for version, scores in versions.items():
        if not are_probabilities(scores):
            rows.append({"version": version, **_no_curve(NO_PROBABILITIES)})
            continue
        found = [
            *_groups(labels, scores, level),
            *smooth_curve(labels=labels, scores=scores, level=level),
            *_distribution(labels, scores),
        ]
        rows += [{"version": version, **row} for row in found]
    table = pd.DataFrame(rows, columns=list(CURVE_COLUMNS))
    return table.astype({"k": "Int64", "n": "Int64"})


def smooth_curve(
    *, labels: Labels, scores: Floats, level: float = LEVEL
) -> list[dict[str, object]]:
    """Return the smooth calibration curve with its pointwise band.

    A logistic model of the label on a restricted cubic spline of the score's log-odds with three
    knots at their 10th, 50th and 90th percentiles, so with straight tails; where these coincide,
    on the log-odds alone. Band by the delta method, on the log-odds scale.

    Returns
    -------
    list of dict
        ``score`` in `POINTS` even steps over the range of the scores, ``observed, low, high``;
        one row with the reason where there is no curve.

    References
    ----------
    Van Calster B et al. J Clin Epidemiol 2016;74:167-176; the spline: Harrell FE. Regression
    Modeling Strategies, 2nd ed. 2015, section 2.4.5.
    """
    x = log_odds(scores)
    knots = np.quantile(x, KNOTS)
    try:
        fit = fit_logistic(labels=labels, design=_spline(x, knots))
    except NoEstimateError as reason:
        return [_no_curve(str(reason))]
    grid = np.linspace(scores.min(), scores.max(), POINTS)
    design = _spline(log_odds(grid), knots)
    centre = design @ fit.coefficients
    deviation = np.sqrt(np.einsum("ij,jk,ik->i", design, fit.covariance, design))
    half = normal_quantile(level) * deviation
    return [
        {
            "kind": "curve",
            "score": score,
            "observed": expit(middle),
            "low": expit(middle - width),
            "high": expit(middle + width),
            "method": "restricted cubic spline" if design.shape[1] == 3 else "logistic line",
        }
        for score, middle, width in zip(grid, centre, half, strict=True)
    ]


def _no_curve(reason: str) -> dict[str, object]:
    """Return the row in place of a curve that there is not."""
    return {"kind": "curve", "method": "restricted cubic spline", "reason": reason}


def _spline(x: Floats, knots: Floats) -> Floats:
    """Return the design (n, 3) of a restricted cubic spline of three knots, (n, 2) of a line."""
    first, middle, last = knots
    if min(middle - first, last - middle) < 1e-6:
        return np.column_stack([np.ones_like(x), x])

    def cube(knot: float) -> Floats:
        return np.clip(x - knot, 0, None) ** 3

    bend = (
        cube(first)
        - cube(middle) * (last - first) / (last - middle)
        + cube(last) * (middle - first) / (last - middle)
    ) / (last - first) ** 2
    return np.column_stack([np.ones_like(x), x, bend])


def _groups(labels: Labels, scores: Floats, level: float) -> list[dict[str, object]]:
    """Return groups of neighbouring scores of about equal size; equal scores stay together."""
    count = max(1, min(MOST_GROUPS, len(scores) // CASES_A_GROUP))
    borders = np.unique(np.quantile(scores, np.linspace(0, 1, count + 1)))[1:-1]
    group = np.searchsorted(borders, scores, side="left")
    rows: list[dict[str, object]] = []
    for number in np.unique(group):
        inside = group == number
        share = wilson(k=int(labels[inside].sum()), n=int(inside.sum()), level=level)
        rows.append(
            {
                "kind": "group",
                "score": float(scores[inside].mean()),
                "observed": share.estimate,
                "low": share.low,
                "high": share.high,
                "k": share.k,
                "n": share.n,
                "method": share.method,
            }
        )
    return rows


def _distribution(labels: Labels, scores: Floats) -> list[dict[str, object]]:
    """Return the number of cases, and of those with osteoporosis, by score in twentieths."""
    edges = np.linspace(0, 1, 21)
    everyone, _ = np.histogram(scores, edges)
    diseased, _ = np.histogram(scores[labels == 1], edges)
    middles = (edges[:-1] + edges[1:]) / 2
    return [
        {"kind": "distribution", "score": round(float(middle), 3), "k": int(k), "n": int(n)}
        for middle, k, n in zip(middles, diseased, everyone, strict=True)
    ]


def _undefined(n: int, method: str, reason: str) -> Estimate:
    return Estimate(None, None, None, None, n, method, reason)
