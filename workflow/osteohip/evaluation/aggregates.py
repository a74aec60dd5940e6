"""What can be said of a prediction from published aggregates alone, without its cases."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest, fisher_exact

from osteohip.evaluation.discrimination import Area
from osteohip.evaluation.estimate import LEVEL, Estimate, square_and_add
from osteohip.evaluation.measures import Confusion
from osteohip.evaluation.proportions import wilson

NET_BENEFIT_METHOD = "Wilson limits combined (MOVER)"


@dataclass(frozen=True)
class Difference:
    """The difference of two proportions.

    Parameters
    ----------
    difference, low, high
        First less second, and the limits of the interval; None where they are undefined.
    p
        Two-sided p value of no difference.
    method
        Of the interval and of the p value.
    reason
        Why the difference is undefined; None where it is defined.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    method: str
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the difference as it stands in JSON files."""
        return asdict(self)


def hanley_mcneil_variance(*, area: float, diseased: float, healthy: float) -> float:
    """Return the variance of an area under the ROC curve by Hanley and McNeil's formula.

    It takes the scores as exponentially distributed in both classes, which gives the two further
    probabilities of the exact formula from the area: Q1 = A / (2 - A), Q2 = 2 A^2 / (1 + A).

    Parameters
    ----------
    area
        In [0, 1].
    diseased, healthy
        Cases of each class, at least one.

    References
    ----------
    Hanley JA, McNeil BJ. Radiology 1982;143:29-36, formulas 1 and 2.
    """
    if not 0 <= area <= 1:
        raise ValueError(f"an area under the ROC curve lies between 0 and 1, not at {area}")
    if diseased < 1 or healthy < 1:
        raise ValueError("expected at least one case of each class")
    first = area / (2 - area)
    second = 2 * area * area / (1 + area)
    spread = (
        area * (1 - area)
        + (diseased - 1) * (first - area * area)
        + (healthy - 1) * (second - area * area)
    )
    return max(0.0, spread / (diseased * healthy))


def hanley_mcneil(*, area: float, diseased: int, healthy: int) -> Area:
    """Return a published area under the ROC curve with Hanley and McNeil's variance.

    `discrimination.area_interval` makes an interval of it, `comparison.compare_areas` a comparison.

    Parameters
    ----------
    area, diseased, healthy
        As for `hanley_mcneil_variance`; without one of the classes the area is undefined.
    """
    if min(diseased, healthy) < 1:
        return Area(None, None, diseased, healthy)
    variance = hanley_mcneil_variance(area=area, diseased=diseased, healthy=healthy)
    return Area(area, variance, diseased, healthy)


def difference_of_proportions(
    *, first: tuple[int, int], second: tuple[int, int], level: float = LEVEL
) -> Difference:
    """Compare the proportions of two independent groups.

    The interval is Newcombe's hybrid score interval: the distances of each proportion to its
    Wilson limits are squared and added. The p value is Fisher's exact one.

    Parameters
    ----------
    first, second
        Successes and trials of each group, 0 <= k <= n.

    References
    ----------
    Method 10 of Newcombe RG. Stat Med 1998;17:873-890.
    """
    method = "Newcombe's hybrid score interval, Fisher's exact test"
    if 0 in (first[1], second[1]):
        return Difference(None, None, None, None, method, reason="a denominator is zero")
    one, other = (wilson(k=k, n=n, level=level) for k, n in (first, second))
    low, high = square_and_add(one, other)
    table = np.array([[k, n - k] for k, n in (first, second)])
    return Difference(
        difference=first[0] / first[1] - second[0] / second[1],
        low=low,
        high=high,
        p=min(1.0, float(fisher_exact(table).pvalue)),
        method=method,
    )


def difference_of_paired_proportions(
    *, both: int, first_alone: int, second_alone: int, neither: int, level: float = LEVEL
) -> Difference:
    """Compare two proportions of the same cases, first less second.

    The interval is Newcombe's: Wilson limits squared and added with the correlation of both, the
    correlation being corrected for continuity. The p value is McNemar's exact one.

    Parameters
    ----------
    both, first_alone, second_alone, neither
        Cases in which both succeed, one alone does, or neither.

    References
    ----------
    Method 10 of Newcombe RG. Stat Med 1998;17:2635-2650.
    """
    method = "Newcombe's paired score interval, McNemar's exact test"
    n = both + first_alone + second_alone + neither
    if n == 0:
        return Difference(None, None, None, None, method, reason="there is no case")
    k1, k2 = both + first_alone, both + second_alone
    one, other = (wilson(k=k, n=n, level=level) for k in (k1, k2))
    product = both * neither - first_alone * second_alone
    corrected = product if product < 0 else max(0.0, product - n / 2)
    spread = k1 * (n - k1) * k2 * (n - k2)
    correlation = corrected / math.sqrt(spread) if spread else 0.0
    low, high = square_and_add(one, other, correlation=correlation)
    return Difference(
        difference=(first_alone - second_alone) / n,
        low=low,
        high=high,
        p=discordant_p(first_alone, second_alone),
        method=method,
    )


def net_benefit(counts: Confusion, *, preference: float, level: float = LEVEL) -> Estimate:
    """Return the net benefit of calls that are fixed, per patient.

    Net benefit is TP/n - w FP/n, where w = pt / (1 - pt) is what a needless referral costs against
    a missed case: pt is the probability of disease from which on one would refer. The interval
    joins Wilson's limits of both shares with their correlation in one sample, and so keeps a width
    where nobody is referred.

    Parameters
    ----------
    counts
        Confusion matrix of the calls; to refer all, all are called positive.
    preference
        The threshold probability pt, in (0, 1).

    References
    ----------
    Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574; the interval: Zou GY, Donner A. Stat
    Med 2008;27:1693-1702.
    """
    return _weighted_difference(counts.tp, counts.fp, counts.n, (1.0, odds(preference)), level)


def net_benefit_over_all(counts: Confusion, *, preference: float, level: float = LEVEL) -> Estimate:
    """Return the net benefit of fixed calls less that of referring everyone, per patient.

    Against referring all a true negative saves w and a false negative loses 1, so the difference
    is w TN/n - FN/n.

    Parameters
    ----------
    counts, preference
        As for `net_benefit`.
    """
    return _weighted_difference(counts.tn, counts.fn, counts.n, (odds(preference), 1.0), level)


def useful_range(counts: Confusion) -> tuple[float, float] | None:
    """Return the threshold probabilities between which fixed calls beat both extremes.

    The calls have more net benefit than referring all above FN / (FN + TN), and more than
    referring none below TP / (TP + FP). None where no threshold probability lies between.
    """
    negative, positive = counts.fn + counts.tn, counts.tp + counts.fp
    if negative == 0 or positive == 0:
        return None
    low, high = counts.fn / negative, counts.tp / positive
    return (low, high) if low < high else None


def odds(probability: float) -> float:
    """Return the odds of a probability in (0, 1)."""
    if not 0 < probability < 1:
        raise ValueError(f"expected a probability between 0 and 1, not {probability}")
    return probability / (1 - probability)


def refer_all(counts: Confusion) -> Confusion:
    """Return the confusion matrix of calling everyone positive in the same cohort."""
    return Confusion(tp=counts.tp + counts.fn, fn=0, fp=counts.fp + counts.tn, tn=0)


def discordant_p(first: int, second: int) -> float:
    """Return McNemar's exact two-sided p value from the two discordant counts.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-157, with the binomial distribution in full.
    """
    if first + second == 0:
        return 1.0
    return float(binomtest(first, first + second).pvalue)


def _weighted_difference(
    first: int, second: int, n: int, weights: tuple[float, float], level: float
) -> Estimate:
    """Estimate ``weights[0] * first / n - weights[1] * second / n`` of two exclusive counts."""
    method = NET_BENEFIT_METHOD
    one, two = wilson(k=first, n=n, level=level), wilson(k=second, n=n, level=level)
    if one.estimate is None or two.estimate is None:
        return Estimate(None, None, None, None, n, method, one.reason)
    assert one.low is not None
    assert one.high is not None
    assert two.low is not None
    assert two.high is not None
    a, b = weights
    p, q = one.estimate, two.estimate
    value = a * p - b * q
    # Shares of one multinomial sample; where one is 0 or 1 there is nothing to correlate.
    spread = (1 - p) * (1 - q)
    correlation = -math.sqrt(p * q / spread) if spread > 0 else 0.0
    down = np.array([a * (p - one.low), b * (two.high - q)])
    up = np.array([a * (one.high - p), b * (q - two.low)])
    low, high = (
        sign * math.sqrt(float(d @ d) - 2 * correlation * float(d.prod()))
        for sign, d in ((-1, down), (1, up))
    )
    return Estimate(value, value + low, value + high, None, n, method)
