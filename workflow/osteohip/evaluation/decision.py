"""Is it worth while to act on the score: net benefit and the decision curve."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from osteohip.evaluation.calibration import are_probabilities
from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.estimate import LEVEL, Estimate
from osteohip.evaluation.measures import Confusion, confusion
from osteohip.evaluation.proportions import wilson

MOVER = "Wilson limits combined (MOVER)"
DECISION_COLUMNS = (
    "threshold",
    "strategy",
    "net_benefit",
    "low",
    "high",
    "tp",
    "fp",
    "n",
    "method",
)
THRESHOLDS = tuple(round(percent / 100, 2) for percent in range(1, 100))


def net_benefit(counts: Confusion, *, threshold: float, level: float = LEVEL) -> Estimate:
    """Estimate the net benefit of referring those whom a score calls at a threshold probability.

    True positives less false positives, as a share of all, a false positive weighing
    ``w = threshold / (1 - threshold)`` true ones: who acts at 20 % finds one missed case as bad as
    four needless referrals. The interval joins Wilson's limits of both shares and keeps a width
    where nobody is referred.

    Parameters
    ----------
    counts
        Calls against truth at the threshold.
    threshold
        Threshold probability in (0, 1).

    References
    ----------
    Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574; the interval: Zou GY, Donner A. Stat
    Med 2008;27:1693-1702.
    """
    weight = _weight(threshold)
    return _weighted_difference(counts.tp, counts.fp, counts.n, (1.0, weight), level)


def gain_over_refer_all(counts: Confusion, *, threshold: float, level: float = LEVEL) -> Estimate:
    """Estimate the net benefit of the score less that of referring everyone.

    What is gained are needless referrals saved (``w`` each, as in `net_benefit`), what is lost are
    cases missed.
    """
    weight = _weight(threshold)
    return _weighted_difference(counts.tn, counts.fn, counts.n, (weight, 1.0), level)


def refer_all(counts: Confusion, *, threshold: float, level: float = LEVEL) -> Estimate:
    """Estimate the net benefit of referring everyone: prevalence - w (1 - prevalence)."""
    weight = _weight(threshold)
    share = wilson(k=counts.tp + counts.fn, n=counts.n, level=level)
    if share.estimate is None or share.low is None or share.high is None:
        return Estimate(None, None, None, None, counts.n, share.method, share.reason)
    value, low, high = (
        (1 + weight) * part - weight for part in (share.estimate, share.low, share.high)
    )
    return Estimate(value, low, high, None, counts.n, "Wilson limits of the prevalence")


def decision_table(
    *, labels: Labels, versions: dict[str, Floats], level: float = LEVEL
) -> pd.DataFrame:
    """Return ``decision.csv``: net benefit of each strategy at thresholds of 1 to 99 %.

    Parameters
    ----------
    labels
        Shape (n,), 1 for osteoporosis, 0 for none.
    versions
        Scores by version: ``before``, and ``after`` the refit. Where they are no probabilities
        there is no row.

    Returns
    -------
    DataFrame
        Columns `DECISION_COLUMNS`. Strategies: ``model`` (the scores before), ``refitted`` (after),
        each with its gain over referring everyone (``model_less_refer_all``), ``refer_all`` and
        ``refer_none``, whose net benefit is zero by definition.
    """
    names = {"before": "model", "after": "refitted"}
    rows: list[tuple[object, ...]] = []
    usable = {names[key]: scores for key, scores in versions.items() if are_probabilities(scores)}
    for threshold in THRESHOLDS if usable else ():
        for name, scores in usable.items():
            counts = confusion(labels=labels, scores=scores, threshold=threshold)
            found = net_benefit(counts, threshold=threshold, level=level)
            gain = gain_over_refer_all(counts, threshold=threshold, level=level)
            rows.append(_row(threshold, name, found, counts.tp, counts.fp))
            rows.append(_row(threshold, f"{name}_less_refer_all", gain, counts.tp, counts.fp))
        everyone = refer_all(counts, threshold=threshold, level=level)
        sick, well = counts.tp + counts.fn, counts.fp + counts.tn
        rows.append(_row(threshold, "refer_all", everyone, sick, well))
        nobody = Estimate(0.0, 0.0, 0.0, None, counts.n, "by definition")
        rows.append(_row(threshold, "refer_none", nobody, 0, 0))
    return pd.DataFrame(rows, columns=list(DECISION_COLUMNS))


def _row(threshold: float, strategy: str, found: Estimate, tp: int, fp: int) -> tuple[object, ...]:
    limits = (found.estimate, found.low, found.high)
    return (threshold, strategy, *limits, tp, fp, found.n, found.method)


def _weight(threshold: float) -> float:
    if not 0 < threshold < 1:
        raise ValueError(f"expected a threshold probability between 0 and 1, got {threshold}")
    return threshold / (1 - threshold)


def _weighted_difference(
    first: int, second: int, n: int, weights: tuple[float, float], level: float
) -> Estimate:
    """Estimate ``weights[0] * first / n - weights[1] * second / n`` of two exclusive counts."""
    one, two = wilson(k=first, n=n, level=level), wilson(k=second, n=n, level=level)
    if one.estimate is None or two.estimate is None:
        return Estimate(None, None, None, None, n, MOVER, one.reason)
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
    return Estimate(value, value + low, value + high, None, n, MOVER)
