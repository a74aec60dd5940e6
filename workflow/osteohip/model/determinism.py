"""Choose the device and make the backend repeat itself: the only place with TensorFlow calls."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Literal

from osteohip.config import Device
from osteohip.errors import StudyError


def prepare_backend(*, device: Device, seed: int) -> Literal["cpu", "gpu"]:
    """Make Keras ready and return where it runs; call it before any other module imports Keras.

    On the CPU, GPUs are hidden from both backends. TensorFlow takes its deterministic kernels, and
    as many threads as ``OMP_NUM_THREADS`` grants where that is set. JAX needs nothing.

    Raises
    ------
    StudyError
        If a GPU is asked for and the backend sees none.
    """
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        threads = os.environ.get("OMP_NUM_THREADS", "")
        if threads.isdecimal() and int(threads) > 0:
            tf.config.threading.set_intra_op_parallelism_threads(int(threads))
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    found: Literal["cpu", "gpu"] = "gpu" if visible_gpus() else "cpu"
    if device == "gpu" and found == "cpu":
        raise StudyError(
            f"device: a GPU is asked for, but Keras on {keras.backend.backend()} sees none; "
            "use device: cpu, or a machine and an environment (envs/gpu.txt) with a GPU"
        )
    return found


def hardware(device: str) -> dict[str, str]:
    """Return the name of the processor, and of the GPU where that is the device."""
    found = {"processor": _processor()}
    if device == "gpu":
        found["gpu"] = _gpu()
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())


def _gpu() -> str:
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return str(jax.devices()[0].device_kind)
    import tensorflow as tf

    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
    return str(details.get("device_name", "GPU"))


def visible_gpus() -> int:
    """Return the number of GPUs that the backend sees."""
    import keras

    try:
        return len(keras.distribution.list_devices("gpu"))
    except RuntimeError:  # what JAX raises for a kind of device that it has not got
        return 0


def compile_ahead() -> bool:
    """Tell whether models are compiled by XLA.

    JAX knows no other way. TensorFlow on a CPU is twice as fast without (VGG16, 224 pixels).
    """
    import keras

    return bool(keras.backend.backend() == "jax" or visible_gpus() > 0)
