"""Everything that is measured of one cohort's predictions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from osteohip.config import Evaluation
from osteohip.evaluation.carried import probability_measures
from osteohip.evaluation.discrimination import ONE_CLASS, roc_curve
from osteohip.evaluation.measures import (
    DEPEND_ON_PREVALENCE,
    Measured,
    Resampling,
    confusion,
    measures,
)
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.threshold import Threshold

ROC_COLUMNS = (
    "threshold",
    "false_positive_rate",
    "true_positive_rate",
    "false_positives",
    "true_positives",
)


def measure(predictions: Predictions, threshold: Threshold, settings: Evaluation) -> Measured:
    """Return all measures at the operating point, as configured."""
    return measures(
        labels=predictions.labels,
        scores=predictions.scores,
        threshold=threshold.value,
        prevalences=settings.prevalences,
        interval=settings.proportion_interval,
        resampling=Resampling(
            resamples=settings.bootstrap.resamples,
            seed=settings.bootstrap.seed,
            patients=predictions.patient_numbers,
        ),
    )


def assess(predictions: Predictions, threshold: Threshold, measured: Measured) -> dict[str, Any]:
    """Return the content of ``metrics.json``: n, threshold, confusion, metrics and warnings."""
    labels, scores = predictions.labels, predictions.scores
    counts = confusion(labels=labels, scores=scores, threshold=threshold.value)
    found = measured.metrics | probability_measures(predictions, threshold)
    return {
        "n": len(labels),
        "threshold": threshold.as_json(),
        "confusion": asdict(counts),
        "metrics": {name: estimate.as_json() for name, estimate in found.items()},
        "warnings": warnings(predictions, threshold),
    }


def bootstrap_facts(
    predictions: Predictions, measured: Measured, settings: Evaluation
) -> dict[str, Any]:
    """Return the content of ``bootstrap.json``: every measure with its percentile interval.

    ``undefined`` counts the resamples without a value, ``stratified`` tells whether the resamples
    kept the number of patients in each class.
    """
    return {
        "patients": len(set(predictions.patients or predictions.case_ids)),
        "resamples": settings.bootstrap.resamples,
        "seed": settings.bootstrap.seed,
        "metrics": {
            name: {
                **estimate.as_json(),
                "stratified": name not in DEPEND_ON_PREVALENCE,
                "undefined": measured.undefined[name],
            }
            for name, estimate in measured.resampled.items()
        },
    }


def warnings(predictions: Predictions, threshold: Threshold) -> list[dict[str, str]]:
    """Return what a reader must know before believing the measures, as code and text."""
    labels, scores = predictions.labels, predictions.scores
    found = {}
    if len(set(labels.tolist())) == 1:
        found["one_class"] = f"{ONE_CLASS}; what needs both is undefined"
    if ((scores >= threshold.value) == (labels == 1)).all():
        found["label_equals_call"] = (
            "the label equals the model's own call in every case; if the label was copied from "
            "the call, these measures say nothing"
        )
    if scores.min() < 0 or scores.max() > 1:
        found["scores_outside_unit_interval"] = (
            "some scores lie outside 0 to 1 and are no probabilities"
        )
    elif not (scores.min() > 0 and scores.max() < 1):
        found["scores_saturated"] = (
            "some scores are exactly 0 or 1, which have no finite log-odds; the calibration takes "
            "them a millionth inside"
        )
    if predictions.patient_numbers is not None:
        found["patients_repeat"] = (
            "some patients have several cases; the intervals of calls and of discrimination are "
            "by bootstrap of patients, those of calibration and net benefit take cases as "
            "independent"
        )
    return [{"code": code, "text": text} for code, text in found.items()]


def roc_table(predictions: Predictions) -> pd.DataFrame:
    """Return ``roc.csv``; without rows where only one class is there."""
    labels, scores = predictions.labels, predictions.scores
    if len(set(labels.tolist())) == 1:
        return pd.DataFrame(columns=list(ROC_COLUMNS))
    curve = roc_curve(labels=labels, scores=scores)
    return pd.DataFrame({name: getattr(curve, name) for name in ROC_COLUMNS})
