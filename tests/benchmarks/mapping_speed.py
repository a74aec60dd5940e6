"""Measure what batches save: CPU time of maps made case by case against those of `class_maps`.

Case by case is the usual way with TensorFlow: a tape around one forward pass. Run as
`PYTHONPATH=workflow python tests/benchmarks/mapping_speed.py`.
"""

import time
from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt

from osteohip.config import Images, Network
from osteohip.model.determinism import prepare_backend

CASES = 160
REPEATS = 3
LAYER = "block5_conv3"


def least_cpu_seconds(work: Callable[[], object]) -> float:
    """Return the least CPU time after one run to warm up."""
    work()
    found = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def one_by_one(
    network: keras.Model, inputs: npt.NDArray[np.float32], target: npt.NDArray[np.int8]
) -> npt.NDArray[np.float32]:
    """Return the maps of one layer, shape (n, rows, columns), each by a tape of its own."""
    import tensorflow as tf

    both = keras.Model(network.input, [network.get_layer(LAYER).output, network.output])
    maps = []
    for image, sign in zip(inputs, target, strict=True):
        with tf.GradientTape() as tape:
            activation, logit = both(image[None])
            score = logit[0, 0] * float(sign)
        weights = tf.reduce_mean(tape.gradient(score, activation), axis=(0, 1, 2))
        maps.append(tf.nn.relu(tf.reduce_sum(activation[0] * weights, axis=-1)).numpy())
    return np.stack(maps)


def main() -> None:
    """Print both times and their ratio, and that the maps are the same."""
    prepare_backend(device="cpu", seed=1)

    from osteohip.explanation.gradcam import class_maps, make_mapper
    from osteohip.model.network import build_network

    size = Images().size
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-1, 1, (CASES, size, size, 1)).astype(np.float32)
    target = np.where(rng.random(CASES) < 0.5, 1, -1).astype(np.int8)
    network = build_network(Network(), size=size, seed=1)
    mapper = make_mapper(network, [LAYER])
    batched = class_maps(mapper, inputs, target)[LAYER]
    singly = one_by_one(network, inputs, target)
    difference = np.abs(batched - singly).max() / singly.max()
    alone, together = (
        least_cpu_seconds(work)
        for work in (
            lambda: one_by_one(network, inputs, target),
            lambda: class_maps(mapper, inputs, target),
        )
    )
    print(
        f"{alone:.2f} s of CPU one by one, {together:.2f} s in batches: {alone / together:.1f} "
        f"times, maps within {difference:.0e} of the largest heat"
    )


if __name__ == "__main__":
    main()
