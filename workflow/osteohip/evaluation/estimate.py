"""One statistic with all that must stand beside it."""

from __future__ import annotations

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
        Value and limits of the interval; None where they are undefined, and then ``reason`` says
        why.
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
