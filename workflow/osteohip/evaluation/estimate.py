"""One statistic with all that must stand beside it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import norm

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A statistic with its interval, its numerator and denominator, and its method.

    Parameters
    ----------
    estimate, low, high
        Value and limits of the interval; None where they are undefined or infinite, and then
        ``reason`` says why. An upper limit alone may be None.
    k, n
        Numerator and denominator of a proportion; for other statistics ``k`` is None and ``n`` the
        number of cases.
    method
        Name of the interval's method.
    reason
        Why the value or its interval is undefined; None where both are defined.
    """

    estimate: float | None
    low: float | None
    high: float | None
    k: int | None
    n: int
    method: str
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the estimate as it stands in ``metrics.json``."""
        return asdict(self)


def normal_quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval at ``level`` in (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"the level must lie between 0 and 1, not {level}")
    return float(norm.ppf(0.5 + level / 2))


def square_and_add(a: Estimate, b: Estimate, *, correlation: float = 0.0) -> tuple[float, float]:
    """Return limits of the difference ``a - b`` of two statistics from their intervals.

    With Wilson's intervals of two proportions this is Newcombe's hybrid score interval.

    Parameters
    ----------
    a, b
        Statistics with their intervals.
    correlation
        Of the two, in [-1, 1]; 0 where they are independent.

    Raises
    ------
    ValueError
        If a statistic or its interval is undefined.

    References
    ----------
    Method 10 of Newcombe RG. Stat Med 1998;17:873-890; in general Zou GY, Donner A. Stat Med
    2008;27:1693-1702.
    """
    value_a, low_a, high_a = _defined(a)
    value_b, low_b, high_b = _defined(b)
    difference = value_a - value_b

    def distance(x: float, y: float) -> float:
        # Rounding may push the square of a vanishing distance below 0.
        return math.sqrt(max(0.0, x * x - 2 * correlation * x * y + y * y))

    return (
        difference - distance(value_a - low_a, high_b - value_b),
        difference + distance(high_a - value_a, value_b - low_b),
    )


def _defined(found: Estimate) -> tuple[float, float, float]:
    if found.estimate is None or found.low is None or found.high is None:
        raise ValueError("expected a defined statistic with its interval")
    return found.estimate, found.low, found.high
