"""The measures of a prediction at one operating point and without one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from osteohip.evaluation.discrimination import Floats, Labels, auc
from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile
from osteohip.evaluation.proportions import wilson

PROPORTIONS = ("accuracy", "sensitivity", "specificity", "ppv", "npv")


@dataclass(frozen=True)
class Confusion:
    """Counts of calls against truth; positive is osteoporosis."""

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.tp + self.fn + self.fp + self.tn


def confusion(*, labels: Labels, scores: Floats, threshold: float) -> Confusion:
    """Count calls against truth, a score at or above ``threshold`` being called positive."""
    called = scores >= threshold
    diseased = labels == 1
    return Confusion(
        tp=int(np.sum(diseased & called)),
        fn=int(np.sum(diseased & ~called)),
        fp=int(np.sum(~diseased & called)),
        tn=int(np.sum(~diseased & ~called)),
    )


def proportions(counts: Confusion, *, level: float = LEVEL) -> dict[str, Estimate]:
    """Return the five measures of a confusion matrix, each with Wilson's interval."""
    parts = {
        "accuracy": (counts.tp + counts.tn, counts.n),
        "sensitivity": (counts.tp, counts.tp + counts.fn),
        "specificity": (counts.tn, counts.tn + counts.fp),
        "ppv": (counts.tp, counts.tp + counts.fp),
        "npv": (counts.tn, counts.tn + counts.fn),
    }
    return {name: wilson(k=k, n=n, level=level) for name, (k, n) in parts.items()}


def brier(*, labels: Labels, scores: Floats, level: float = LEVEL) -> Estimate:
    """Estimate the Brier score, the mean squared distance of score and label.

    The interval is the normal one of a mean over cases, cut off at 0 and 1. Scores outside [0, 1]
    are no probabilities: the score is then undefined.

    References
    ----------
    Brier GW. Mon Weather Rev 1950;78:1-3; the interval: Bradley AA, Schwartz SS, Hashino T.
    Weather Forecast 2008;23:992-1006.
    """
    method = "normal interval of a mean"
    n = len(labels)
    if n == 0:
        return Estimate(None, None, None, None, n, method, reason="there is no case")
    if scores.min() < 0 or scores.max() > 1:
        return Estimate(
            None, None, None, None, n, method, reason="scores outside 0 to 1 are no probabilities"
        )
    losses = (scores - labels) ** 2
    mean = float(losses.mean())
    spread = float(losses.std(ddof=1)) if n > 1 else 0.0
    if spread < 1e-12:
        return Estimate(
            mean, None, None, None, n, method, reason="the loss is the same in all cases"
        )
    half = normal_quantile(level) * spread / math.sqrt(n)
    return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), None, n, method)


def measures(
    *, labels: Labels, scores: Floats, threshold: float, level: float = LEVEL
) -> dict[str, Estimate]:
    """Return all measures by name: the five proportions, ``auc`` and ``brier``."""
    counts = confusion(labels=labels, scores=scores, threshold=threshold)
    return {
        **proportions(counts, level=level),
        "auc": auc(labels=labels, scores=scores, level=level),
        "brier": brier(labels=labels, scores=scores, level=level),
    }
