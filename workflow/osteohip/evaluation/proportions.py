"""Proportions with intervals that stay honest near 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from scipy.stats import beta

from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile

ProportionInterval = Literal["wilson", "clopper_pearson"]
NO_DENOMINATOR = "the denominator is zero"


def proportion(
    *, k: int, n: int, interval: ProportionInterval = "wilson", level: float = LEVEL
) -> Estimate:
    """Estimate a proportion with the named interval: `wilson` or `clopper_pearson`."""
    named: dict[str, Callable[..., Estimate]] = {
        "wilson": wilson,
        "clopper_pearson": clopper_pearson,
    }
    return named[interval](k=k, n=n, level=level)


def wilson(*, k: int, n: int, level: float = LEVEL) -> Estimate:
    """Estimate a proportion with Wilson's score interval, without continuity correction.

    Parameters
    ----------
    k, n
        Successes and trials, 0 <= k <= n. Without trials the proportion is undefined.
    level
        Confidence level in (0, 1).

    Raises
    ------
    ValueError
        If ``k`` is not in 0..n.

    References
    ----------
    Wilson EB. J Am Stat Assoc 1927;22:209-212; method 3 of Newcombe RG. Stat Med 1998;17:857-872.
    """
    _check_counts(k=k, n=n)
    if n == 0:
        return Estimate(None, None, None, k, n, "Wilson", reason=NO_DENOMINATOR)
    z = normal_quantile(level)
    share = k / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the borders the exact limits are 0 and 1; rounding must not push them off.
    low = 0.0 if k == 0 else (centre - half) / scale
    high = 1.0 if k == n else (centre + half) / scale
    return Estimate(share, low, high, k, n, "Wilson")


def clopper_pearson(*, k: int, n: int, level: float = LEVEL) -> Estimate:
    """Estimate a proportion with Clopper and Pearson's exact interval.

    It never covers less than its level, at the price of being wider than Wilson's.

    Parameters
    ----------
    k, n, level
        As for `wilson`.

    Raises
    ------
    ValueError
        If ``k`` is not in 0..n.

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413; method 5 of Newcombe RG. Stat Med
    1998;17:857-872. The beta quantiles: Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133.
    """
    _check_counts(k=k, n=n)
    if n == 0:
        return Estimate(None, None, None, k, n, "Clopper-Pearson", reason=NO_DENOMINATOR)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(beta.isf(tail, k + 1, n - k))
    return Estimate(k / n, low, high, k, n, "Clopper-Pearson")


def _check_counts(*, k: int, n: int) -> None:
    if not 0 <= k <= n:
        raise ValueError(f"expected 0 <= k <= n, got k = {k} and n = {n}")
