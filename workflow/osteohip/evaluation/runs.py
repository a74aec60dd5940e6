"""Several runs of the model side by side: how far seeds differ, and variants on the same cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np

from osteohip.config import Plan
from osteohip.evaluation.comparison import paired_delong
from osteohip.evaluation.ensemble import same_cases
from osteohip.evaluation.predictions import Predictions

MEASURES = ("auc", "accuracy", "sensitivity", "specificity")


@dataclass(frozen=True)
class Spread:
    """Values of several seeds.

    Parameters
    ----------
    n
        How many are defined.
    mean, low, high
        Mean and range; None where there is no value.
    sd
        Standard deviation of the sample; None for fewer than two values.
    reason
        Why something is None.
    """

    n: int
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    reason: str | None = None


def spread(values: Sequence[float | None]) -> Spread:
    """Return mean, standard deviation and range of the values that are defined."""
    known = [value for value in values if value is not None]
    if not known:
        return Spread(0, None, None, None, None, "no value is defined")
    mean, low, high = math.fsum(known) / len(known), min(known), max(known)
    if len(known) < 2:
        return Spread(1, mean, None, low, high, "one value has no standard deviation")
    return Spread(len(known), mean, float(np.std(known, ddof=1)), low, high)


def compare_runs(
    plan: Sequence[Plan],
    *,
    primary: str,
    predictions: Mapping[str, Predictions],
    metrics: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Compare the runs in one cohort.

    Parameters
    ----------
    plan
        All runs. The variant of ``primary`` is the reference.
    predictions
        Scores of each run, of the same cases.
    metrics
        Content of each run's ``metrics.json``.

    Returns
    -------
    dict
        ``n``; ``runs`` with the estimates of `MEASURES`; ``variants`` with their `Spread` over the
        seeds; ``differences`` of each other variant to the reference, paired by seed, each with
        DeLong's paired interval and test on these cases, and their spread; ``ensembles`` against
        the primary run.

    Raises
    ------
    StudyError
        If the runs did not score the same cases.
    """
    found = same_cases(predictions)
    trained = [run for run in plan if run.ensemble is None]
    reference = next(run.variant for run in plan if run.name == primary)

    def difference(run: str, to: str) -> dict[str, Any]:
        compared = paired_delong(
            labels=found[to].labels, scores_a=found[run].scores, scores_b=found[to].scores
        )
        return {"run": run, "reference": to, **compared.as_json()}

    others = sorted({run.variant or "" for run in trained if run.variant != reference})
    of_reference = {run.seeds: run.name for run in plan if run.variant == reference}
    differences = []
    for variant in others:
        pairs = [
            {
                "seeds": list(run.seeds),
                "ensemble": run.ensemble is not None,
                **difference(run.name, of_reference[run.seeds]),
            }
            for run in plan
            if run.variant == variant and run.seeds in of_reference
        ]
        single = [pair["difference"] for pair in pairs if not pair["ensemble"]]
        differences.append({"variant": variant, "pairs": pairs, "spread": asdict(spread(single))})
    return {
        "n": len(found[primary].labels),
        "runs": [
            {"name": run.name, **{m: metrics[run.name]["metrics"][m] for m in MEASURES}}
            for run in plan
        ],
        "variants": [
            {
                "variant": variant,
                "runs": [run.name for run in of_variant],
                "spread": {
                    m: asdict(
                        spread([metrics[r.name]["metrics"][m]["estimate"] for r in of_variant])
                    )
                    for m in MEASURES
                },
            }
            for variant, of_variant in by_variant(trained, first=reference)
        ],
        "differences": differences,
        "ensembles": [difference(run.name, primary) for run in plan if run.ensemble is not None],
    }


def by_variant(runs: Sequence[Plan], *, first: str | None) -> list[tuple[str, list[Plan]]]:
    """Return the runs by variant, the variant ``first`` before the others."""

    def key(run: Plan) -> tuple[bool, str]:
        return run.variant != first, run.variant or ""

    return [
        (variant, list(group)) for (_, variant), group in groupby(sorted(runs, key=key), key=key)
    ]
