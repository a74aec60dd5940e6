"""How many patients the next site needs for intervals of a chosen width."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from osteohip.evaluation.aggregates import hanley_mcneil_variance
from osteohip.evaluation.estimate import LEVEL, normal_quantile

MEASURES = ("auc", "sensitivity", "specificity", "observed_expected")
MOST = 10_000_000


@dataclass(frozen=True)
class Need:
    """Patients needed for one measure.

    Parameters
    ----------
    anticipated
        Value that the measure is expected to have; None where it is not known.
    width
        Width that its interval at 95 % is to have, from limit to limit.
    n
        Patients needed in all at the anticipated prevalence; None where that is undefined, and
        then ``reason`` says why.
    osteoporosis
        Of these the number with osteoporosis that is to be expected.
    method
        Formula of the interval's width.
    """

    anticipated: float | None
    width: float
    n: int | None
    osteoporosis: int | None
    method: str
    reason: str | None = None


def patients_for_auc(*, area: float, width: float, prevalence: float, level: float = LEVEL) -> Need:
    """Return the patients needed for an area's interval of a width, by Hanley and McNeil."""
    method = "Hanley-McNeil"
    if not 0.5 <= area < 1:
        reason = "the formula holds for an area from 0.5 to below 1"
        return Need(area, width, None, None, method, reason)
    z = normal_quantile(level)

    def enough(n: int) -> bool:
        diseased = n * prevalence
        if min(diseased, n - diseased) < 1:
            return False
        variance = hanley_mcneil_variance(area=area, diseased=diseased, healthy=n - diseased)
        return 2 * z * math.sqrt(variance) <= width

    return _need(_least(enough), prevalence, area, width, method)


def patients_for_share(
    *, share: float, width: float, prevalence: float, of_diseased: bool, level: float = LEVEL
) -> Need:
    """Return the patients needed for the Wilson interval of sensitivity or specificity.

    The number in the class is the smallest at which Wilson's interval around ``share`` is no wider
    than ``width``; the number of patients follows from the prevalence (Buderer NMF. Acad Emerg Med
    1996;3:895-900, with Wilson's interval in place of Wald's, which asks for nobody at 100 %).

    Parameters
    ----------
    of_diseased
        True for sensitivity, False for specificity.
    """
    z = normal_quantile(level)

    def enough(n: int) -> bool:
        half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return 2 * half <= width

    in_class = _least(enough)
    part = prevalence if of_diseased else 1 - prevalence
    n = None if in_class is None else math.ceil(in_class / part - 1e-9)
    return _need(n, prevalence, share, width, "Wilson")


def patients_for_observed_expected(
    *, ratio: float, width: float, prevalence: float, level: float = LEVEL
) -> Need:
    """Return the patients needed for the interval of O:E, symmetric on the log scale.

    With the standard error ``s`` of ln(O:E) the width is ``2 ratio sinh(z s)``, and ``s`` takes
    ``(1 - prevalence) / (prevalence s^2)`` patients.

    References
    ----------
    Riley RD et al. Stat Med 2021;40:4230-4251, criterion 1.
    """
    error = math.asinh(width / (2 * ratio)) / normal_quantile(level)
    n = math.ceil((1 - prevalence) / (prevalence * error**2) - 1e-9)
    return _need(n, prevalence, ratio, width, "Riley et al. 2021, criterion 1")


def sample_size(
    *,
    prevalence: float | None,
    anticipated: dict[str, float | None],
    widths: dict[str, float],
    in_hand: tuple[int, int | None] | None = None,
    achieved: dict[str, float | None] | None = None,
    level: float = LEVEL,
) -> dict[str, Any]:
    """Return the patients needed for all measures, beside those in hand.

    Parameters
    ----------
    prevalence
        Anticipated share with osteoporosis; None, 0 and 1 leave all undefined.
    anticipated, widths
        By the names in `MEASURES`; None where a value is not known.
    in_hand
        Patients that there are, and of these the number with osteoporosis, None if not known.
    achieved
        Widths that the intervals of those in hand have; None where there are no such intervals.

    Returns
    -------
    dict
        ``prevalence, interval_percent, in_hand, needed`` (by measure, with ``in_hand_enough`` and
        ``achieved_width``, as far as ``achieved`` is given, where there are patients in hand) and
        ``n``, which is enough for all measures that are defined.
    """
    needed: dict[str, dict[str, Any]] = {}
    for name in MEASURES:
        need = _of(name, anticipated.get(name), widths[name], prevalence, level)
        item = asdict(need)
        if in_hand is not None:
            item["in_hand_enough"] = None if need.n is None else in_hand[0] >= need.n
            if achieved is not None:
                item["achieved_width"] = achieved.get(name)
        needed[name] = item
    sizes = [item["n"] for item in needed.values() if item["n"] is not None]
    hand = None if in_hand is None else {"n": in_hand[0]}
    if hand is not None and in_hand is not None and in_hand[1] is not None:
        hand["osteoporosis"] = in_hand[1]
    return {
        "prevalence": prevalence,
        "interval_percent": round(100 * level),
        "in_hand": hand,
        "needed": needed,
        "n": max(sizes, default=None),
    }


def _of(
    name: str, value: float | None, width: float, prevalence: float | None, level: float
) -> Need:
    method = {"auc": "Hanley-McNeil", "observed_expected": "Riley et al. 2021, criterion 1"}
    if prevalence is None or not 0 < prevalence < 1:
        reason = "the prevalence must lie between 0 and 1"
        return Need(value, width, None, None, method.get(name, "Wilson"), reason)
    if value is None:
        reason = "no value is anticipated"
        return Need(None, width, None, None, method.get(name, "Wilson"), reason)
    if name == "auc":
        return patients_for_auc(area=value, width=width, prevalence=prevalence, level=level)
    if name == "observed_expected":
        return patients_for_observed_expected(
            ratio=value, width=width, prevalence=prevalence, level=level
        )
    return patients_for_share(
        share=value,
        width=width,
        prevalence=prevalence,
        of_diseased=name == "sensitivity",
        level=level,
    )


def _need(n: int | None, prevalence: float, value: float, width: float, method: str) -> Need:
    if n is None:
        return Need(value, width, None, None, method, f"more than {MOST} patients")
    return Need(value, width, n, round(n * prevalence), method)


def _least(enough: Callable[[int], bool]) -> int | None:
    """Return the least number, from 1 to `MOST`, that is enough, all larger ones being so too."""
    if not enough(MOST):
        return None
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
