"""One run of the study's model: from the development cases to a bundle."""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from osteohip.config import Images, Network, Precision, Training
from osteohip.errors import StudyError
from osteohip.model.bundle import write_bundle
from osteohip.model.cases import Cases
from osteohip.model.checkpoint import Checkpoint, training_key
from osteohip.model.determinism import hardware
from osteohip.model.initial_weights import load_initial_weights
from osteohip.model.interruption import sigterm_noticed
from osteohip.model.network import build_network
from osteohip.model.progress import Progress
from osteohip.model.training import learning_warnings, shuffled_labels, train_epochs


@dataclass(frozen=True)
class RunSettings:
    """All that makes one run what it is.

    Parameters
    ----------
    network, training, images
        Sections of the configuration.
    seed
        Seed of weights, augmentation, order and dropout.
    device
        ``cpu`` or ``gpu``.
    precision
        Arithmetic of training.
    """

    network: Network
    training: Training
    images: Images
    seed: int
    device: str
    precision: Precision = "float32"

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them."""
        sections = {
            name: getattr(self, name).model_dump(mode="json")
            for name in ("network", "training", "images")
        }
        own = {name: getattr(self, name) for name in ("seed", "device", "precision")}
        return sections | own


def versions() -> dict[str, str]:
    """Return the versions of what a training depends on."""
    backend = keras.backend.backend()
    return {
        "python": platform.python_version(),
        "osteohip": version("osteohip"),
        "keras": keras.version(),
        backend: version(backend),
        "numpy": np.__version__,
    }


def train_run(
    *,
    cases: Cases,
    parts: Mapping[str, npt.NDArray[np.str_]],
    synthetic: bool,
    settings: RunSettings,
    code: str,
    checkpoint: Path,
    out_dir: Path,
) -> dict[str, float]:
    """Train, and write the bundle of the best epoch.

    A training that was interrupted goes on from its last whole epoch.

    Parameters
    ----------
    cases
        Crops of the development site.
    parts
        Cases of ``training``, ``validation`` and ``test``; the test's are only counted.
    synthetic
        Whether the site is synthetic.
    code
        Digest of the code that trains; a checkpoint of other code is not taken up.
    checkpoint
        File that keeps what training has reached, ``.npz``. It stays behind with what the bundle
        needs, so that a bundle that is lost, or was not written whole, costs no epoch again.

    Returns
    -------
    dict
        ``images_per_second`` (training images, validation's time included), ``seconds``,
        ``epochs`` (those that this process trained) and ``peak_memory_bytes`` of this process: of
        the machine, so no part of the bundle.

    Raises
    ------
    StudyError
        If training or validation lacks a class.
    """
    training, validation = (cases.only(parts[part]) for part in ("training", "validation"))
    for name, part in (("training", training), ("validation", validation)):
        if len(set(part.labels.tolist())) < 2:
            raise StudyError(f"the {name} part of the split holds one class only: nothing to learn")
    if settings.training.shuffle_labels:
        training, validation = (
            shuffled_labels(p, seed=settings.seed) for p in (training, validation)
        )
    network = build_network(
        settings.network, size=cases.size, seed=settings.seed, precision=settings.precision
    )
    load_initial_weights(network, settings.network)
    model = network
    if settings.precision != "float32":
        model = build_network(settings.network, size=cases.size, seed=settings.seed)
    kept = Checkpoint(
        checkpoint,
        training_key(
            training,
            validation,
            facts={"settings": settings.as_json(), "code": code, "versions": versions()},
        ),
    )
    begun = kept.read()
    done = len(begun.progress.history)
    if done:
        print(f"osteohip train: goes on after epoch {done}", file=sys.stderr)
    start = time.perf_counter()
    with sigterm_noticed() as check:
        progress = train_epochs(
            network,
            scored=model,
            training=training,
            validation=validation,
            settings=settings.training,
            seed=settings.seed,
            start=begun,
            keep=kept.write,
            check=check,
        )
    seconds = time.perf_counter() - start
    model.set_weights(list(progress.best_weights))
    warnings = learning_warnings(progress.history, training=training, validation=validation)
    for sentence in warnings:
        print(f"osteohip train: warning: {sentence}", file=sys.stderr)
    write_bundle(
        out_dir,
        network=model,
        settings=settings.network,
        images=settings.images,
        history=progress.history,
        run=run_facts(
            network=model,
            progress=progress,
            settings=settings,
            synthetic=synthetic,
            sizes={part: len(ids) for part, ids in parts.items()},
            warnings=warnings,
        ),
    )
    epochs = settings.training.epochs - done
    return {
        "images_per_second": epochs
        * len(training)
        * len(settings.training.augmentations)
        / seconds,
        "seconds": seconds,
        "epochs": epochs,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def run_facts(
    *,
    network: keras.Model,
    progress: Progress,
    settings: RunSettings,
    synthetic: bool,
    sizes: Mapping[str, int],
    warnings: list[str],
) -> dict[str, Any]:
    """Return what ``run.json`` says: no time, no path, nothing of a single patient."""
    initial = settings.network.initial_weights
    return {
        "synthetic": synthetic,
        "seed": settings.seed,
        "shuffled_labels": settings.training.shuffle_labels,
        "n": dict(sizes),
        "epochs": settings.training.epochs,
        "best_epoch": progress.best_epoch,
        "best_validation_accuracy": progress.history[progress.best_epoch - 1].validation_accuracy,
        "parameters": network.count_params(),
        "initial_weights": initial.sha256 if initial else None,
        "training": settings.training.model_dump(mode="json"),
        "device": settings.device,
        "precision": settings.precision,
        "hardware": hardware(settings.device),
        "versions": versions(),
        "backend": keras.backend.backend(),
        "warnings": warnings,
    }
