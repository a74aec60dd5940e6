"""Likelihood ratios, the odds ratio, and predictive values at another prevalence."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile

LOG_METHOD = "log method"
SCORE_METHOD = "Koopman's score method"


@dataclass(frozen=True)
class Ratio:
    """A ratio of two proportions in [0, inf] with its limits, and the method of these."""

    value: float
    low: float
    high: float
    method: str


def ratio_of_proportions(
    *, k1: int, n1: int, k2: int, n2: int, level: float = LEVEL
) -> Ratio | None:
    """Return (k1/n1) / (k2/n2) with its interval; None where it is 0/0.

    The interval is symmetric on the log scale. Where a count is zero, or both proportions are one,
    that has no or a zero width; Koopman's score interval is given instead.

    Parameters
    ----------
    k1, n1, k2, n2
        Successes and trials of two independent groups, 0 <= k <= n, n > 0.

    References
    ----------
    Log method: Katz D et al. Biometrics 1978;34:469-474; for likelihood ratios Simel DL, Samsa GP,
    Matchar DB. J Clin Epidemiol 1991;44:763-770. Score method: Koopman PAR. Biometrics
    1984;40:513-517.
    """
    if not (0 <= k1 <= n1 and 0 <= k2 <= n2 and n1 > 0 and n2 > 0):
        raise ValueError("expected 0 <= k <= n and n > 0 in both groups")
    if k1 == 0 and k2 == 0:
        return None
    value = math.inf if k2 == 0 else (k1 * n2) / (n1 * k2)
    if k1 and k2 and (k1 < n1 or k2 < n2):
        error = math.sqrt(1 / k1 - 1 / n1 + 1 / k2 - 1 / n2)
        width = math.exp(normal_quantile(level) * error)
        return Ratio(value, value / width, value * width, LOG_METHOD)
    low, high = koopman_interval(k1=k1, n1=n1, k2=k2, n2=n2, level=level)
    return Ratio(value, low, high, SCORE_METHOD)


def koopman_interval(
    *, k1: int, n1: int, k2: int, n2: int, level: float = LEVEL
) -> tuple[float, float]:
    """Return Koopman's score interval of a ratio of proportions, in [0, inf].

    The limits are the ratios at which the chi-squared distance between the counts and their most
    likely expectation under that ratio just reaches the border of the test.

    Parameters
    ----------
    k1, n1, k2, n2
        As for `ratio_of_proportions`, not both counts zero.

    References
    ----------
    Koopman PAR. Biometrics 1984;40:513-517; the root of the quadratic: Miettinen O, Nurminen M.
    Stat Med 1985;4:213-226.
    """
    border = normal_quantile(level) ** 2

    def excess(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        a = (n1 + n2) * ratio
        b = n1 * ratio + k1 + n2 + k2 * ratio
        c = k1 + k2
        # The smaller root, in the form that does not cancel.
        second = 2 * c / (b + math.sqrt(max(0.0, b * b - 4 * a * c)))
        first = ratio * second
        distance = 0.0
        for k, n, p in ((k1, n1, first), (k2, n2, second)):
            spread = n * p * (1 - p)
            if spread > 0:
                distance += (k - n * p) ** 2 / spread
        return distance - border

    # Far beyond any ratio that finite counts support.
    far = 100.0
    if k1 == 0:
        centre = -far
    elif k2 == 0:
        centre = far
    else:
        centre = math.log(k1 * n2 / (n1 * k2))
    low = 0.0 if k1 == 0 else math.exp(float(brentq(excess, -far, centre)))
    high = math.inf if k2 == 0 else math.exp(float(brentq(excess, centre, far)))
    return low, high


def ratio_estimate(ratio: Ratio | None, *, n: int, undefined: str, infinite: str) -> Estimate:
    """Return a ratio as an estimate; null where it is 0/0 or infinite, with these reasons."""
    if ratio is None:
        return Estimate(None, None, None, None, n, LOG_METHOD, undefined)
    if math.isinf(ratio.value):
        return Estimate(None, None, None, None, n, LOG_METHOD, infinite)
    return Estimate(ratio.value, ratio.low, ratio.high, None, n, ratio.method)


def share_from_ratio(ratio: Ratio | None, *, odds: float, n: int, undefined: str) -> Estimate:
    """Return the probability whose odds are a likelihood ratio times prior odds.

    The limits are those of the ratio, carried over. From the positive ratio and the odds of
    disease this is the positive predictive value at a prevalence, with the interval that is
    symmetric on the logit scale wherever the ratio has its log interval.

    Parameters
    ----------
    odds
        Prior odds, positive.

    References
    ----------
    Mercaldo ND, Lau KF, Zhou XH. Stat Med 2007;26:2170-2183.
    """
    if ratio is None:
        return Estimate(None, None, None, None, n, LOG_METHOD, undefined)
    value, low, high = (
        1.0 if math.isinf(x) else x * odds / (1 + x * odds)
        for x in (ratio.value, ratio.low, ratio.high)
    )
    return Estimate(value, low, high, None, n, f"{ratio.method} of the likelihood ratio")


def complement(found: Estimate) -> Estimate:
    """Return one minus a share that has no counts, its limits exchanged."""
    if found.estimate is None or found.low is None or found.high is None:
        return found
    low, high = 1 - found.high, 1 - found.low
    return Estimate(1 - found.estimate, low, high, None, found.n, found.method, found.reason)


def odds_ratio(*, tp: int, fn: int, fp: int, tn: int, level: float = LEVEL) -> Estimate:
    """Estimate the diagnostic odds ratio with the interval of its logarithm.

    Undefined where no case is called wrongly in a class, for it is then infinite or 0/0; without
    interval where it is zero.

    References
    ----------
    Woolf B. Ann Hum Genet 1955;19:251-253; Glas AS et al. J Clin Epidemiol 2003;56:1129-1135.
    """
    n = tp + fn + fp + tn
    if fn * fp == 0:
        reason = "no case of a class is called wrongly, so the ratio divides by zero"
        return Estimate(None, None, None, None, n, LOG_METHOD, reason)
    value = tp * tn / (fn * fp)
    if value == 0:
        reason = "no case of a class is called rightly"
        return Estimate(0.0, None, None, None, n, LOG_METHOD, reason)
    width = math.exp(normal_quantile(level) * math.sqrt(1 / tp + 1 / fn + 1 / fp + 1 / tn))
    return Estimate(value, value / width, value * width, None, n, LOG_METHOD)


def at_prevalence(measure: str, prevalence: float) -> str:
    """Return the name of a predictive value at a prevalence, as ``ppv_at_0.10``."""
    short = f"{prevalence:.2f}"
    return f"{measure}_at_{short if float(short) == prevalence else repr(prevalence)}"
