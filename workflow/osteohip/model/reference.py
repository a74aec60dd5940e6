"""What a model bundle tells of its development cohort: aggregates, no cell under five."""

from __future__ import annotations

from typing import Any

import pandas as pd

SMALLEST_CELL = 5
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


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
