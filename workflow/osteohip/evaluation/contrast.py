"""External cohorts against the internal test set: how far every measure falls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from osteohip.evaluation.aggregates import difference_of_proportions
from osteohip.evaluation.comparison import compare_areas
from osteohip.evaluation.discrimination import delong
from osteohip.evaluation.measures import Confusion, proportion_counts
from osteohip.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Evaluated:
    """One cohort's predictions and the calls made of them."""

    predictions: Predictions
    counts: Confusion


def contrast(internal: Evaluated, external: Evaluated) -> dict[str, Any]:
    """Return internal minus external of the area and of the five proportions.

    Both cohorts are taken as independent, which the proof of disjoint patients assures.

    Returns
    -------
    dict
        ``n_internal, n_external``; ``auc`` with the fields of `AreaDifference`, a being internal;
        ``proportions`` by name, each with ``internal`` and ``external`` as k and n, and the fields
        of `Difference`.
    """
    inside, outside = (
        delong(labels=cohort.predictions.labels, scores=cohort.predictions.scores)
        for cohort in (internal, external)
    )
    ours, theirs = proportion_counts(internal.counts), proportion_counts(external.counts)
    found = {
        name: {
            "internal": dict(zip(("k", "n"), ours[name], strict=True)),
            "external": dict(zip(("k", "n"), theirs[name], strict=True)),
            **difference_of_proportions(first=ours[name], second=theirs[name]).as_json(),
        }
        for name in ours
    }
    return {
        "n_internal": internal.counts.n,
        "n_external": external.counts.n,
        "auc": compare_areas(inside, outside).as_json(),
        "proportions": found,
    }


def contrasts(internal: str, cohorts: Mapping[str, Evaluated]) -> dict[str, Any]:
    """Return the content of ``comparison.json``: each other cohort against ``internal``."""
    return {
        "internal": internal,
        "external": {
            name: contrast(cohorts[internal], cohort)
            for name, cohort in cohorts.items()
            if name != internal
        },
    }
