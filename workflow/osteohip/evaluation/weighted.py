"""All measures of weighted cases for many weightings at a time, as the bootstrap needs them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from osteohip.evaluation.bootstrap import Statistic
from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.ratios import at_prevalence


def ordering(*, labels: Labels, scores: Floats) -> Labels:
    """Return the order of the cases that `weighted_measures` expects: by score, then by label."""
    order: Labels = np.lexsort((labels, scores))
    return order


def weighted_measures(
    *,
    labels: Labels,
    scores: Floats,
    threshold: float,
    prevalences: Sequence[float] = (),
    without: Collection[str] = (),
) -> Statistic:
    """Return a function from weights to the measures of the weighted cases.

    Parameters
    ----------
    labels, scores
        Shape (n,), in the order of `ordering`.
    threshold
        A score at or above it is called positive.
    prevalences
        Prevalences in (0, 1) at which predictive values are wanted too.
    without
        Measures that are not wanted.

    Returns
    -------
    function
        From weights of shape (b, n), whole and not negative, to measures of shape (b,) by the names
        that `measures` has; NaN where a measure is 0/0, infinity where a ratio divides by zero.
    """
    diseased = labels == 1
    called = scores >= threshold
    cells = np.stack(
        [diseased & called, diseased & ~called, ~diseased & called, ~diseased & ~called]
    ).astype(np.float64)
    starts = np.flatnonzero(np.concatenate([[True], scores[1:] != scores[:-1]]))
    tied = len(starts) < len(scores)
    probabilities = bool(scores.min() >= 0 and scores.max() <= 1)
    losses = (scores - labels) ** 2

    def measure(weights: Floats) -> dict[str, Floats]:
        tp, fn, fp, tn = (weights @ cells.T).T
        found = _of_counts(tp, fn, fp, tn, prevalences)
        of_diseased = weights * diseased
        of_healthy = weights - of_diseased
        if tied:
            of_diseased = np.add.reduceat(of_diseased, starts, axis=1)
            of_healthy = np.add.reduceat(of_healthy, starts, axis=1)
        if "auc" not in without:
            up_to = np.cumsum(of_healthy, axis=1)
            wins = np.einsum("bg,bg->b", of_diseased, up_to - of_healthy / 2)
            found["auc"] = _divide(wins, (tp + fn) * (fp + tn))
        if "average_precision" not in without:
            found["average_precision"] = _average_precision(of_diseased, of_healthy)
        if probabilities:
            found["brier"] = _divide(weights @ losses, weights.sum(axis=1))
        return {name: values for name, values in found.items() if name not in without}

    return measure


def _of_counts(
    tp: Floats, fn: Floats, fp: Floats, tn: Floats, prevalences: Sequence[float]
) -> dict[str, Floats]:
    """Return the measures of confusion matrices."""
    sensitivity, missed = _divide(tp, tp + fn), _divide(fn, tp + fn)
    specificity, alarmed = _divide(tn, tn + fp), _divide(fp, tn + fp)
    margins = (tp + fn) * (tn + fp) * (tp + fp) * (tn + fn)
    found = {
        "accuracy": _divide(tp + tn, tp + fn + fp + tn),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "ppv": _divide(tp, tp + fp),
        "npv": _divide(tn, tn + fn),
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "youden": sensitivity + specificity - 1,
        "f1": _divide(2 * tp, 2 * tp + fp + fn),
        "mcc": _divide(tp * tn - fp * fn, np.sqrt(margins)),
        "lr_positive": _divide(sensitivity, alarmed),
        "lr_negative": _divide(missed, specificity),
        "diagnostic_odds_ratio": _divide(tp * tn, fp * fn),
    }
    for prevalence in prevalences:
        ill, well = prevalence, 1 - prevalence
        true, false = ill * sensitivity, well * alarmed
        found[at_prevalence("ppv", prevalence)] = _divide(true, true + false)
        true, false = well * specificity, ill * missed
        found[at_prevalence("npv", prevalence)] = _divide(true, true + false)
    return found


def _average_precision(of_diseased: Floats, of_healthy: Floats) -> Floats:
    """Return the sum of precision times the step in recall, from the highest score downwards."""
    true = np.cumsum(of_diseased[:, ::-1], axis=1)
    called = true + np.cumsum(of_healthy[:, ::-1], axis=1)
    # Before the first case is called there is no step either, so that any precision will do.
    precision = true / np.maximum(called, 1)
    return _divide(np.einsum("bg,bg->b", of_diseased[:, ::-1], precision), true[:, -1])


def _divide(k: Floats, n: Floats) -> Floats:
    """Return k / n, neither negative; where n is zero, NaN for 0/0 and else infinity."""
    return np.divide(k, n, out=np.where(k > 0, np.inf, np.nan), where=n != 0)
