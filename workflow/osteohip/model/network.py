"""VGG16 with one non-local block, as the configuration describes it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from osteohip.config import Network, Precision
from osteohip.model.non_local import NonLocal
from osteohip.model.vgg16 import VGG16_BLOCKS, scaled

INITIAL_SEEDS = 0x1417


def convolution_names() -> tuple[str, ...]:
    """Return the names of VGG16's 13 convolutions, as the ImageNet weight files have them."""
    return tuple(
        f"block{block}_conv{place}"
        for block, channels in enumerate(VGG16_BLOCKS, start=1)
        for place in range(1, len(channels) + 1)
    )


@keras.saving.register_keras_serializable(package="osteohip")
class HostNormal(keras.initializers.Initializer):  # type: ignore[misc]
    """Normal weights with variance 2 / inputs (He et al. 2015), drawn by NumPy.

    So a seed starts from the same weights on each backend, and nothing is compiled to draw them.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        """Return weights of ``shape``, the last axis being the outputs."""
        draw = np.random.default_rng(self.seed).standard_normal(shape, dtype=np.float32)
        scale = np.float32(np.sqrt(2 / np.prod(shape[:-1])))
        return keras.ops.convert_to_tensor(draw * scale, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal initialiser."""
        return {"seed": self.seed}


def build_network(
    settings: Network, *, size: int, seed: int = 0, precision: Precision = "float32"
) -> keras.Model:
    """Build the network with random weights.

    Convolutions and dense layers in front of a ReLU start as He et al. 2015 advise: a VGG16 of
    random weights without batch normalisation hardly starts to learn otherwise.

    Parameters
    ----------
    settings
        Width, place of the non-local block, head. Initial weights from a file are not read here.
    size
        Pixels a side of the input.
    seed
        Seed of the weights and of dropout.
    precision
        Arithmetic of all layers but the last; the weights are float32 in either case.

    Returns
    -------
    keras.Model
        From (n, size, size, 1) in [-1, 1] to the logit of osteoporosis, shape (n, 1).
    """
    dtype = "mixed_bfloat16" if precision == "bfloat16" else precision
    seeds = iter(np.random.default_rng([seed, INITIAL_SEEDS]).integers(2**30, size=64).tolist())

    def he_start() -> dict[str, Any]:
        return {"activation": "relu", "kernel_initializer": HostNormal(next(seeds))}

    inputs = keras.Input((size, size, 1), name="crop")
    x = inputs
    for block, channels in enumerate(VGG16_BLOCKS, start=1):
        for place, full in enumerate(channels, start=1):
            x = keras.layers.Conv2D(
                scaled(full, settings.width),
                3,
                padding="same",
                name=f"block{block}_conv{place}",
                dtype=dtype,
                **he_start(),
            )(x)
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool", dtype=dtype)(x)
        if settings.non_local_after == f"block{block}":
            x = NonLocal(seed=next(seeds), name="non_local", dtype=dtype)(x)
    if settings.head == "flatten":
        x = keras.layers.Flatten(name="flatten", dtype=dtype)(x)
    else:
        x = keras.layers.GlobalAveragePooling2D(name="average", dtype=dtype)(x)
    for place, units in enumerate(settings.head_units, start=1):
        x = keras.layers.Dense(units, name=f"head{place}", dtype=dtype, **he_start())(x)
        if settings.dropout > 0:
            name = f"dropout{place}"
            x = keras.layers.Dropout(settings.dropout, seed=0, name=name, dtype=dtype)(x)
    start = keras.initializers.GlorotUniform(next(seeds))
    logit = keras.layers.Dense(1, kernel_initializer=start, name="logit", dtype="float32")(x)
    return keras.Model(inputs, logit, name="osteohip")


def reseed_dropout(network: keras.Model, *, seed: int, epoch: int) -> None:
    """Set what dropout draws in an epoch, so that it depends on seed and epoch alone."""
    for place, layer in enumerate(network.layers):
        if isinstance(layer, keras.layers.Dropout):
            draws = np.random.default_rng([seed, epoch, place]).integers(2**31, size=2)
            layer.seed_generator.state.assign(draws.astype("uint32"))
