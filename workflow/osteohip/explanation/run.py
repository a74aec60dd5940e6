"""Explain one run on one cohort: maps, curves, and what is left of the maps without the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from osteohip.config import Network
from osteohip.explanation.curves import FRACTIONS, deletion_insertion
from osteohip.explanation.gradcam import batches, class_maps, make_mapper
from osteohip.explanation.layers import chosen_layers
from osteohip.explanation.maps import Maps
from osteohip.explanation.sanity import between_cases, curves_beside, randomised_maps
from osteohip.explanation.similarity import zero_maps
from osteohip.model.cases import Cases
from osteohip.model.determinism import compile_ahead
from osteohip.model.preprocessing import Normalise

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Explained:
    """What explaining gives.

    Parameters
    ----------
    maps
        The content of ``maps.npz``.
    sanity
        The content of ``sanity.json``.
    """

    maps: Maps
    sanity: dict[str, Any]


def explain_cases(
    network: keras.Model,
    *,
    settings: Network,
    cases: Cases,
    score: Floats,
    target: npt.NDArray[np.int8],
    layers: Sequence[str],
) -> Explained:
    """Map all cases, and check the maps.

    Parameters
    ----------
    network
        From (n, size, size, 1) to logits; its weights can no longer be trained.
    settings
        What the network was built from.
    score, target
        As `Maps` has them.
    layers
        As the configuration names them.

    Raises
    ------
    StudyError
        If the network has none of the layers.
    """
    chosen = chosen_layers(network, layers)
    network.compile(jit_compile=compile_ahead())
    inputs = network_inputs(cases)
    mapper = make_mapper(network, tuple(chosen.asked))
    maps = class_maps(mapper, inputs, target)
    shown = mapper.layers[0]
    steps, random_maps = randomised_maps(
        network,
        settings=settings,
        map_again=lambda some: class_maps(mapper, inputs[some], target[some]),
        true_maps=maps,
    )
    curves, random_curves = (
        deletion_insertion(
            lambda changed: network_logits(network, changed),
            inputs=inputs,
            maps=found[shown],
            target=target,
        )
        for found in (maps, random_maps)
    )
    sanity = {
        "n": len(cases),
        "layers": {
            name: {
                "asked": chosen.asked[name],
                "rows": found.shape[1],
                "columns": found.shape[2],
                "zero": zero_maps(found),
                "between_cases": between_cases(found, size=cases.size),
            }
            for name, found in maps.items()
        },
        "left_out": chosen.left_out,
        "curves": curves_beside(curves, random_curves, fraction=FRACTIONS),
        "steps": steps,
    }
    return Explained(
        Maps(
            case_ids=cases.case_ids,
            score=score,
            target=target,
            layers=maps,
            randomised=random_maps[shown],
            fraction=FRACTIONS,
            deletion=curves[0],
            insertion=curves[1],
        ),
        sanity,
    )


def network_inputs(cases: Cases) -> Floats32:
    """Return what the network takes of the cases, shape (n, size, size, 1), float32."""
    prepare = Normalise()
    parts = [
        keras.ops.convert_to_numpy(prepare(cases.pixels[batch], cases.valid[batch]))[:count]
        for batch, count in batches(len(cases))
    ]
    return np.concatenate(parts)


def network_logits(network: keras.Model, inputs: Floats32) -> Floats:
    """Return the logits, shape (n,), of what `network_inputs` gives."""
    parts = [
        np.asarray(network.predict_on_batch(inputs[batch]))[:count, 0]
        for batch, count in batches(len(inputs))
    ]
    return np.concatenate(parts).astype(np.float64)
