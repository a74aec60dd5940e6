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


def auc(
    *,
    labels: Labels,
    scores: Floats,
    scale: Literal["logit", "plain"] = "logit",
    level: float = LEVEL,
) -> Estimate:
    """Estimate the area under the ROC curve, ties counted half, with DeLong's interval.

    The area is the Mann-Whitney probability that a diseased case scores above a healthy one. Its
    variance is DeLong's, from the placements of each case among the other class, found by sorting
    (equal to the midranks of Sun and Xu). The interval is symmetric on the logit scale, which
    keeps it inside (0, 1) and near its nominal coverage in small samples, or on the plain scale,
    cut off at 0 and 1.

    Where DeLong's variance is zero or does not exist (perfect separation, all scores equal, a
    class with one case) a zero-width interval would be false: Newcombe's score interval is given
    instead, and ``method`` says so.

    Parameters
    ----------
    labels, scores
        As for `roc_curve`. With one class the area is undefined.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
    Sun X, Xu W. IEEE Signal Process Lett 2014;21:1389-1393.
    Pohar Perme M, Manevski D. Stat Methods Med Res 2019;28:3755-3768 (why the logit scale).
    """
    method = f"DeLong, {scale} scale"
    diseased, healthy = _classes(labels=labels, scores=scores)
    n = len(labels)
    if diseased.size == 0 or healthy.size == 0:
        return Estimate(None, None, None, None, n, method, reason=ONE_CLASS)
    of_diseased = _placements(diseased, healthy)
    of_healthy = 1 - _placements(healthy, diseased)
    area = float(of_diseased.mean())
    if min(diseased.size, healthy.size) > 1:
        variance = float(
            of_diseased.var(ddof=1) / diseased.size + of_healthy.var(ddof=1) / healthy.size
        )
    else:
        variance = 0.0
    # Placements are multiples of 1/(2n), so a spread that is mere rounding lies far below this.
    if variance < 1e-20 or area in (0.0, 1.0):
        low, high = newcombe_interval(
            area=area, diseased=diseased.size, healthy=healthy.size, level=level
        )
        return Estimate(area, low, high, None, n, "Newcombe (DeLong's variance is zero)")
    half = normal_quantile(level) * math.sqrt(variance)
    if scale == "plain":
        return Estimate(area, max(0.0, area - half), min(1.0, area + half), None, n, method)
    centre = math.log(area / (1 - area))
    width = half / (area * (1 - area))
    return Estimate(area, _expit(centre - width), _expit(centre + width), None, n, method)


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


def _classes(*, labels: Labels, scores: Floats) -> tuple[Floats, Floats]:
    """Return the sorted scores of the diseased and of the healthy."""
    if labels.shape != scores.shape or labels.ndim != 1:
        raise ValueError(f"expected two vectors of one length, got {labels.shape}, {scores.shape}")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("expected labels 0 and 1 only")
    if not np.isfinite(scores).all():
        raise ValueError("expected finite scores")
    return np.sort(scores[labels == 1]), np.sort(scores[labels == 0])


def _placements(values: Floats, others: Floats) -> Floats:
    """Return the share of sorted ``others`` below each value, ties counted half."""
    below = np.searchsorted(others, values, side="left")
    up_to = np.searchsorted(others, values, side="right")
    return (below + up_to) / (2 * others.size)


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))
