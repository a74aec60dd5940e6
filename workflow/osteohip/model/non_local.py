"""The embedded-Gaussian non-local block of Wang et al. 2018."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any


@keras.saving.register_keras_serializable(package="osteohip")
class NonLocal(keras.layers.Layer):  # type: ignore[misc]
    """``z = x + W_z y`` with ``y = softmax(theta(x) phi(x)^T) g(x)`` over all positions.

    Wang et al. 2018 ("Non-local Neural Networks"), equation 6: theta, phi, g and W_z are 1 x 1
    convolutions, here dense layers over the channels. As there, the inner channels are half of the
    outer ones and the block starts as the identity: W_z starts at zero. They start the scale of a
    batch normalisation behind W_z at zero instead; VGG16 has no batch normalisation and the paper's
    batch of one image allows none, so W_z itself does.

    Parameters
    ----------
    inner
        Channels of theta, phi and g; None takes half of the input's, at least 1.
    seed
        Seed of the initial theta, phi and g.
    """

    def __init__(self, inner: int | None = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.inner = inner
        self.seed = seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the four projections for inputs of shape (n, rows, columns, channels)."""
        channels = input_shape[-1]
        assert channels is not None
        inner = self.inner if self.inner is not None else max(channels // 2, 1)

        seeds = [None] * 3 if self.seed is None else [self.seed + i for i in range(3)]
        self.theta, self.phi, self.g = (
            keras.layers.Dense(
                inner,
                name=name,
                kernel_initializer=keras.initializers.GlorotUniform(seed),
                dtype=self.dtype_policy,
            )
            for name, seed in zip(("theta", "phi", "g"), seeds, strict=True)
        )
        self.output_projection = keras.layers.Dense(
            channels, name="output", kernel_initializer="zeros", dtype=self.dtype_policy
        )
        for layer in (self.theta, self.phi, self.g):
            layer.build((None, None, channels))
        self.output_projection.build((None, None, inner))
        self.built = True

    def attention(self, inputs: Tensor) -> Tensor:
        """Return how much each position looks at each other, shape (n, positions, positions).

        Rows sum to 1; positions run row by row.
        """
        x = self._positions(inputs)
        alike = ops.matmul(self.theta(x), ops.swapaxes(self.phi(x), 1, 2))
        # In half precision the shares would not sum to 1.
        return ops.cast(ops.softmax(ops.cast(alike, "float32"), axis=-1), self.compute_dtype)

    def call(self, inputs: Tensor) -> Tensor:
        """Return (n, rows, columns, channels), the shape that came in."""
        y = ops.matmul(self.attention(inputs), self.g(self._positions(inputs)))
        return inputs + ops.reshape(self.output_projection(y), ops.shape(inputs))

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal block."""
        return {**super().get_config(), "inner": self.inner, "seed": self.seed}

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input's shape."""
        return input_shape

    @staticmethod
    def _positions(inputs: Tensor) -> Tensor:
        rows, columns, channels = inputs.shape[1:]
        return ops.reshape(inputs, (-1, rows * columns, channels))
