"""Layers of a network by the names that the configuration uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from osteohip.errors import StudyError
from osteohip.model.network import convolution_names
from osteohip.model.non_local import NonLocal

LAST_CONVOLUTION = "last_convolution"
BEFORE_NON_LOCAL = "before_non_local"
NO_BLOCK = "the network has no non-local block"


@dataclass(frozen=True)
class ChosenLayers:
    """Layers of a network whose maps are made.

    Parameters
    ----------
    asked
        For each layer's own name the first name by which it was asked for.
    left_out
        Names that were asked for and that the network has no layer for, with the reason.
    """

    asked: dict[str, str]
    left_out: dict[str, str]


def chosen_layers(network: keras.Model, names: Sequence[str]) -> ChosenLayers:
    """Find layers of ``network``; one that was asked for by two names is there once.

    Raises
    ------
    StudyError
        If the network has none of them.
    """
    asked: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name in names:
        found = _layer(network, name)
        if found is None:
            left_out[name] = NO_BLOCK
        else:
            asked.setdefault(found, name)
    if not asked:
        raise StudyError(f"explanation.layers: expected another layer too, since {NO_BLOCK}")
    return ChosenLayers(asked, left_out)


def _layer(network: keras.Model, name: str) -> str | None:
    """Return the layer's own name, None if there is no such layer."""
    if name == LAST_CONVOLUTION:
        return convolution_names()[-1]
    if name != BEFORE_NON_LOCAL:
        return name
    layers = network.layers
    places = [place for place, layer in enumerate(layers) if isinstance(layer, NonLocal)]
    return str(layers[places[0] - 1].name) if places else None
