"""The drop from the internal test set to an external site, taken apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from osteohip.errors import StudyError
from osteohip.evaluation.aggregates import Difference, difference_of_proportions
from osteohip.evaluation.calibration import (
    CALIBRATION,
    NO_PROBABILITIES,
    are_probabilities,
    calibration,
)
from osteohip.evaluation.case_mix import (
    VARIABLES,
    Histogram,
    Variable,
    distance,
    histogram,
    read_histogram,
    reweighted_area,
)
from osteohip.evaluation.comparison import compare_areas
from osteohip.evaluation.discrimination import ONE_CLASS, Area, Floats, area_interval, delong
from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile, square_and_add
from osteohip.evaluation.measures import (
    PROPORTIONS,
    Confusion,
    class_measures,
    confusion,
    proportion_counts,
    proportions,
)
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.proportions import wilson
from osteohip.evaluation.ratios import at_prevalence
from osteohip.evaluation.recalibration import Method, Recalibration, fit_recalibration
from osteohip.files import read_json

TARGETS: tuple[tuple[Variable, ...], ...] = (("age_years",), ("t_score",), VARIABLES)
SUPPRESSED = "the bundle does not tell the whole confusion matrix"
AGGREGATES = "the cases of the internal test set are not at hand"


@dataclass(frozen=True)
class Internal:
    """The internal test set: all that a comparison with it needs, and aggregates can tell.

    Parameters
    ----------
    source
        ``cases`` or ``aggregates``.
    area
        Area under the ROC curve with DeLong's variance.
    counts
        Confusion matrix at the operating point; None where a count is suppressed.
    histograms
        Ages and T-scores by class.
    calibration
        Estimates by name as the scores came; None without the cases.
    """

    source: str
    n: int
    osteoporosis: int
    area: Area
    counts: Confusion | None
    histograms: Mapping[Variable, Histogram]
    calibration: dict[str, Estimate] | None


def internal_from_cases(
    predictions: Predictions, cohort: pd.DataFrame, *, threshold: float
) -> Internal:
    """Describe the internal test set from its cases.

    Parameters
    ----------
    cohort
        Rows of ``cohort.csv`` of the development site.
    """
    labels, scores = predictions.labels, predictions.scores
    values = variables_of(predictions, cohort)
    return Internal(
        source="cases",
        n=len(labels),
        osteoporosis=int(labels.sum()),
        area=delong(labels=labels, scores=scores),
        counts=confusion(labels=labels, scores=scores, threshold=threshold),
        histograms={v: histogram(values[v], labels, v) for v in VARIABLES},
        calibration=calibration(labels=labels, scores=scores),
    )


def internal_from_reference(path: Path) -> Internal:
    """Describe the internal test set from the aggregates in a bundle's ``reference.json``.

    Raises
    ------
    StudyError
        If the file is missing or its part ``test`` is not what it should be.
    """
    try:
        test = read_json(path)["test"]
        n, sick = int(test["n"]), int(test["osteoporosis"])
        auc, cells = test["auc"], test["confusion"]
        # A bundle of this study tells all four; one made otherwise may hold some back.
        whole = all(cells[name] is not None for name in ("tp", "fn", "fp", "tn"))
        return Internal(
            source="aggregates",
            n=n,
            osteoporosis=sick,
            area=Area(auc["estimate"], auc["variance"], int(auc["diseased"]), int(auc["healthy"])),
            counts=Confusion(**cells) if whole else None,
            histograms={
                v: read_histogram(test[v], osteoporosis=sick, others=n - sick) for v in VARIABLES
            },
            calibration=None,
        )
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (KeyError, TypeError, ValueError):
        raise StudyError(
            f"{path.name}: expected the aggregates of the internal test set under `test`: n, "
            "osteoporosis, auc, confusion, age_years and t_score"
        ) from None


def variables_of(predictions: Predictions, cohort: pd.DataFrame) -> dict[Variable, Floats]:
    """Return age and T-score of the predictions' cases, NaN where not known.

    Raises
    ------
    StudyError
        If the cohort lacks a column or a case, or has a case twice.
    """
    missing = [column for column in ("case_id", *VARIABLES) if column not in cohort]
    if missing:
        raise StudyError(f"cohort.csv: expected the columns {', '.join(missing)}")
    ids = pd.Index(predictions.case_ids)
    absent = int((~ids.isin(cohort["case_id"])).sum())
    if absent:
        raise StudyError(f"{absent} of the predictions' cases are not in cohort.csv")
    twice = int(cohort["case_id"].duplicated().sum())
    if twice:
        raise StudyError(f"cohort.csv: expected each case_id once; repeated in {twice} rows")
    rows = cohort.set_index("case_id").reindex(ids)
    return {v: rows[v].to_numpy(dtype=np.float64) for v in VARIABLES}


def take_apart(
    internal: Internal,
    predictions: Predictions,
    cohort: pd.DataFrame,
    *,
    threshold: float,
    recalibration: Recalibration | None,
    method: Method,
    smallest: float,
) -> dict[str, Any]:
    """Return ``drop.json``: how the external site differs from the internal test set, and why.

    Parameters
    ----------
    predictions, cohort
        Of the external site.
    threshold
        Operating point.
    recalibration
        The refit fitted on validation; None where the model brings none.
    method
        Kind of the refit that is fitted at the site to show how much of the drop is calibration.
    smallest
        Effective cases of each class that a re-weighted area needs.

    Returns
    -------
    dict
        ``internal`` and ``external`` (n, osteoporosis, auc, confusion); ``differences``
        (internal less external: osteoporosis, the five proportions, auc); ``prevalence`` (accuracy
        and predictive values had the site, with its sensitivity and specificity, the internal
        prevalence: what prevalence explains and what remains); ``case_mix``
        (histograms, null for a count that a bundle does not tell and under ``untold`` the cases of
        all of these together, and the distance of the distributions within each class);
        ``reweighted`` (the external area with the internal patients' ages, T-scores and both: what
        case mix explains and what remains; ``span`` and ``note`` tell what untold counts leave
        open); ``calibration`` (carried over, after the refit on validation, after a
        refit at the site, which is shown and never used, and the Brier score that this gains).
    """
    labels, scores = predictions.labels, predictions.scores
    counts = confusion(labels=labels, scores=scores, threshold=threshold)
    area = delong(labels=labels, scores=scores)
    values = variables_of(predictions, cohort)
    mine = {
        v: histogram(values[v], labels, v, edges=internal.histograms[v].edges) for v in VARIABLES
    }
    external = Internal(
        source="cases",
        n=len(labels),
        osteoporosis=int(labels.sum()),
        area=area,
        counts=counts,
        histograms=mine,
        calibration=None,
    )
    return {
        "internal": _side(internal),
        "external": _side(external),
        "differences": _differences(internal, external),
        "prevalence": _prevalence(internal, external),
        "case_mix": {
            v: {
                "internal": internal.histograms[v].as_json(),
                "external": mine[v].as_json(),
                "distance": {
                    "osteoporosis": distance(internal.histograms[v], mine[v], 1),
                    "no_osteoporosis": distance(internal.histograms[v], mine[v], 0),
                },
            }
            for v in VARIABLES
        },
        "reweighted": [
            _reweighted(internal, predictions, values, target, smallest) for target in TARGETS
        ],
        "calibration": _calibration(internal, predictions, recalibration, method),
    }


def _side(side: Internal) -> dict[str, Any]:
    return {
        "source": side.source,
        "n": side.n,
        "osteoporosis": wilson(k=side.osteoporosis, n=side.n).as_json(),
        "auc": area_interval(side.area).as_json(),
        "confusion": None if side.counts is None else asdict(side.counts),
    }


def _differences(internal: Internal, external: Internal) -> dict[str, Any]:
    shares: dict[str, Difference] = {
        "osteoporosis": difference_of_proportions(
            first=(internal.osteoporosis, internal.n), second=(external.osteoporosis, external.n)
        )
    }
    for name in PROPORTIONS:
        if internal.counts is None or external.counts is None:
            shares[name] = Difference(None, None, None, None, "", SUPPRESSED)
        else:
            first, second = (
                proportion_counts(counts)[name] for counts in (internal.counts, external.counts)
            )
            shares[name] = difference_of_proportions(first=first, second=second)
    found = {name: difference.as_json() for name, difference in shares.items()}
    return {**found, "auc": compare_areas(internal.area, external.area).as_json()}


def _prevalence(internal: Internal, external: Internal) -> dict[str, Any]:
    """Return what the site's calls would be worth at the internal prevalence, and what remains."""
    names = ("accuracy", "ppv", "npv")
    if internal.counts is None or external.counts is None:
        return {name: _unsplit(external.n, None, SUPPRESSED) for name in names}
    inside, outside = proportions(internal.counts), proportions(external.counts)
    if internal.osteoporosis in {0, internal.n} or external.osteoporosis in {0, external.n}:
        return {name: _unsplit(external.n, inside[name], ONE_CLASS) for name in names}
    there, here = (side.osteoporosis / side.n for side in (internal, external))
    moved = {
        "accuracy": _accuracy_at(outside, there, external.n),
        **{name: _value_at(external.counts, name, there) for name in ("ppv", "npv")},
    }
    explained = {
        "accuracy": _accuracy_explained(outside, there - here),
        **{name: _value_explained(external.counts, name, there, here) for name in ("ppv", "npv")},
    }
    return {
        name: {
            "internal": inside[name].as_json(),
            "external": outside[name].as_json(),
            "at_internal_prevalence": moved[name].as_json(),
            "prevalence": explained[name].as_json(),
            "remains": _less(inside[name], moved[name]).as_json(),
        }
        for name in names
    }


def _value_at(counts: Confusion, name: str, prevalence: float) -> Estimate:
    """Return a predictive value at a prevalence, with Mercaldo's interval on the logit scale."""
    return class_measures(counts, prevalences=(prevalence,))[at_prevalence(name, prevalence)]


def _unsplit(n: int, inside: Estimate | None, reason: str) -> dict[str, Any]:
    nothing = Estimate(None, None, None, None, n, "", reason)
    open_difference = Difference(None, None, None, None, "", reason).as_json()
    return {
        "internal": (inside or nothing).as_json(),
        "external": nothing.as_json(),
        "at_internal_prevalence": nothing.as_json(),
        "prevalence": open_difference,
        "remains": open_difference,
    }


def _accuracy_at(rates: Mapping[str, Estimate], prevalence: float, n: int) -> Estimate:
    """Return the accuracy at a prevalence: sensitivity and specificity weighted by it.

    The limits are those of both proportions, weighted, squared and added (Zou GY, Donner A. Stat
    Med 2008;27:1693-1702); the prevalence is taken as known.
    """
    ill = _scaled(rates["sensitivity"], prevalence)
    well = _scaled(rates["specificity"], -(1 - prevalence))
    low, high = square_and_add(ill, well)
    assert ill.estimate is not None
    assert well.estimate is not None
    method = f"square-and-add of {rates['sensitivity'].method} intervals"
    return Estimate(ill.estimate - well.estimate, low, high, None, n, method)


def _scaled(found: Estimate, factor: float) -> Estimate:
    """Return a multiple of a statistic with its limits in order."""
    value, low, high = found.estimate, found.low, found.high
    assert value is not None
    assert low is not None
    assert high is not None
    low, high = sorted((factor * low, factor * high))
    return Estimate(factor * value, low, high, None, found.n, found.method)


def _accuracy_explained(rates: Mapping[str, Estimate], shift: float) -> Difference:
    """Return what another prevalence makes of accuracy: sensitivity less specificity, times it."""
    one, other = rates["sensitivity"], rates["specificity"]
    low, high = sorted(shift * limit for limit in square_and_add(one, other))
    assert one.estimate is not None
    assert other.estimate is not None
    value = shift * (one.estimate - other.estimate)
    return Difference(value, low, high, None, f"square-and-add of {one.method} intervals")


def _value_explained(counts: Confusion, name: str, there: float, here: float) -> Difference:
    """Return what another prevalence makes of a predictive value, prevalences being known.

    Both values are functions of one likelihood ratio, of which alone the data are uncertain. The
    limits are the least and the greatest difference within the interval of the ratio: at its ends,
    or where the value at one prevalence is as far above a half as at the other below.
    """
    before, after = (_value_at(counts, name, p) for p in (here, there))
    if before.estimate is None or after.estimate is None:
        return Difference(None, None, None, None, "", before.reason or after.reason)
    assert before.low is not None
    assert before.high is not None
    assert after.low is not None
    assert after.high is not None
    ends = [after.low - before.low, after.high - before.high]
    # In between the log-odds differ by those of the prevalences, one way or the other.
    gap = math.log(there / (1 - there)) - math.log(here / (1 - here))
    gap = gap if name == "ppv" else -gap
    half = 1 / (1 + math.exp(-gap / 2))
    if min(after.low, after.high) <= half <= max(after.low, after.high):
        ends.append(2 * half - 1)
    return Difference(
        after.estimate - before.estimate,
        min(ends),
        max(ends),
        None,
        f"{after.method}, within its interval",
    )


def _less(one: Estimate, other: Estimate) -> Difference:
    """Return the difference of two independent statistics with interval."""
    if one.estimate is None or other.estimate is None:
        return Difference(None, None, None, None, "", one.reason or other.reason)
    low, high = square_and_add(one, other)
    method = f"square-and-add of intervals: {one.method}; {other.method}"
    return Difference(one.estimate - other.estimate, low, high, None, method)


def _reweighted(
    internal: Internal,
    predictions: Predictions,
    values: Mapping[Variable, Floats],
    target: tuple[Variable, ...],
    smallest: float,
) -> dict[str, Any]:
    found = reweighted_area(
        labels=predictions.labels,
        scores=predictions.scores,
        values={v: values[v] for v in target},
        target={v: internal.histograms[v] for v in target},
        smallest=smallest,
    )
    if found.area is None:
        remains = Difference(None, None, None, None, "", found.auc.reason).as_json()
    else:
        remains = compare_areas(
            internal.area, found.area, variance_method="DeLong with weights"
        ).as_json()
    return {
        "to": list(target),
        "auc": found.auc.as_json(),
        "effective": found.effective,
        "covered": found.covered,
        "span": None if found.span is None else {"low": found.span[0], "high": found.span[1]},
        "note": found.note,
        "case_mix": found.change.as_json(),
        "remains": remains,
    }


def _calibration(
    internal: Internal,
    predictions: Predictions,
    recalibration: Recalibration | None,
    method: Method,
) -> dict[str, Any]:
    labels, scores = predictions.labels, predictions.scores
    here = fit_recalibration(
        labels=labels, scores=scores, method=method, fitted_on="the external site itself"
    )
    after = None if recalibration is None else recalibration.apply(scores)
    refitted = here.apply(scores)

    def measured(found: Floats | None, reason: str) -> dict[str, Any]:
        if found is not None:
            estimates = calibration(labels=labels, scores=found)
        else:
            undefined = Estimate(None, None, None, None, len(labels), "", reason)
            estimates = dict.fromkeys(CALIBRATION, undefined)
        return {name: estimate.as_json() for name, estimate in estimates.items()}

    if recalibration is None:
        without = "the model brings no refit"
    else:
        without = recalibration.reason or NO_PROBABILITIES
    if internal.calibration is None:
        nothing = Estimate(None, None, None, None, internal.n, "", AGGREGATES)
        inside = dict.fromkeys(CALIBRATION, nothing)
    else:
        inside = internal.calibration
    return {
        "internal": {name: estimate.as_json() for name, estimate in inside.items()},
        "carried_over": measured(scores, ""),
        "after_validation_refit": measured(after, without),
        "after_site_refit": {**measured(refitted, here.reason or ""), "refit": here.as_json()},
        "gain_of_site_refit": _gain(predictions, refitted, here.reason).as_json(),
    }


def _gain(predictions: Predictions, refitted: Floats | None, reason: str | None) -> Estimate:
    """Return the Brier score that a refit at the site takes away, with its paired interval.

    The refit is fitted on the cases that it is measured on, so this is the most that a refit of
    its kind can give.
    """
    method, n = "normal interval of a mean", len(predictions.labels)
    if refitted is None or not are_probabilities(predictions.scores):
        return Estimate(None, None, None, None, n, method, reason)
    before = (predictions.scores - predictions.labels) ** 2
    saved = before - (refitted - predictions.labels) ** 2
    mean = float(saved.mean())
    half = normal_quantile(LEVEL) * float(saved.std(ddof=1)) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, None, n, method)
