"""Whether maps depend on what the network learned: its weights are randomised layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from osteohip.config import Network
from osteohip.explanation.similarity import similarity, zero_maps
from osteohip.model.network import build_network

Floats32 = npt.NDArray[np.float32]
# Far from the seeds that people choose: a network's own start would be too like what came of it.
RANDOM_WEIGHTS = 0x5A17_2018


def randomised_maps(
    network: keras.Model,
    *,
    settings: Network,
    map_again: Callable[[], Mapping[str, Floats32]],
    true_maps: Mapping[str, Floats32],
) -> tuple[list[dict[str, Any]], Mapping[str, Floats32]]:
    """Randomise the network's layers one after the other from the top, and map after each.

    Adebayo et al. 2018 ("Sanity Checks for Saliency Maps"), section 3.1, cascading randomisation:
    each layer gets weights as a network starts with, and keeps them while those below follow. It is
    one draw of weights.

    Parameters
    ----------
    network
        The network; it ends with the weights that it had.
    settings
        What the network was built from.
    map_again
        Makes the maps with the weights that the network has at that moment, of the class that the
        trained network called.
    true_maps
        The maps with the trained weights.

    Returns
    -------
    tuple
        For each step its layer and how like the true ones the maps are (`similarity`), and the
        maps of the last step, with no trained weight left.
    """
    size = network.input_shape[1]
    trained = network.get_weights()
    fresh = build_network(settings, size=size, seed=RANDOM_WEIGHTS)
    maps = true_maps
    steps = []
    for layer in reversed(network.layers):
        if not layer.weights:
            continue
        layer.set_weights(fresh.get_layer(layer.name).get_weights())
        maps = map_again()
        alike = {
            name: {"zero": zero_maps(found), **similarity(true_maps[name], found, size=size)}
            for name, found in maps.items()
        }
        steps.append({"layer": layer.name, "maps": alike})
    network.set_weights(trained)
    return steps, maps


def between_cases(maps: Floats32, *, size: int) -> dict[str, Any]:
    """Return how alike the maps of different cases are: each against the next, the last the first.

    What maps have in common because all hips lie alike in their crops is no trace of the weights,
    so a randomised network's maps cannot be asked to be less like the true ones than that.
    """
    return similarity(maps, np.roll(maps, -1, axis=0), size=size)
