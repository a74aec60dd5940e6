"""Proportions with intervals that stay honest near 0 and 1."""

from __future__ import annotations

import math

from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile


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
    if not 0 <= k <= n:
        raise ValueError(f"expected 0 <= k <= n, got k = {k} and n = {n}")
    if n == 0:
        return Estimate(None, None, None, k, n, "Wilson", reason="the denominator is zero")
    z = normal_quantile(level)
    share = k / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the borders the exact limits are 0 and 1; rounding must not push them off.
    low = 0.0 if k == 0 else (centre - half) / scale
    high = 1.0 if k == n else (centre + half) / scale
    return Estimate(share, low, high, k, n, "Wilson")
