"""The difference of two areas under the ROC curve: on the same cases, or in two cohorts."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, t

from osteohip.evaluation.discrimination import (
    ONE_CLASS,
    Area,
    Floats,
    Labels,
    area_interval,
    auc,
    check_cases,
    delong,
    placements,
    variance_of_mean,
)
from osteohip.evaluation.estimate import LEVEL, normal_quantile, square_and_add

SAME = "the placements are the same in every case"
SHIFTED = "the placements differ by the same in every case of a class"
CONSERVATIVE = (
    "square-and-add of both intervals as if the scores were independent, conservative for scores "
    "of the same cases"
)


@dataclass(frozen=True)
class AreaDifference:
    """Area ``a`` minus area ``b`` with its interval and test.

    Parameters
    ----------
    auc_a, auc_b, difference
        The areas in [0, 1] and their difference; None where only one class is there.
    low, high
        Limits of the interval of the difference, in [-1, 1].
    statistic, df, p
        Test of no difference, two-sided: the statistic, its degrees of freedom (None for a normal
        one) and the p-value. None where they are undefined.
    method
        Name of the method.
    reason
        Why something is undefined; None where all is defined.
    """

    auc_a: float | None
    auc_b: float | None
    difference: float | None
    low: float | None
    high: float | None
    statistic: float | None
    df: float | None
    p: float | None
    method: str
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as it stands in a file."""
        return asdict(self)


def paired_delong(
    *, labels: Labels, scores_a: Floats, scores_b: Floats, level: float = LEVEL
) -> AreaDifference:
    """Compare two scores of the same cases by their areas, with DeLong's test.

    The variance of the difference is that of the case-wise differences of placements, which holds
    the covariance of both areas.

    Where it is zero there is no test. If the areas differ, or both are 1 or both 0, the interval is
    put together from both areas' own intervals (square-and-add), as if the scores were
    independent; ``method`` says so. Else each case has the same placement by both scores: the
    statistic is 0 and p is 1, as in pROC, but there is no interval.

    Parameters
    ----------
    labels
        Shape (n,), 1 for the diseased, 0 for the others.
    scores_a, scores_b
        Shape (n,), finite, in the order of ``labels``; a higher score means more disease.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845. Square-and-add: Zou GY,
    Donner A. Stat Med 2008;27:1693-1702.
    """
    method = "paired DeLong, normal"
    check_cases(labels=labels, scores=scores_a)
    check_cases(labels=labels, scores=scores_b)
    if len(set(labels.tolist())) < 2:
        return _undefined(method, reason=ONE_CLASS)
    diseased_a, healthy_a = _placements_by_class(labels, scores_a)
    diseased_b, healthy_b = _placements_by_class(labels, scores_b)
    area_a, area_b = float(diseased_a.mean()), float(diseased_b.mean())
    difference = area_a - area_b
    variance = variance_of_mean(diseased_a - diseased_b, healthy_a - healthy_b)
    if variance is None:
        return _untested(area_a, area_b, method=method, reason="a class has one case alone")
    if variance == 0 and (difference != 0 or area_a in (0, 1)):
        limits = square_and_add(
            *(auc(labels=labels, scores=scores, level=level) for scores in (scores_a, scores_b))
        )
        reason = f"no test, because {SAME if difference == 0 else SHIFTED}"
        return _untested(area_a, area_b, method=CONSERVATIVE, reason=reason, limits=limits)
    if variance == 0:
        return AreaDifference(area_a, area_b, 0.0, None, None, 0.0, None, 1.0, method, SAME)
    error = math.sqrt(variance)
    low, high = _limits(difference, normal_quantile(level) * error)
    z = difference / error
    p = float(2 * norm.sf(abs(z)))
    return AreaDifference(area_a, area_b, difference, low, high, z, None, p, method)


def unpaired_delong(
    *,
    labels_a: Labels,
    scores_a: Floats,
    labels_b: Labels,
    scores_b: Floats,
    level: float = LEVEL,
) -> AreaDifference:
    """Compare the areas of two cohorts that share no patient; see `compare_areas`."""
    return compare_areas(
        delong(labels=labels_a, scores=scores_a),
        delong(labels=labels_b, scores=scores_b),
        level=level,
    )


def compare_areas(
    a: Area, b: Area, *, level: float = LEVEL, variance_method: str = "DeLong"
) -> AreaDifference:
    """Compare the areas of two independent cohorts, from aggregates alone.

    The reference is Student's t with degrees of freedom after Welch and Satterthwaite, each
    cohort's variance having its number of cases less one, as in pROC; the interval is that of the
    same t.

    Where a variance is zero or does not exist (perfect separation, a class with one case) there is
    no test. The interval is then put together from both areas' own intervals, which have a width
    (the square-and-add method), and ``method`` says so.

    Parameters
    ----------
    a, b
        Areas with variance and class sizes, of cohorts without a common patient.
    variance_method
        Where the variances come from, for ``method``.

    References
    ----------
    Robin X et al. BMC Bioinformatics 2011;12:77 (pROC). Square-and-add: Zou GY, Donner A. Stat Med
    2008;27:1693-1702.
    """
    method = f"unpaired {variance_method}, t with Welch's degrees of freedom"
    if a.area is None or b.area is None:
        return _undefined(method, auc_a=a.area, auc_b=b.area, reason=ONE_CLASS)
    difference = a.area - b.area
    if not a.variance or not b.variance:
        low, high = square_and_add(
            *(area_interval(x, level=level, variance_method=variance_method) for x in (a, b))
        )
        return AreaDifference(
            auc_a=a.area,
            auc_b=b.area,
            difference=difference,
            low=low,
            high=high,
            statistic=None,
            df=None,
            p=None,
            method="square-and-add of both intervals",
            reason="no test, because the variance of an area is zero or undefined",
        )
    variance = a.variance + b.variance
    df = variance**2 / (a.variance**2 / (a.n - 1) + b.variance**2 / (b.n - 1))
    error = math.sqrt(variance)
    low, high = _limits(difference, float(t.ppf(0.5 + level / 2, df)) * error)
    statistic = difference / error
    p = float(2 * t.sf(abs(statistic), df))
    return AreaDifference(a.area, b.area, difference, low, high, statistic, df, p, method)


def _placements_by_class(labels: Labels, scores: Floats) -> tuple[Floats, Floats]:
    """Return each diseased case's placement among the healthy, and the reverse, in their order."""
    diseased, healthy = scores[labels == 1], scores[labels == 0]
    return placements(diseased, np.sort(healthy)), placements(healthy, np.sort(diseased))


def _undefined(
    method: str, *, reason: str, auc_a: float | None = None, auc_b: float | None = None
) -> AreaDifference:
    return AreaDifference(auc_a, auc_b, None, None, None, None, None, None, method, reason)


def _untested(
    auc_a: float,
    auc_b: float,
    *,
    method: str,
    reason: str,
    limits: tuple[float | None, float | None] = (None, None),
) -> AreaDifference:
    """Return a difference without a test."""
    low, high = limits
    return AreaDifference(auc_a, auc_b, auc_a - auc_b, low, high, None, None, None, method, reason)


def _limits(difference: float, half: float) -> tuple[float, float]:
    """Return limits around a difference of areas, cut off at -1 and 1."""
    return max(-1.0, difference - half), min(1.0, difference + half)
