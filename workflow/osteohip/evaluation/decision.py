"""Decision curves: whether it is worth while to act on the score."""

from __future__ import annotations

import pandas as pd

from osteohip.evaluation.aggregates import net_benefit, net_benefit_over_all, refer_all
from osteohip.evaluation.calibration import are_probabilities
from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.estimate import LEVEL, Estimate
from osteohip.evaluation.measures import confusion

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

    References
    ----------
    Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574.
    """
    names = {"before": "model", "after": "refitted"}
    rows: list[tuple[object, ...]] = []
    usable = {names[key]: scores for key, scores in versions.items() if are_probabilities(scores)}
    for threshold in THRESHOLDS if usable else ():
        for name, scores in usable.items():
            counts = confusion(labels=labels, scores=scores, threshold=threshold)
            found = net_benefit(counts, preference=threshold, level=level)
            gain = net_benefit_over_all(counts, preference=threshold, level=level)
            rows.append(_row(threshold, name, found, counts.tp, counts.fp))
            rows.append(_row(threshold, f"{name}_less_refer_all", gain, counts.tp, counts.fp))
        everyone = refer_all(counts)
        found = net_benefit(everyone, preference=threshold, level=level)
        rows.append(_row(threshold, "refer_all", found, everyone.tp, everyone.fp))
        nobody = Estimate(0.0, 0.0, 0.0, None, counts.n, "by definition")
        rows.append(_row(threshold, "refer_none", nobody, 0, 0))
    return pd.DataFrame(rows, columns=list(DECISION_COLUMNS))


def _row(threshold: float, strategy: str, found: Estimate, tp: int, fp: int) -> tuple[object, ...]:
    limits = (found.estimate, found.low, found.high)
    return (threshold, strategy, *limits, tp, fp, found.n, found.method)
