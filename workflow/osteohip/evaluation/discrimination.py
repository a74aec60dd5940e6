"""The ROC curve and the area under it, with exact handling of ties."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

ONE_CLASS = "all cases are of one class"


@dataclass(frozen=True)
class RocCurve:
    """Points of an empirical ROC curve, from (0, 0) to (1, 1).

    Parameters
    ----------
    threshold
        Scores at or above it are called positive; the first is infinity. Each distinct score has
        one point, so tied cases of both classes give a slanted step.
    false_positives, true_positives
        Counts at each threshold.
    false_positive_rate, true_positive_rate
        The counts as shares of their class, in [0, 1].
    """

    threshold: Floats
    false_positives: Labels
    true_positives: Labels
    false_positive_rate: Floats
    true_positive_rate: Floats


def roc_curve(*, labels: Labels, scores: Floats) -> RocCurve:
    """Return the ROC curve.

    Parameters
    ----------
    labels
        Shape (n,), 1 for the diseased, 0 for the others.
    scores
        Shape (n,), finite; a higher score means more disease.

    Raises
    ------
    ValueError
        If only one class is there.
    """
    diseased, healthy = _classes(labels=labels, scores=scores)
    if diseased.size == 0 or healthy.size == 0:
        raise ValueError(ONE_CLASS)
    threshold = np.concatenate([[np.inf], np.unique(scores)[::-1]])
    true = diseased.size - np.searchsorted(diseased, threshold, side="left")
    false = healthy.size - np.searchsorted(healthy, threshold, side="left")
    return RocCurve(
        threshold=threshold,
        false_positives=false,
        true_positives=true,
        false_positive_rate=false / healthy.size,
        true_positive_rate=true / diseased.size,
    )


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve with what its comparison needs; aggregates that may travel.

    Parameters
    ----------
    area
        In [0, 1]; None where only one class is there.
    variance
        Variance of the area, DeLong's where it comes from `delong`. Zero where all placements are
        equal (perfect separation, all scores tied); None where it does not exist (a class with
        fewer than two cases).
    diseased, healthy
        Cases of each class.
    """

    area: float | None
    variance: float | None
    diseased: int
    healthy: int

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.diseased + self.healthy


def delong(*, labels: Labels, scores: Floats) -> Area:
    """Return the area under the ROC curve, ties counted half, with DeLong's variance.

    The area is the Mann-Whitney probability that a diseased case scores above a healthy one. Its
    variance comes from the placements of each case among the other class, found by sorting (equal
    to the midranks of Sun and Xu).

    Parameters
    ----------
    labels, scores
        As for `roc_curve`; one class alone gives an area of None.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
    Sun X, Xu W. IEEE Signal Process Lett 2014;21:1389-1393.
    """
    diseased, healthy = _classes(labels=labels, scores=scores)
    if diseased.size == 0 or healthy.size == 0:
        return Area(None, None, diseased.size, healthy.size)
    of_diseased = placements(diseased, healthy)
    of_healthy = placements(healthy, diseased)
    return Area(
        area=float(of_diseased.mean()),
        variance=variance_of_mean(of_diseased, of_healthy),
        diseased=diseased.size,
        healthy=healthy.size,
    )


def auc(
    *,
    labels: Labels,
    scores: Floats,
    scale: Literal["logit", "plain"] = "logit",
    level: float = LEVEL,
) -> Estimate:
    """Estimate the area under the ROC curve: `delong` with the interval of `area_interval`."""
    return area_interval(delong(labels=labels, scores=scores), scale=scale, level=level)


def area_interval(
    found: Area,
    *,
    scale: Literal["logit", "plain"] = "logit",
    level: float = LEVEL,
    variance_method: str = "DeLong",
) -> Estimate:
    """Return an area with its interval, from aggregates alone.

    The interval is symmetric on the logit scale, which keeps it inside (0, 1) and near its nominal
    coverage in small samples, or on the plain scale, cut off at 0 and 1.

    Where the variance is zero or does not exist (perfect separation, all scores equal, a class
    with one case) a zero-width interval would be false: Newcombe's score interval is given
    instead, and ``method`` says so. With one class the area is undefined.

    Parameters
    ----------
    variance_method
        Where the variance comes from, for ``method``.

    References
    ----------
    Pohar Perme M, Manevski D. Stat Methods Med Res 2019;28:3755-3768 (why the logit scale).
    """
    method = f"{variance_method}, {scale} scale"
    if found.area is None:
        return Estimate(None, None, None, None, found.n, method, reason=ONE_CLASS)
    area = found.area
    if not found.variance:
        low, high = newcombe_interval(
            area=area, diseased=found.diseased, healthy=found.healthy, level=level
        )
        why = "zero" if found.variance == 0 else "undefined with one case in a class"
        method = f"Newcombe ({variance_method}'s variance is {why})"
        return Estimate(area, low, high, None, found.n, method)
    half = normal_quantile(level) * math.sqrt(found.variance)
    if scale == "plain":
        low, high = max(0.0, area - half), min(1.0, area + half)
    else:
        centre = math.log(area / (1 - area))
        width = half / (area * (1 - area))
        low, high = _expit(centre - width), _expit(centre + width)
    return Estimate(area, low, high, None, found.n, method)


def newcombe_interval(
    *, area: float, diseased: int, healthy: int, level: float = LEVEL
) -> tuple[float, float]:
    """Return Newcombe's score interval for an area under the ROC curve, from aggregates alone.

    The limits are the areas at which the observed one lies just at the border of a normal test
    with Hanley and McNeil's variance under that limit, both classes taken with their mean size.
    The interval lies in [0, 1] and has a width also where the area is 0 or 1.

    Parameters
    ----------
    area
        Observed area in [0, 1].
    diseased, healthy
        Cases of each class, at least one.

    References
    ----------
    Method 5 of Newcombe RG. Stat Med 2006;25:559-573; Hanley JA, McNeil BJ. Radiology
    1982;143:29-36.
    """
    z = normal_quantile(level)
    more = (diseased + healthy) / 2 - 1

    def excess(limit: float) -> float:
        spread = 1 + more * (1 - limit) / (2 - limit) + more * limit / (1 + limit)
        variance = limit * (1 - limit) * spread / (diseased * healthy)
        return (area - limit) ** 2 - z * z * variance

    # An area of 0 or 1 is itself a root, but not the limit that is sought.
    border = 1e-9
    low = 0.0 if area == 0 else float(brentq(excess, 0.0, min(area, 1 - border)))
    high = 1.0 if area == 1 else float(brentq(excess, max(area, border), 1.0))
    return low, high


def check_cases(*, labels: Labels, scores: Floats) -> None:
    """Raise `ValueError` unless there is one finite score and one label of 0 or 1 for each case."""
    if labels.shape != scores.shape or labels.ndim != 1:
        raise ValueError(f"expected two vectors of one length, got {labels.shape}, {scores.shape}")
    if not ((labels == 0) | (labels == 1)).all():
        raise ValueError("expected labels 0 and 1 only")
    if not np.isfinite(scores).all():
        raise ValueError("expected finite scores")


def _classes(*, labels: Labels, scores: Floats) -> tuple[Floats, Floats]:
    """Return the sorted scores of the diseased and of the healthy."""
    check_cases(labels=labels, scores=scores)
    return np.sort(scores[labels == 1]), np.sort(scores[labels == 0])


def placements(values: Floats, others: Floats) -> Floats:
    """Return the share of ``others``, which are sorted, below each value, ties counted half."""
    below = np.searchsorted(others, values, side="left")
    up_to = np.searchsorted(others, values, side="right")
    return (below + up_to) / (2 * others.size)


def variance_of_mean(of_diseased: Floats, of_healthy: Floats) -> float | None:
    """Return DeLong's variance from one value per case, or of a difference of such values.

    None with fewer than two cases in a class; exactly zero where the values do not differ.
    """
    if min(of_diseased.size, of_healthy.size) < 2:
        return None
    variance = float(
        of_diseased.var(ddof=1) / of_diseased.size + of_healthy.var(ddof=1) / of_healthy.size
    )
    # Placements are multiples of 1/(2n), so a spread that is mere rounding lies far below this.
    return variance if variance >= 1e-20 else 0.0


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))
