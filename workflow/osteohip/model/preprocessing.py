"""From a crop to the network's input: z-score over valid pixels, clip, invalid pixels to zero."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

SIGMA_DIVISOR = 2.0
# In training the divisor is drawn from this far below to this far above.
SIGMA_JITTER = 1.0
CLIP = 1.0
Tensor = Any


def normalise(pixels: Tensor, valid: Tensor, divisor: Tensor) -> Tensor:
    """Return ``clip((x - mean) / (divisor * sigma), -1, 1)``; invalid pixels become 0.

    The z-transform of Jang et al. 2021 (Methods, "Training details"): 2 sigma, or (2 + u) sigma
    with u in (-1, 1) while training (`SIGMA_DIVISOR`, `SIGMA_JITTER`). Mean and standard
    deviation (of the population) are those of the crop's valid pixels.

    Parameters
    ----------
    pixels
        Shape (n, rows, columns), any unit, bone bright.
    valid
        Shape (n, rows, columns), bool.
    divisor
        Shape (n,), in standard deviations, positive.

    Returns
    -------
    Tensor
        Shape (n, rows, columns), float32, within [-1, 1]. A crop whose valid pixels are all equal,
        or that has none, is 0 everywhere.
    """
    pixels = ops.cast(pixels, "float32")
    weight = ops.cast(valid, "float32")
    axes = (1, 2)
    count = ops.maximum(ops.sum(weight, axis=axes, keepdims=True), 1.0)
    mean = ops.sum(ops.where(valid, pixels, 0.0), axis=axes, keepdims=True) / count
    centred = ops.where(valid, pixels - mean, 0.0)
    sigma = ops.sqrt(ops.sum(centred * centred, axis=axes, keepdims=True) / count)
    scale = ops.reshape(ops.cast(divisor, "float32"), (-1, 1, 1)) * sigma
    # The mean of equal float32 pixels may differ from them in the last bits: that is no contrast.
    flat = sigma <= 1e-6 * ops.abs(mean)
    scored = ops.where(flat, 0.0, centred / ops.where(flat, 1.0, scale))
    return ops.clip(scored, -CLIP, CLIP)


@keras.saving.register_keras_serializable(package="osteohip")
class Normalise(keras.layers.Layer):  # type: ignore[misc]
    """`normalise` with the divisor 2 that validation, test and external sites get."""

    def call(self, pixels: Tensor, valid: Tensor) -> Tensor:
        """Return the network's input, shape (n, rows, columns, 1)."""
        divisor = ops.full((ops.shape(pixels)[0],), SIGMA_DIVISOR, dtype="float32")
        return ops.expand_dims(normalise(pixels, valid, divisor), axis=-1)
