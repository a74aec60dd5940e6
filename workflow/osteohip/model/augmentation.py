"""The five augmentation strategies, in batches, with the mask of valid pixels moved along.

What is random is drawn on the host, per epoch, into a small table (`draw_epoch`); what costs time
is one pure function of a batch (`augment`). So an epoch depends on the run's seed and its own
number alone, and is the same after a restart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from osteohip.config import Augmentation, Training
from osteohip.model.preprocessing import SIGMA_DIVISOR, SIGMA_JITTER

Tensor = Any
Floats = npt.NDArray[np.float32]
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class EpochPlan:
    """What every sample of an epoch is, in the order of training.

    Parameters
    ----------
    index
        Shape (m,), int32, the image.
    strategy
        Shape (m,), the name of its augmentation.
    affine
        Shape (m, 8), float32, projective coefficients that take an output (column, row) to the
        input, as `keras.ops.image.affine_transform` has them.
    blur
        Shape (m,), float32, weight of the blurred image: 1 blurs, below 0 sharpens, 0 does nothing.
    divisor
        Shape (m,), float32, divisor of the z-score in standard deviations.
    """

    index: npt.NDArray[np.int32]
    strategy: npt.NDArray[np.str_]
    affine: Floats
    blur: Floats
    divisor: Floats


def draw_epoch(*, images: int, size: int, settings: Training, seed: int, epoch: int) -> EpochPlan:
    """Draw the samples of an epoch: every image once with each strategy, shuffled.

    Parameters
    ----------
    images
        Number of training images.
    size
        Pixels a side.
    settings
        Which strategies, and how strong.
    seed, epoch
        Seed of the run and number of the epoch, from 1: all that the draw depends on.
    """
    rng = np.random.default_rng([seed, epoch])
    strategies: Sequence[Augmentation] = settings.augmentations
    index, which = np.divmod(rng.permutation(images * len(strategies)), len(strategies))
    strategy = np.array(strategies)[which]
    samples = len(index)
    turn = np.radians(settings.rotate_degrees) * rng.uniform(-1, 1, samples)
    slant = np.radians(settings.shear_degrees) * rng.uniform(-1, 1, samples)
    u = (
        rng.uniform(-SIGMA_JITTER, SIGMA_JITTER, samples)
        if settings.jitter_sigma
        else np.zeros(samples)
    )
    affine = np.tile(np.array(IDENTITY), (samples, 1))
    rotated, sheared = strategy == "rotate", strategy == "shear"
    affine[rotated] = rotation(turn[rotated], size=size)
    affine[sheared] = shear(slant[sheared], size=size)
    blur = np.select(
        [strategy == "blur", strategy == "sharpen"], [1.0, -settings.sharpen_amount], 0.0
    )
    return EpochPlan(
        index=index.astype(np.int32),
        strategy=strategy,
        affine=affine.astype(np.float32),
        blur=blur.astype(np.float32),
        divisor=(SIGMA_DIVISOR + u).astype(np.float32),
    )


def rotation(angle: npt.NDArray[np.float64], *, size: int) -> npt.NDArray[np.float64]:
    """Return coefficients, shape (n, 8), that turn about the centre by ``angle`` in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    centre = (size - 1) / 2
    zero = np.zeros_like(angle)
    across = centre - cos * centre + sin * centre
    down = centre - sin * centre - cos * centre
    return np.stack([cos, -sin, across, sin, cos, down, zero, zero], axis=1)


def shear(angle: npt.NDArray[np.float64], *, size: int) -> npt.NDArray[np.float64]:
    """Return coefficients, shape (n, 8), that slant columns by ``angle`` about the middle row."""
    slope = np.tan(angle)
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    across = -slope * (size - 1) / 2
    return np.stack([one, slope, across, zero, one, zero, zero, zero], axis=1)


def gaussian(sigma: float) -> tuple[float, ...]:
    """Return the weights of a Gaussian over 2 sigma to both sides, with the sum 1."""
    reach = max(1, math.ceil(2 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return tuple((weights / weights.sum()).tolist())


def augment(
    pixels: Tensor, valid: Tensor, *, affine: Tensor, blur: Tensor, sigma: float
) -> tuple[Tensor, Tensor]:
    """Warp, then blur or sharpen, a batch of crops.

    Valid pixels alone enter the interpolation and the blur, each weighted by how much of it is
    valid, so that padding never leaks into bone.

    Parameters
    ----------
    pixels, valid
        Shape (n, rows, columns), float32 and bool.
    affine, blur
        Shapes (n, 8) and (n,), as in `EpochPlan`.
    sigma
        Standard deviation of the Gaussian blur, in pixels.

    Returns
    -------
    pixels, valid
        As given. A pixel is valid if at least half of what it came from was valid and in the crop;
        invalid pixels are 0.
    """
    weight = ops.cast(valid, "float32")
    layers = ops.stack([ops.where(valid, pixels, 0.0), weight], axis=-1)
    layers = ops.image.affine_transform(
        layers,
        affine,
        interpolation="bilinear",
        fill_mode="constant",
        fill_value=0.0,
        data_format="channels_last",
    )
    valid = layers[..., 1] >= 0.5
    weight = ops.cast(valid, "float32")
    pixels = ops.where(valid, layers[..., 0] / ops.where(valid, layers[..., 1], 1.0), 0.0)
    blurred = _smooth(ops.stack([pixels, weight], axis=-1), gaussian(sigma))
    smooth = blurred[..., 0] / ops.where(valid, blurred[..., 1], 1.0)
    amount = ops.reshape(ops.cast(blur, "float32"), (-1, 1, 1))
    return ops.where(valid, pixels + amount * (smooth - pixels), 0.0), valid


def _smooth(layers: Tensor, weights: tuple[float, ...]) -> Tensor:
    """Convolve (n, rows, columns, k) with ``weights`` along rows and columns, zero outside."""
    reach = len(weights) // 2
    for axis in (1, 2):
        padding = [(0, 0)] * 4
        padding[axis] = (reach, reach)
        padded = ops.pad(layers, padding)
        length = layers.shape[axis]
        window: list[slice] = [slice(None)] * 4
        total: Tensor = 0.0
        for start, share in enumerate(weights):
            window[axis] = slice(start, start + length)
            total = total + share * padded[tuple(window)]
        layers = total
    return layers
