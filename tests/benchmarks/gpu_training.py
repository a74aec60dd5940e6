"""Measure training of the paper's network on a GPU: as published, and with a batch that fills it.

Run as `KERAS_BACKEND=jax PYTHONPATH=workflow python tests/benchmarks/gpu_training.py`.
`--device cpu --size 64 --width 0.125 --batch 8` tries the script out where there is no GPU.
"""

import time
from typing import Annotated

import jax
import jax.numpy as jnp
import keras
import numpy as np
import typer

from osteohip.config import Device, Network, Precision, Training
from osteohip.model.augmentation import draw_epoch
from osteohip.model.cases import Cases
from osteohip.model.demand import network_cost
from osteohip.model.determinism import prepare_backend
from osteohip.model.network import build_network
from osteohip.model.training import training_model

# The published protocol: 300 epochs of 800 images with each of five strategies.
SAMPLES = 300 * 800 * 5
IMAGES = 160
# A step goes forward once and backward twice; a multiply-add is two operations.
OPERATIONS = 3 * 2
MATRIX = 4096
PRODUCTS = 10
SECONDS = 2


def peak() -> float:
    """Return the operations a second of a large matrix product in bfloat16."""
    matrix = jnp.ones((MATRIX, MATRIX), jnp.bfloat16)
    product = jax.jit(lambda x: x @ x)
    product(matrix).block_until_ready()
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        # Sent together, so that the card need not wait for this loop.
        last = [product(matrix) for _ in range(PRODUCTS)]
        jax.block_until_ready(last)
        done += PRODUCTS
    return 2 * MATRIX**3 * done / (time.perf_counter() - start)


def images_per_second(
    network: Network, *, size: int, batch: int, precision: Precision, samples: int
) -> float:
    """Return the speed of training, augmentation included, after one epoch to warm up."""
    rng = np.random.default_rng(0)
    cases = Cases(
        case_ids=np.arange(IMAGES).astype(str),
        labels=rng.integers(0, 2, IMAGES),
        pixels=rng.normal(size=(IMAGES, size, size)).astype(np.float32),
        valid=np.ones((IMAGES, size, size), dtype=bool),
    )
    settings = Training(batch_size=batch)
    built = build_network(network, size=size, precision=precision)
    model = training_model(built, cases=cases, settings=settings)
    plan = draw_epoch(images=IMAGES, size=size, settings=settings, seed=1, epoch=1)
    # Whole batches only: another size would be compiled anew.
    used = min(samples, len(plan.index)) // batch * batch
    columns = {name: getattr(plan, name)[:used] for name in model.input}
    labels = cases.labels[plan.index][:used].astype(np.float32)[:, None]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        model.fit(columns, labels, batch_size=batch, shuffle=False, verbose=0)
        seconds.append(time.perf_counter() - start)
    return used / min(seconds[1:])


def main(
    device: Annotated[Device, typer.Option(help="where it runs")] = "gpu",
    size: Annotated[int, typer.Option(help="pixels a side")] = 224,
    width: Annotated[float, typer.Option(help="multiplier of the channels")] = 1.0,
    batch: Annotated[int, typer.Option(help="images a step of the second row")] = 128,
) -> None:
    """Print both rows."""
    prepare_backend(device=device, seed=1)
    network = Network(width=width, head="flatten", head_units=[4096, 4096], dropout=0.5)
    operations = OPERATIONS * network_cost(network, size=size).multiply_adds
    fastest = peak()
    print(f"{jax.devices()[0].device_kind}, Keras {keras.version()} on {keras.backend.backend()}")
    print(f"matrix product in bfloat16: {fastest / 1e12:.1f} T operations/s")
    rows: list[tuple[int, Precision, int]] = [(1, "float32", 200), (batch, "bfloat16", 800)]
    for images, precision, samples in rows:
        rate = images_per_second(
            network, size=size, batch=images, precision=precision, samples=samples
        )
        print(
            f"batch {images}, {precision}: {rate:.1f} images/s, "
            f"{rate * operations / fastest:.1%} of that product's speed, "
            f"{SAMPLES:,} images in {SAMPLES / rate / 60:.0f} minutes"
        )


if __name__ == "__main__":
    typer.run(main)
