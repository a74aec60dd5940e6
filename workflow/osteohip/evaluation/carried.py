"""What was chosen on the validation set, carried unchanged to another cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from osteohip.config import Evaluation
from osteohip.evaluation.aggregates import (
    NET_BENEFIT_METHOD,
    net_benefit,
    net_benefit_over_all,
)
from osteohip.evaluation.calibration import NO_PROBABILITIES, are_probabilities, calibration
from osteohip.evaluation.discrimination import ONE_CLASS, Floats
from osteohip.evaluation.estimate import Estimate
from osteohip.evaluation.measures import confusion, proportions
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.recalibration import Recalibration
from osteohip.evaluation.sample_size import sample_size
from osteohip.evaluation.threshold import Threshold, chosen_threshold
from osteohip.evaluation.triage import Triage, apply_triage

ITSELF = "these very cases"
NO_PREFERENCE = "the threshold is no probability between 0 and 1"


def probability_measures(predictions: Predictions, threshold: Threshold) -> dict[str, Estimate]:
    """Return what ``metrics.json`` holds of the scores as probabilities.

    Calibration, less the Brier score that is measured elsewhere, and the net benefit at the
    operating point, null with the reason unless scores and threshold are probabilities: else the
    threshold does not say what a needless referral costs against a missed case.
    """
    labels, scores = predictions.labels, predictions.scores
    found = calibration(labels=labels, scores=scores)
    del found["brier"]
    counts = confusion(labels=labels, scores=scores, threshold=threshold.value)
    reason = None
    if not are_probabilities(scores):
        reason = NO_PROBABILITIES
    elif not 0 < threshold.value < 1:
        reason = NO_PREFERENCE
    for name, benefit in (
        ("net_benefit", net_benefit),
        ("net_benefit_less_refer_all", net_benefit_over_all),
    ):
        found[name] = (
            benefit(counts, preference=threshold.value)
            if reason is None
            else Estimate(None, None, None, None, counts.n, NET_BENEFIT_METHOD, reason)
        )
    return found


def score_versions(
    predictions: Predictions, recalibration: Recalibration | None
) -> dict[str, Floats]:
    """Return the scores ``before`` and, where there is a refit, ``after`` it."""
    after = None if recalibration is None else recalibration.apply(predictions.scores)
    versions = {"before": predictions.scores}
    return versions if after is None else {**versions, "after": after}


def recalibrated(predictions: Predictions, recalibration: Recalibration) -> dict[str, Any]:
    """Return the refit with the calibration that it gives in this cohort."""
    after = recalibration.apply(predictions.scores)
    if after is None:
        # A refit that does not exist has no calibration, and the same reason.
        found = calibration(labels=predictions.labels, scores=predictions.scores)
        undefined = {
            name: Estimate(None, None, None, None, item.n, item.method, recalibration.reason)
            if recalibration.reason
            else item
            for name, item in found.items()
        }
        return _with_metrics(recalibration, undefined)
    return _with_metrics(recalibration, calibration(labels=predictions.labels, scores=after))


def _with_metrics(recalibration: Recalibration, found: dict[str, Estimate]) -> dict[str, Any]:
    return {
        **recalibration.as_json(),
        "metrics": {name: estimate.as_json() for name, estimate in found.items()},
    }


def triaged(predictions: Predictions, triages: Sequence[Triage]) -> list[dict[str, Any]]:
    """Return what each triage does in this cohort."""
    return [
        apply_triage(triage, labels=predictions.labels, scores=predictions.scores)
        for triage in triages
    ]


def retuned(predictions: Predictions, settings: Evaluation) -> dict[str, Any]:
    """Return the measures at a threshold chosen on these very cases: shown, never used.

    By the configured rule, by Youden's index where that is fixed. Chosen and measured on the same
    cases they are optimistic.
    """
    labels, scores = predictions.labels, predictions.scores
    rule = "youden" if settings.threshold_rule == "fixed" else settings.threshold_rule
    if len(set(labels.tolist())) < 2:
        return {"threshold": None, "confusion": None, "metrics": None, "reason": ONE_CLASS}
    point = chosen_threshold(
        rule=rule,
        labels=labels,
        scores=scores,
        least_sensitivity=settings.least_sensitivity,
        chosen_on=ITSELF,
    )
    counts = confusion(labels=labels, scores=scores, threshold=point.value)
    found = proportions(counts, interval=settings.proportion_interval)
    return {
        "threshold": point.as_json(),
        "confusion": asdict(counts),
        "metrics": {name: item.as_json() for name, item in found.items()},
        "reason": None,
    }


def next_site(metrics: dict[str, Any], settings: Evaluation) -> dict[str, Any]:
    """Return the patients that a further site like this cohort needs, beside those in hand.

    Parameters
    ----------
    metrics
        Content of ``metrics.json``: its estimates are what is anticipated, save O:E, which is
        anticipated to be 1, as Riley et al. advise.
    """
    found = metrics["metrics"]
    counts = metrics["confusion"]
    sick = counts["tp"] + counts["fn"]
    names = ("auc", "sensitivity", "specificity", "observed_expected")
    achieved = {
        name: None if found[name]["low"] is None else found[name]["high"] - found[name]["low"]
        for name in names
    }
    anticipated = {name: found[name]["estimate"] for name in names[:3]}
    return sample_size(
        prevalence=sick / metrics["n"],
        anticipated={**anticipated, "observed_expected": 1.0},
        widths=settings.widths.model_dump(),
        in_hand=(metrics["n"], sick),
        achieved=achieved,
    )
