"""Whether maps depend on what the network learned: its weights are randomised layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from osteohip.config import Network
from osteohip.explanation.maps import area_under
from osteohip.explanation.similarity import median, similarity, zero_maps
from osteohip.model.network import build_network

Floats32 = npt.NDArray[np.float32]
Curves = tuple[Floats32, Floats32]
Indices = npt.NDArray[np.int64]
# Far from the seeds that people choose: a network's own start would be too like what came of it.
RANDOM_WEIGHTS = 0x5A17_2018
# With one draw, a class might have no map at all, or the same one in each case, by its luck alone.
DRAWS = 8


def randomised_maps(
    network: keras.Model,
    *,
    settings: Network,
    map_again: Callable[[Indices], Mapping[str, Floats32]],
    true_maps: Mapping[str, Floats32],
) -> tuple[list[dict[str, Any]], dict[str, Floats32]]:
    """Randomise the network's layers one after the other from the top, and map after each.

    Adebayo et al. 2018 ("Sanity Checks for Saliency Maps"), section 3.1, cascading randomisation:
    each layer gets weights as a network starts with, and keeps them while those below follow. It
    is done with several draws of weights, dealt out among the cases in their order.

    Parameters
    ----------
    network
        The network; it ends with the weights that it had.
    settings
        What the network was built from.
    map_again
        Makes the maps of the cases of these indices with the weights that the network has at that
        moment, of the class that the trained network called.
    true_maps
        The maps of all cases with the trained weights.

    Returns
    -------
    tuple
        For each step its layer and how like the true ones the maps are (`similarity`), and the
        maps of the last step, with no trained weight left.
    """
    size = network.input_shape[1]
    trained = network.get_weights()
    cases = len(next(iter(true_maps.values())))
    layers = [layer for layer in reversed(network.layers) if layer.weights]
    found = [{name: np.zeros_like(maps) for name, maps in true_maps.items()} for _ in layers]
    for draw in range(min(DRAWS, cases)):
        dealt = np.arange(draw, cases, DRAWS)
        fresh = build_network(settings, size=size, seed=RANDOM_WEIGHTS + draw)
        for layer, maps in zip(layers, found, strict=True):
            layer.set_weights(fresh.get_layer(layer.name).get_weights())
            for name, some in map_again(dealt).items():
                maps[name][dealt] = some
        network.set_weights(trained)
    steps = [
        {
            "layer": layer.name,
            "maps": {
                name: {"zero": zero_maps(some), **similarity(true_maps[name], some, size=size)}
                for name, some in maps.items()
            },
        }
        for layer, maps in zip(layers, found, strict=True)
    ]
    return steps, found[-1]


def between_cases(maps: Floats32, *, size: int) -> dict[str, Any]:
    """Return how alike the maps of different cases are: each against the next, the last the first.

    What maps have in common because all hips lie alike in their crops is no trace of the weights,
    so a randomised network's maps cannot be asked to be less like the true ones than that.
    """
    return similarity(maps, np.roll(maps, -1, axis=0), size=size)


def curves_beside(
    curves: Curves, randomised: Curves, *, fraction: npt.NDArray[np.floating]
) -> dict[str, Any]:
    """Return the areas under the curves of the maps, and of those of randomised networks.

    An area alone says little: it depends on how sure the network is, and on what it says of a crop
    with nothing on it. The same pixels in the order of a map that knows nothing are the measure.

    Parameters
    ----------
    curves, randomised
        ``deletion`` and ``insertion`` of the same cases, as `deletion_insertion` gives them.
    fraction
        Shares of the pixels.

    Returns
    -------
    dict
        For each curve the `median` area of both and of the difference within a case.
    """
    found: dict[str, Any] = {}
    for name, ours, theirs in zip(("deletion", "insertion"), curves, randomised, strict=True):
        areas = [area_under(fraction, curve) for curve in (ours, theirs)]
        measures = {
            "area": areas[0],
            "randomised": areas[1],
            "difference": areas[0] - areas[1],
        }
        found[name] = {key: median(values).as_json() for key, values in measures.items()}
    return found
