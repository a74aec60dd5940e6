"""Grad-CAM, with no call of a backend: Keras differentiates where it trains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from osteohip.errors import StudyError
from osteohip.model.determinism import compile_ahead
from osteohip.model.prediction import BATCH_SIZE

Tensor = Any
Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


class Nudged(keras.layers.Layer):  # type: ignore[misc]
    """The part of a network above a layer, with a number added to each channel of each case.

    The numbers are 0. One step of plain gradient descent at rate 1 turns them into the negated
    gradient of the loss, summed over the channel's positions.

    Parameters
    ----------
    above
        From the layer's output to the logit.
    """

    def __init__(self, above: keras.Model):
        super().__init__(name="nudged")
        self.above = above

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the numbers for inputs of shape (batch, rows, columns, channels)."""
        shape = (input_shape[0], 1, 1, input_shape[-1])
        self.nudge = self.add_weight(name="nudge", shape=shape, initializer="zeros")

    def call(self, inputs: Tensor) -> Tensor:
        """Return the logits, shape (batch, 1)."""
        # Keras believes that it trains; what stands above must not drop anything out.
        return self.above(inputs + self.nudge, training=False)

    def take_step(self) -> Floats:
        """Return the numbers, shape (batch, channels), and set them to 0 again."""
        found = keras.ops.convert_to_numpy(self.nudge)
        self.nudge.assign(np.zeros_like(found))
        return np.asarray(found[:, 0, 0], dtype=np.float64)


class LoweredTarget(keras.losses.Loss):  # type: ignore[misc]
    """Minus the target's logit, summed over the cases: what lowers it raises the called class."""

    def __init__(self) -> None:
        super().__init__(name="lowered_target", reduction="sum")

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return shape (n,), for targets 1 or -1 and logits of shape (n, 1)."""
        return -keras.ops.sum(y_true * y_pred, axis=-1)


@dataclass(frozen=True)
class Mapper:
    """Models that share a network's weights, and follow where those change.

    Parameters
    ----------
    layers
        Names of the layers whose maps are made.
    activations
        From the network's input to the output of each of these layers.
    nudged
        For each layer, from its output to the logit, as `Nudged`; nothing else can be trained.
    """

    layers: tuple[str, ...]
    activations: keras.Model
    nudged: tuple[keras.Model, ...]


def make_mapper(network: keras.Model, layers: Sequence[str]) -> Mapper:
    """Prepare the maps of some layers of a network; its weights can no longer be trained."""
    network.trainable = False
    outputs = [network.get_layer(name).output for name in layers]
    activations = keras.Model(network.input, outputs, name="activations")
    activations.compile(jit_compile=compile_ahead())
    return Mapper(tuple(layers), activations, tuple(_nudged(network, found) for found in outputs))


def _nudged(network: keras.Model, output: Tensor) -> keras.Model:
    inputs = keras.Input(batch_shape=(BATCH_SIZE, *output.shape[1:]))
    above = keras.Model(output, network.output, name="above")
    model = keras.Model(inputs, Nudged(above)(inputs))
    model.compile(
        optimizer=keras.optimizers.SGD(1.0), loss=LoweredTarget(), jit_compile=compile_ahead()
    )
    return model


def class_maps(
    mapper: Mapper, inputs: Floats32, target: npt.NDArray[np.int8]
) -> dict[str, Floats32]:
    """Return the maps of the called class in each of the mapper's layers.

    Selvaraju et al. 2017 ("Grad-CAM"), equations 1 and 2: ReLU of the sum over the channels of
    activation times the channel's weight, which is the mean over all positions of the gradient of
    the class's score. That score is the logit, not the sigmoid, whose gradient vanishes where the
    network is sure; for a case that is called negative it is the negated logit.

    All batches are of one size, so a map depends on the others of its batch in nothing but the
    rounding of float32.

    Parameters
    ----------
    inputs
        Shape (n, size, size, 1), float32, what the network takes.
    target
        Shape (n,), 1 or -1: sign of the logit whose maps are asked for.

    Returns
    -------
    dict
        For each layer, shape (n, rows, columns), float32, at least 0.

    Raises
    ------
    StudyError
        If a map is not finite.
    """
    maps: dict[str, list[Floats]] = {name: [] for name in mapper.layers}
    for batch, count in batches(len(inputs)):
        signs = target[batch].astype(np.float32)[:, None]
        activations = mapper.activations.predict_on_batch(inputs[batch])
        found = activations if isinstance(activations, (list, tuple)) else [activations]
        for name, model, activation in zip(mapper.layers, mapper.nudged, found, strict=True):
            model.train_on_batch(activation, signs)
            positions = activation.shape[1] * activation.shape[2]
            weights = model.get_layer("nudged").take_step() / positions
            summed = np.einsum("nrkc,nc->nrk", activation.astype(np.float64), weights)
            maps[name].append(np.maximum(summed, 0)[:count])
    arrays = {name: np.concatenate(parts).astype(np.float32) for name, parts in maps.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise StudyError(f"the maps of {name} are not finite: the network's numbers overflow")
    return arrays


def batches(n: int) -> Iterator[tuple[npt.NDArray[np.int64], int]]:
    """Yield the indices of batches, all of one size, and how many of each count.

    The last batch is filled up with the last case.
    """
    for start in range(0, n, BATCH_SIZE):
        yield np.minimum(np.arange(start, start + BATCH_SIZE), n - 1), min(BATCH_SIZE, n - start)
