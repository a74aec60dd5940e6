"""Maps of several networks of the same cases, set beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from osteohip.errors import StudyError
from osteohip.evaluation.discrimination import auc
from osteohip.explanation.maps import Maps
from osteohip.explanation.similarity import (
    median,
    similarities,
    similarity,
    summary,
    zero_maps,
)

Floats = npt.NDArray[np.float64]
NO_PAIR = "no case that two runs call the same has two maps that differ within themselves"


def agreement_of_seeds(runs: Mapping[str, Maps], *, size: int) -> dict[str, Any]:
    """Return how alike the maps of networks are that differ in their seed alone.

    Only cases that both networks of a pair call the same are compared: the others' maps are those
    of opposite classes.

    Parameters
    ----------
    runs
        Maps of the same cases and layers by the name of the run, at least two.
    size
        Pixels a side of the crop.

    Returns
    -------
    dict
        For each layer each pair's `summary`, and the `median` over the cases of what a case has
        in the mean over the pairs that call it the same.

    Raises
    ------
    StudyError
        If the runs do not have the same cases and layers.
    """
    _check_same(list(runs.values()))
    first = next(iter(runs.values()))
    pairs = list(combinations(runs, 2))
    alike = {
        (a, b): runs[a].target == runs[b].target  # cases that both call the same
        for a, b in pairs
    }
    layers: dict[str, Any] = {}
    for name in first.layers:
        maps = {run: found.layers[name] for run, found in runs.items()}
        values = {(a, b): similarities(maps[a], maps[b], size=size) for a, b in pairs}
        layers[name] = {
            measure: median(
                _mean_of_pairs([_where(alike[pair], values[pair][measure]) for pair in pairs]),
                reason=NO_PAIR,
            ).as_json()
            for measure in ("spearman", "ssim")
        } | {
            "pairs": [
                {
                    "runs": list(pair),
                    "called_the_same": int(alike[pair].sum()),
                    **summary({of: found[alike[pair]] for of, found in values[pair].items()}),
                }
                for pair in pairs
            ],
        }
    return {"n": len(first), "runs": list(runs), "layers": layers}


def shuffled_beside(
    primary: Maps, shuffled: Maps, *, labels: npt.NDArray[np.int64], size: int
) -> dict[str, Any]:
    """Return how like the maps of a network are to those of one trained on shuffled labels.

    Adebayo et al. 2018 ("Sanity Checks for Saliency Maps"), section 3.2, the data randomisation
    test. Both map the class that the first network called.

    Parameters
    ----------
    primary, shuffled
        Maps of the same cases, layers and targets.
    labels
        Shape (n,), 1 for osteoporosis, 0 for none: the true ones.
    size
        Pixels a side of the crop.

    Returns
    -------
    dict
        ``auc`` of both networks against the true labels, with intervals, and for each layer the
        ``zero`` maps of both and their `similarity`.

    Raises
    ------
    StudyError
        If the two do not have the same cases, layers and targets.
    """
    _check_same([primary, shuffled])
    if (primary.target != shuffled.target).any():
        raise StudyError("expected maps of the same class of each case")
    both = {"primary": primary, "shuffled": shuffled}
    return {
        "n": len(primary),
        "auc": {
            name: auc(labels=labels, scores=maps.score).as_json() for name, maps in both.items()
        },
        "layers": {
            layer: {
                "zero": {name: zero_maps(maps.layers[layer]) for name, maps in both.items()},
                **similarity(primary.layers[layer], shuffled.layers[layer], size=size),
            }
            for layer in primary.layers
        },
    }


def _check_same(runs: list[Maps]) -> None:
    first = runs[0]
    for other in runs[1:]:
        same_cases = first.case_ids.tolist() == other.case_ids.tolist()
        if not same_cases or list(first.layers) != list(other.layers):
            raise StudyError("expected maps of the same cases and layers")


def _where(chosen: npt.NDArray[np.bool_], values: Floats) -> Floats:
    """Return ``values``, not a number where not chosen."""
    return np.where(chosen, values, np.nan)


def _mean_of_pairs(values: list[Floats]) -> Floats:
    """Return each case's mean over the pairs that have a number, if there is any."""
    table = np.array(values)
    numbers = ~np.isnan(table)
    found = np.full(table.shape[1], np.nan)
    np.divide(
        np.where(numbers, table, 0).sum(axis=0),
        numbers.sum(axis=0),
        out=found,
        where=numbers.any(axis=0),
    )
    return found
