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
from osteohip.evaluation.discrimination import Area, Floats, area_interval, delong
from osteohip.evaluation.estimate import LEVEL, Estimate, normal_quantile
from osteohip.evaluation.measures import Confusion, confusion
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.proportions import wilson
from osteohip.evaluation.recalibration import Method, Recalibration, fit_recalibration
from osteohip.files import read_json

TARGETS: tuple[tuple[Variable, ...], ...] = (("age_years",), ("t_score",), VARIABLES)
SUPPRESSED = "the bundle does not tell counts under five"
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
        If the cohort lacks a column or a case.
    """
    missing = [column for column in ("case_id", *VARIABLES) if column not in cohort]
    if missing:
        raise StudyError(f"cohort.csv: expected the columns {', '.join(missing)}")
    ids = pd.Index(predictions.case_ids)
    absent = int((~ids.isin(cohort["case_id"])).sum())
    if absent:
        raise StudyError(f"{absent} of the predictions' cases are not in cohort.csv")
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
        (internal less external: osteoporosis, sensitivity, specificity, auc); ``case_mix``
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
    for name in ("sensitivity", "specificity"):
        parts = [_part(side.counts, name) for side in (internal, external)]
        if parts[0] is None or parts[1] is None:
            shares[name] = Difference(None, None, None, None, "", SUPPRESSED)
        else:
            shares[name] = difference_of_proportions(first=parts[0], second=parts[1])
    found = {name: difference.as_json() for name, difference in shares.items()}
    return {**found, "auc": compare_areas(internal.area, external.area).as_json()}


def _part(counts: Confusion | None, name: str) -> tuple[int, int] | None:
    if counts is None:
        return None
    if name == "sensitivity":
        return counts.tp, counts.tp + counts.fn
    return counts.tn, counts.tn + counts.fp


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
