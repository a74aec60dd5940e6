"""What a model bundle tells of its development cohort: aggregates in place of patients.

No count of patients by age, T-score, side or device is under five. The confusion matrix of the
internal test is exempt and stands as it is, small cells included: without it no other hospital
could compare sensitivity, specificity and predictive values with its own, and a wrong call tells
nothing else of a patient. Whoever may not publish such a cell must not pass the bundle on.

``reference.json`` holds what `reference_facts` returns, and as ``test`` what `internal_test` does.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from osteohip.errors import StudyError
from osteohip.evaluation.case_mix import SMALLEST_CELL, VARIABLES, histogram, suppressed
from osteohip.evaluation.discrimination import area_interval, delong
from osteohip.evaluation.measures import confusion
from osteohip.evaluation.predictions import Predictions

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def read_developed(*, cohort: Path, split: Path) -> pd.DataFrame:
    """Read the rows of ``cohort.csv`` that were trained, validated or tested on, with their part.

    Raises
    ------
    StudyError
        If the split holds a case that the cohort does not.
    """
    table = pd.read_csv(cohort, dtype={"case_id": str}).set_index("case_id", drop=False)
    parts = pd.read_csv(split, dtype={"case_id": str}).set_index("case_id")["part"]
    if not parts.index.isin(table.index).all():
        raise StudyError("the split holds cases that the cohort does not: split anew")
    return table.loc[parts.index].assign(part=parts)


def internal_test(
    cases: pd.DataFrame, predictions: Predictions, *, threshold: float, label_t_score: float
) -> dict[str, Any]:
    """Return aggregates of the internal test.

    Parameters
    ----------
    cases
        Rows of the cohort that make up the test set.
    predictions
        The model's scores of these cases.
    threshold
        The model's operating point.
    label_t_score
        T-score up to which a case has osteoporosis.

    Returns
    -------
    dict
        ``n``, ``osteoporosis`` (cases); ``auc`` with ``estimate, low, high`` and DeLong's
        ``variance`` and the class sizes ``diseased, healthy``; ``confusion`` (tp, fn, fp, tn),
        never suppressed; and ``age_years`` and ``t_score``, histograms by class without small
        cells.

    Raises
    ------
    StudyError
        If the predictions are not those of the cases.
    """
    labels = cases.set_index("case_id")["label"].reindex(predictions.case_ids)
    if len(labels) != len(cases) or labels.to_numpy().tolist() != predictions.labels.tolist():
        raise StudyError(
            "the predictions of the test set are of other cases or labels: predict anew"
        )
    area = delong(labels=predictions.labels, scores=predictions.scores)
    interval = area_interval(area)
    counts = confusion(labels=predictions.labels, scores=predictions.scores, threshold=threshold)
    return {
        "n": len(cases),
        "osteoporosis": int(predictions.labels.sum()),
        "auc": {
            "estimate": interval.estimate,
            "low": interval.low,
            "high": interval.high,
            "variance": area.variance,
            "diseased": area.diseased,
            "healthy": area.healthy,
        },
        "confusion": asdict(counts),
        **{
            variable: suppressed(
                histogram(cases[variable].to_numpy(float), cases["label"].to_numpy(int), variable),
                border=label_t_score if variable == "t_score" else None,
            )
            for variable in VARIABLES
        },
    }


def reference_facts(cohort: pd.DataFrame) -> dict[str, Any]:
    """Return counts, moments and quantiles of a cohort.

    Parameters
    ----------
    cohort
        Rows of ``cohort.csv``; what a column is missing for is left out.

    Returns
    -------
    dict
        ``n``, ``prevalence``, ``age_years`` and ``t_score`` (n, mean, sd, quantiles), ``side`` and
        ``devices`` (counts). Null stands for what fewer than five patients would make up.
    """
    n = len(cohort)
    positive = int(cohort["label"].sum())
    known = min(positive, n - positive) >= SMALLEST_CELL
    devices = [
        " ".join(str(part) for part in pair if not pd.isna(part)) or "unknown"
        for pair in cohort[["manufacturer", "model_name"]].itertuples(index=False)
    ]
    return {
        "n": n,
        "prevalence": positive / n if known else None,
        "age_years": _moments(cohort["age_years"]),
        "t_score": _moments(cohort["t_score"]),
        "side": counts(cohort["side"]),
        "devices": counts(pd.Series(devices, dtype=str)),
        "smallest_cell": SMALLEST_CELL,
    }


def counts(values: pd.Series[Any]) -> dict[str, int] | None:
    """Count values; those under five go to ``other``, with the next larger until it holds five.

    None if all that would be left is ``other``.
    """
    found = sorted(((int(n), str(v)) for v, n in values.value_counts().items()), reverse=True)
    other = 0
    while found and (found[-1][0] < SMALLEST_CELL or 0 < other < SMALLEST_CELL):
        other += found.pop()[0]
    if not found:
        return None
    return {value: n for n, value in found} | ({"other": other} if other else {})


def _moments(values: pd.Series[Any]) -> dict[str, Any] | None:
    values = values.dropna().astype(float)
    if len(values) < 4 * SMALLEST_CELL:  # the outer quantiles would show single patients
        return None
    return {
        "n": len(values),
        "mean": round(float(values.mean()), 3),
        "sd": round(float(values.std(ddof=1)), 3),
        "quantiles": {str(q): round(float(values.quantile(q)), 2) for q in QUANTILES},
    }
