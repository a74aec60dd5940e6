"""ImageNet weights of VGG16's convolutions, from a file that the user has."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import keras
import numpy as np
import numpy.typing as npt

from osteohip.config import InitialWeights, Network
from osteohip.errors import StudyError
from osteohip.model.network import convolution_names

# Our inputs reach from -1 to 1, those of the ImageNet weights over about 255 grey levels.
GREY_LEVELS = 127.5


def load_initial_weights(network: keras.Model, settings: Network) -> None:
    """Set the convolutions to the file's weights; head and non-local block stay as they are.

    The first convolution takes one grey channel: its red, green and blue kernels are summed, which
    is the same as a film repeated in three channels, and multiplied by `GREY_LEVELS`, so that our
    inputs weigh against the biases as 8-bit pixels do.

    Raises
    ------
    StudyError
        If the width is not 1, the file is missing, has another SHA-256, or holds no such weights.
    """
    chosen = settings.initial_weights
    if chosen is None:
        return
    if settings.width != 1:
        raise StudyError(
            f"network.initial_weights: these are weights of width 1, but network.width is "
            f"{settings.width}"
        )
    checked = _checked_file(chosen)
    try:
        with h5py.File(checked, "r") as file:
            found = _arrays_by_layer(file)
    except OSError:
        raise StudyError(f"{checked}: expected an HDF5 file of weights") from None
    for name in convolution_names():
        layer = network.get_layer(name)
        shapes = [tuple(weight.shape) for weight in layer.weights]
        kernel, bias = (
            next((array for array in found.get(name, []) if array.ndim == rank), None)
            for rank in (4, 1)
        )
        if name == convolution_names()[0] and kernel is not None:
            kernel = kernel.sum(axis=2, keepdims=True) * GREY_LEVELS
        if kernel is None or bias is None or [kernel.shape, bias.shape] != shapes:
            raise StudyError(f"{checked}: expected weights of VGG16 for the layer {name}")
        layer.set_weights([kernel, bias])


def _checked_file(chosen: InitialWeights) -> Path:
    path = Path(chosen.path)
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        raise StudyError(f"network.initial_weights: there is no file {path}") from None
    if digest != chosen.sha256:
        raise StudyError(
            f"network.initial_weights: {path} has the SHA-256 {digest}, expected {chosen.sha256}"
        )
    return path


def _arrays_by_layer(file: h5py.File) -> dict[str, list[npt.NDArray[np.float32]]]:
    """Return the arrays of each layer.

    The published file names its groups after the layers; Keras 3 says a layer's name in an
    attribute of the group.
    """
    found: dict[str, list[npt.NDArray[np.float32]]] = {}

    def visit(path: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            names = {*path.split("/")[:-1], str(item.parent.attrs.get("name"))}
            for name in names:
                found.setdefault(name, []).append(np.asarray(item, dtype=np.float32))

    file.visititems(visit)
    return found
