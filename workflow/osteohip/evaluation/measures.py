"""The measures of a prediction at one operating point and without one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np

from osteohip.evaluation.bootstrap import (
    RESAMPLES,
    bootstrap,
    class_strata,
    logit_interval,
    percentile_interval,
)
from osteohip.evaluation.discrimination import ONE_CLASS, Floats, Labels, auc
from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile, square_and_add
from osteohip.evaluation.proportions import ProportionInterval, proportion
from osteohip.evaluation.ratios import (
    LOG_METHOD,
    at_prevalence,
    complement,
    odds_ratio,
    ratio_estimate,
    ratio_of_proportions,
    share_from_ratio,
)
from osteohip.evaluation.weighted import ordering, weighted_measures

PROPORTIONS = ("accuracy", "sensitivity", "specificity", "ppv", "npv")
DEPEND_ON_PREVALENCE = ("accuracy", "ppv", "npv", "f1", "mcc", "average_precision", "brier")
# Why a measure without formula for its interval can be undefined.
UNDEFINED = {
    "f1": "no case has osteoporosis or is called so",
    "mcc": "all cases are of one class or are called alike",
    "average_precision": "no case has osteoporosis",
}


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


def proportion_counts(counts: Confusion) -> dict[str, tuple[int, int]]:
    """Return numerator and denominator of the five measures that are proportions."""
    return {
        "accuracy": (counts.tp + counts.tn, counts.n),
        "sensitivity": (counts.tp, counts.tp + counts.fn),
        "specificity": (counts.tn, counts.tn + counts.fp),
        "ppv": (counts.tp, counts.tp + counts.fp),
        "npv": (counts.tn, counts.tn + counts.fn),
    }


def proportions(
    counts: Confusion, *, interval: ProportionInterval = "wilson", level: float = LEVEL
) -> dict[str, Estimate]:
    """Return the five measures of a confusion matrix that are proportions."""
    return {
        name: proportion(k=k, n=n, interval=interval, level=level)
        for name, (k, n) in proportion_counts(counts).items()
    }


def class_measures(
    counts: Confusion,
    *,
    prevalences: Sequence[float] = (),
    interval: ProportionInterval = "wilson",
    level: float = LEVEL,
) -> dict[str, Estimate]:
    """Return the measures that both sensitivity and specificity make up.

    These are balanced accuracy, Youden's index (both with the limits of sensitivity and of the
    false positive rate squared and added), the likelihood ratios, the diagnostic odds ratio, and
    the predictive values at each of ``prevalences``.

    References
    ----------
    Youden WJ. Cancer 1950;3:32-35; squaring and adding: Newcombe RG. Stat Med 1998;17:873-890.
    """
    n = counts.n
    ill, well = counts.tp + counts.fn, counts.fp + counts.tn
    if ill == 0 or well == 0:
        methods = dict.fromkeys(("balanced_accuracy", "youden"), "square-and-add")
        names = ["lr_positive", "lr_negative", "diagnostic_odds_ratio"]
        names += [at_prevalence(name, p) for p in prevalences for name in ("ppv", "npv")]
        return {
            name: Estimate(None, None, None, None, n, method, ONE_CLASS)
            for name, method in (methods | dict.fromkeys(names, LOG_METHOD)).items()
        }
    right = proportion(k=counts.tp, n=ill, interval=interval, level=level)
    wrong = proportion(k=counts.fp, n=well, interval=interval, level=level)
    low, high = square_and_add(right, wrong)
    index = counts.tp / ill - counts.fp / well
    method = f"square-and-add of {right.method} intervals"
    positive = ratio_of_proportions(k1=counts.tp, n1=ill, k2=counts.fp, n2=well, level=level)
    negative = ratio_of_proportions(k1=counts.fn, n1=ill, k2=counts.tn, n2=well, level=level)
    none_positive, none_negative = "no case is called positive", "no case is called negative"
    found = {
        "balanced_accuracy": Estimate(
            (1 + index) / 2, (1 + low) / 2, (1 + high) / 2, None, n, method
        ),
        "youden": Estimate(index, low, high, None, n, method),
        "lr_positive": ratio_estimate(
            positive,
            n=n,
            undefined=none_positive,
            infinite="no case without osteoporosis is called positive",
        ),
        "lr_negative": ratio_estimate(
            negative,
            n=n,
            undefined=none_negative,
            infinite="no case without osteoporosis is called negative",
        ),
        "diagnostic_odds_ratio": odds_ratio(**asdict(counts), level=level),
    }
    for prevalence in prevalences:
        odds = prevalence / (1 - prevalence)
        found[at_prevalence("ppv", prevalence)] = share_from_ratio(
            positive, odds=odds, n=n, undefined=none_positive
        )
        found[at_prevalence("npv", prevalence)] = complement(
            share_from_ratio(negative, odds=odds, n=n, undefined=none_negative)
        )
    return found


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


@dataclass(frozen=True)
class Resampling:
    """How the bootstrap resamples.

    Parameters
    ----------
    resamples, seed
        Number of resamples and seed of the draws.
    patients
        Shape (n,), the patient of each case as 0, 1, ...; None where each case is a patient.
    """

    resamples: int = RESAMPLES
    seed: int = 0
    patients: Labels | None = None


@dataclass(frozen=True)
class Measured:
    """All measures by name, and the same with bootstrap intervals.

    Parameters
    ----------
    metrics
        Each measure with the interval that is reported.
    resampled
        Each measure with its percentile interval.
    undefined
        Number of resamples in which a measure is undefined.
    """

    metrics: dict[str, Estimate]
    resampled: dict[str, Estimate]
    undefined: dict[str, int]


def measures(
    *,
    labels: Labels,
    scores: Floats,
    threshold: float,
    prevalences: Sequence[float] = (),
    interval: ProportionInterval = "wilson",
    resampling: Resampling | None = None,
    level: float = LEVEL,
) -> Measured:
    """Measure scores against labels, each measure with its interval.

    The five proportions, what sensitivity and specificity make up, the area under the ROC curve
    and the Brier score have intervals by formula. F1 and the Matthews correlation have percentiles
    of a bootstrap, the average precision the bootstrap's standard error on the logit scale.
    Formulas take cases as independent: where a patient has several, all intervals are by bootstrap
    of patients.

    The bootstrap keeps the number of patients in each class for measures within class and for the
    area, and lets it vary for those that depend on prevalence.

    Parameters
    ----------
    labels, scores
        Shape (n,), as for `roc_curve`.
    threshold
        A score at or above it is called positive.
    prevalences
        Prevalences in (0, 1) at which predictive values are wanted too.
    interval
        Of the proportions.
    resampling
        How to resample; by default each case is a patient.

    References
    ----------
    F1: van Rijsbergen CJ. Information retrieval, 2nd ed. Butterworths, 1979. Matthews BW. Biochim
    Biophys Acta 1975;405:442-451. Average precision, without interpolation: Boyd K, Eng KH, Page
    CD. ECML PKDD 2013:451-466.
    """
    n = len(labels)
    how = resampling or Resampling()
    counts = confusion(labels=labels, scores=scores, threshold=threshold)
    by_formula = {
        **proportions(counts, interval=interval, level=level),
        **class_measures(counts, prevalences=prevalences, interval=interval, level=level),
        "auc": auc(labels=labels, scores=scores, level=level),
        "brier": brier(labels=labels, scores=scores, level=level),
    }
    order = ordering(labels=labels, scores=scores)
    statistic = partial(
        weighted_measures,
        labels=labels[order],
        scores=scores[order],
        threshold=threshold,
        prevalences=prevalences,
    )
    of_cases = {name: float(value[0]) for name, value in statistic()(np.ones((1, n))).items()}
    patients = None if how.patients is None else _numbered(how.patients[order])
    within_class = [name for name in of_cases if name not in DEPEND_ON_PREVALENCE]
    draws: dict[str, Floats] = {}
    for stratified, without in ((True, DEPEND_ON_PREVALENCE), (False, within_class)):
        draws |= bootstrap(
            statistic(without=without),
            cases=n,
            seed=how.seed,
            resamples=how.resamples,
            patients=patients,
            strata=class_strata(labels=labels[order], patients=patients) if stratified else None,
        )

    def interval_of(name: str, method: Callable[..., Estimate]) -> Estimate:
        known = by_formula.get(name)
        return method(
            draws[name],
            estimate=of_cases[name] if math.isfinite(of_cases[name]) else None,
            n=n,
            reason=known.reason if known else UNDEFINED[name],
            stratified=name in within_class,
            level=level,
        )

    resampled = {name: interval_of(name, percentile_interval) for name in of_cases}
    repeated = patients is not None and patients.max() + 1 < n
    metrics = {}
    for name in _order(prevalences):
        formula = by_formula.get(name)
        if name == "average_precision":
            metrics[name] = interval_of(name, logit_interval)
        elif formula is None:
            metrics[name] = resampled[name]
        elif repeated and formula.estimate is not None:
            metrics[name] = replace(resampled[name], k=formula.k, n=formula.n)
        else:
            metrics[name] = formula
    return Measured(
        metrics=metrics,
        resampled=resampled,
        undefined={name: int(np.isnan(draws[name]).sum()) for name in of_cases},
    )


def _order(prevalences: Sequence[float]) -> Iterator[str]:
    """Yield the names of the measures in the order of ``metrics.json``."""
    yield from (*PROPORTIONS, "balanced_accuracy", "youden", "f1", "mcc")
    yield from ("lr_positive", "lr_negative", "diagnostic_odds_ratio")
    for prevalence in prevalences:
        yield at_prevalence("ppv", prevalence)
        yield at_prevalence("npv", prevalence)
    yield from ("auc", "average_precision", "brier")


def _numbered(patients: Labels) -> Labels:
    """Return patients as 0, 1, ... by first appearance, as the order of the cases is."""
    _, first, member = np.unique(patients, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Labels = rank[member]
    return numbered
