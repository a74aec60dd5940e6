"""The same measures in parts of a cohort: by age, side, device maker and T-score."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from osteohip.errors import StudyError
from osteohip.evaluation.discrimination import auc
from osteohip.evaluation.estimate import Estimate
from osteohip.evaluation.measures import confusion, proportions
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.proportions import ProportionInterval

# Lower ends of the age bands after the first.
AGES = (65, 75, 85)
# Borders of the T-score bands, counted from the T-score that makes the label.
T_SCORES = (-1.0, -0.5, 0.0, 0.5, 1.5)
NEAR = 0.5
SUBGROUP_COLUMNS = (
    "variable",
    "level",
    "n",
    "osteoporosis",
    "measure",
    "estimate",
    "low",
    "high",
    "k",
    "denominator",
    "method",
    "reason",
)
MEASURES = ("auc", "sensitivity", "specificity")
NEEDED = ("case_id", "age_years", "side", "manufacturer", "t_score")

Mask = npt.NDArray[np.bool_]


def subgroup_table(
    predictions: Predictions,
    cohort: pd.DataFrame,
    *,
    threshold: float,
    smallest: int,
    label_t_score: float = -2.5,
    interval: ProportionInterval = "wilson",
) -> pd.DataFrame:
    """Return ``subgroups.csv``: AUC, sensitivity and specificity of each subgroup.

    Parameters
    ----------
    cohort
        Rows of ``cohort.csv``, at least those of the predictions.
    threshold
        Operating point.
    smallest
        A subgroup of fewer cases is listed without measures.
    interval
        Of sensitivity and specificity.
    label_t_score
        T-score at or below which the label is osteoporosis; the bands are laid around it.

    Returns
    -------
    DataFrame
        Columns `SUBGROUP_COLUMNS`, three rows a subgroup, the first subgroup being all cases.
        Cases that lack a variable are a subgroup of their own, so that each variable's add up;
        the two bands by distance from the label's T-score are a variable of their own.

    Raises
    ------
    StudyError
        If the cohort lacks a column or a case.
    """
    missing = [column for column in NEEDED if column not in cohort]
    if missing:
        raise StudyError(f"cohort.csv: expected the columns {', '.join(missing)}")
    rows = cohort.set_index("case_id").reindex(pd.Index(predictions.case_ids))
    absent = int((~pd.Index(predictions.case_ids).isin(cohort["case_id"])).sum())
    if absent:
        raise StudyError(f"{absent} of the predictions' cases are not in cohort.csv")
    found = []
    for variable, level, inside in _subgroups(rows, label_t_score):
        labels, scores = predictions.labels[inside], predictions.scores[inside]
        if not len(labels):
            continue
        head = (variable, level, len(labels), int(labels.sum()))
        if len(labels) < smallest:
            few = f"fewer than {smallest} hips"
            estimates = {
                name: Estimate(None, None, None, None, len(labels), "", few) for name in MEASURES
            }
        else:
            counts = confusion(labels=labels, scores=scores, threshold=threshold)
            estimates = {
                "auc": auc(labels=labels, scores=scores),
                **proportions(counts, interval=interval),
            }
        found += [
            (
                *head,
                name,
                *(getattr(estimates[name], part) for part in ("estimate", "low", "high")),
                *(getattr(estimates[name], part) for part in ("k", "n", "method", "reason")),
            )
            for name in MEASURES
        ]
    table = pd.DataFrame(found, columns=list(SUBGROUP_COLUMNS))
    return table.astype({"k": "Int64", "denominator": "Int64"})


def _subgroups(rows: pd.DataFrame, label: float) -> Iterator[tuple[str, str, Mask]]:
    """Yield variable, level and members of every subgroup."""
    yield "all", "all hips", np.ones(len(rows), dtype=bool)
    age = rows["age_years"].to_numpy(dtype=float)
    bands = [-np.inf, *AGES, np.inf]
    for low, high in pairwise(bands):
        name = _band(low, high, "under {1:g}", "{0:g} and over", "{0:g} to under {1:g}")
        yield "age", name, (age >= low) & (age < high)
    yield "age", "not stated", np.isnan(age)
    side = rows["side"].to_numpy(dtype=object)
    for code, name in (("R", "right"), ("L", "left")):
        yield "side", name, side == code
    maker = rows["manufacturer"].fillna("not stated").astype(str).to_numpy(dtype=object)
    for name in sorted(set(maker)):
        yield "manufacturer", name, maker == name
    t = rows["t_score"].to_numpy(dtype=float)
    # T-scores have one decimal: a sum such as -2.5 + 0.5 must not miss by a rounding.
    bands = [-np.inf, *(round(label + border, 6) for border in T_SCORES), np.inf]
    for low, high in pairwise(bands):
        name = _band(low, high, "{1:.1f} or less", "above {0:.1f}", "above {0:.1f} to {1:.1f}")
        yield "t_score", name, (t > low) & (t <= high)
    yield "t_score", "not stated", np.isnan(t)
    distance = np.round(np.abs(t - label), 6)
    near = f"within {NEAR:g} of {label:.1f}"
    yield "t_score_distance", near, distance < NEAR
    yield "t_score_distance", f"{NEAR:g} or more from {label:.1f}", distance >= NEAR
    yield "t_score_distance", "not stated", np.isnan(t)


def _band(low: float, high: float, first: str, last: str, middle: str) -> str:
    """Return the name of a band from its borders."""
    pattern = first if np.isneginf(low) else last if np.isposinf(high) else middle
    return pattern.format(low, high)
