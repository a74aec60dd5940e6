"""Measure what augmentation costs: images per second of a training step with and without it.

Run as `PYTHONPATH=workflow python tests/benchmarks/training_speed.py`, with the other backend by
`KERAS_BACKEND=jax`. CPU seconds are given too, because they bear a busy machine better.
"""

import time
from collections.abc import Callable

import keras
import numpy as np

from osteohip.config import Images, Network, Training
from osteohip.model.augmentation import draw_epoch
from osteohip.model.cases import Cases
from osteohip.model.determinism import compile_ahead, prepare_backend
from osteohip.model.network import build_network
from osteohip.model.training import training_model

IMAGES = 160
REPEATS = 4


def best_seconds(epoch: Callable[[], object]) -> tuple[float, float]:
    """Return the least wall and CPU seconds of an epoch after one to warm up."""
    epoch()
    walls, cpus = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        epoch()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def main() -> None:
    """Print both speeds and their ratio."""
    prepare_backend(device="cpu", seed=1)
    size, settings = Images().size, Training()
    rng = np.random.default_rng(0)
    cases = Cases(
        case_ids=np.arange(IMAGES).astype(str),
        labels=rng.integers(0, 2, IMAGES),
        pixels=rng.normal(size=(IMAGES, size, size)).astype(np.float32),
        valid=np.ones((IMAGES, size, size), dtype=bool),
    )
    plan = draw_epoch(images=IMAGES, size=size, settings=settings, seed=1, epoch=1)
    labels = cases.labels[plan.index].astype(np.float32)[:, None]
    fit = {"batch_size": settings.batch_size, "shuffle": False, "verbose": 0}

    augmented = training_model(build_network(Network(), size=size), cases=cases, settings=settings)
    columns = {name: getattr(plan, name) for name in augmented.input}
    with_it = best_seconds(lambda: augmented.fit(columns, labels, **fit))

    plain = build_network(Network(), size=size)
    plain.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=compile_ahead(),
    )
    crops = cases.pixels[plan.index][..., None]
    without = best_seconds(lambda: plain.fit(crops, labels, **fit))

    for name, (wall, cpu) in (("with", with_it), ("without", without)):
        rate = len(labels) / wall
        print(
            f"{name} augmentation: {rate:.0f} images/s, {1000 * cpu / len(labels):.1f} CPU ms each"
        )
    print(f"CPU time with / without: {with_it[1] / without[1]:.2f}")


if __name__ == "__main__":
    main()
