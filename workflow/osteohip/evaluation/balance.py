"""How far two groups of patients differ, in standard deviations."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile

METHOD = "standardised difference, normal interval"

Floats = npt.NDArray[np.float64]


def standardised_difference(a: Floats, b: Floats, *, level: float = LEVEL) -> Estimate:
    """Return the mean of ``a`` less that of ``b``, divided by their common standard deviation.

    The variance is the mean of both groups' variances, so that the groups' sizes do not count.

    Parameters
    ----------
    a, b
        Shapes (n,) and (m,); NaN where not known, which is left out.

    References
    ----------
    Austin PC. Stat Med 2009;28:3083-3107. Interval: Hedges LV, Olkin I. Statistical methods for
    meta-analysis. Academic Press, 1985, chapter 5.
    """
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if min(a.size, b.size) < 2:
        return _undefined(a.size + b.size, "fewer than two known values in a group")
    return _estimate(
        float(a.mean() - b.mean()),
        float(a.var(ddof=1) + b.var(ddof=1)) / 2,
        sizes=(a.size, b.size),
        level=level,
    )


def standardised_share(k_a: int, n_a: int, k_b: int, n_b: int, *, level: float = LEVEL) -> Estimate:
    """Return the share ``k_a / n_a`` less ``k_b / n_b``, divided by their standard deviation.

    References
    ----------
    As of `standardised_difference`.
    """
    for k, n in ((k_a, n_a), (k_b, n_b)):
        if not 0 <= k <= n:
            raise ValueError(f"expected a count between 0 and {n}, not {k}")
    if min(n_a, n_b) == 0:
        return _undefined(n_a + n_b, "a group is empty")
    p, q = k_a / n_a, k_b / n_b
    variance = (p * (1 - p) + q * (1 - q)) / 2
    return _estimate(p - q, variance, sizes=(n_a, n_b), level=level)


def _estimate(
    difference: float, variance: float, *, sizes: tuple[int, int], level: float
) -> Estimate:
    n = sum(sizes)
    if variance <= 0:
        if difference == 0:
            return _undefined(n, "the same value everywhere")
        return _undefined(n, "no variation within the groups")
    d = difference / math.sqrt(variance)
    error = math.sqrt(n / (sizes[0] * sizes[1]) + d * d / (2 * n))
    reach = normal_quantile(level) * error
    return Estimate(d, d - reach, d + reach, None, n, METHOD)


def _undefined(n: int, reason: str) -> Estimate:
    return Estimate(None, None, None, None, n, METHOD, reason)
