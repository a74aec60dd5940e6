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
import pandas as pd

from osteohip.config import Images, Network, Training
from osteohip.errors import StudyError
from osteohip.model.bundle import write_bundle
from osteohip.model.cases import Cases
from osteohip.model.initial_weights import load_initial_weights
from osteohip.model.network import build_network
from osteohip.model.reference import reference_facts
from osteohip.model.training import (
    Progress,
    learning_warnings,
    shuffled_labels,
    train_epochs,
)


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
    """

    network: Network
    training: Training
    images: Images
    seed: int
    device: str


def train_run(
    *,
    cases: Cases,
    cohort: pd.DataFrame,
    parts: Mapping[str, npt.NDArray[np.str_]],
    synthetic: bool,
    settings: RunSettings,
    out_dir: Path,
) -> dict[str, float]:
    """Train, and write the bundle of the best epoch.

    Parameters
    ----------
    cases
        Crops of the development site.
    cohort
        Its ``cohort.csv``.
    parts
        Cases of ``training``, ``validation`` and ``test``; the test's are only counted.
    synthetic
        Whether the site is synthetic.

    Returns
    -------
    dict
        ``images_per_second`` (training images, validation's time included), ``seconds`` and
        ``peak_memory_bytes`` of this process: of the machine, so no part of the bundle.

    Raises
    ------
    StudyError
        If crops have another size than ``images.size``, or training or validation lacks a class.
    """
    if cases.size != settings.images.size:
        raise StudyError(
            f"the crops are {cases.size} pixels a side, but images.size is {settings.images.size}"
        )
    training, validation = (cases.only(parts[part]) for part in ("training", "validation"))
    for name, part in (("training", training), ("validation", validation)):
        if len(set(part.labels.tolist())) < 2:
            raise StudyError(f"the {name} part of the split holds one class only: nothing to learn")
    if settings.training.shuffle_labels:
        training, validation = (
            shuffled_labels(p, seed=settings.seed) for p in (training, validation)
        )
    network = build_network(settings.network, size=cases.size, seed=settings.seed)
    load_initial_weights(network, settings.network)
    start = time.perf_counter()
    progress = train_epochs(
        network,
        training=training,
        validation=validation,
        settings=settings.training,
        seed=settings.seed,
    )
    seconds = time.perf_counter() - start
    network.set_weights(list(progress.best_weights))
    warnings = learning_warnings(progress.history, training=training, validation=validation)
    for sentence in warnings:
        print(f"osteohip train: warning: {sentence}", file=sys.stderr)
    developed = cohort[cohort["case_id"].isin(np.concatenate(list(parts.values())))]
    write_bundle(
        out_dir,
        network=network,
        settings=settings.network,
        images=settings.images,
        history=progress.history,
        run=run_facts(
            network=network,
            progress=progress,
            settings=settings,
            synthetic=synthetic,
            sizes={part: len(ids) for part, ids in parts.items()},
            warnings=warnings,
        ),
        reference=reference_facts(developed),
    )
    shown = len(training) * len(settings.training.augmentations) * settings.training.epochs
    return {
        "images_per_second": shown / seconds,
        "seconds": seconds,
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
    backend = keras.backend.backend()
    return {
        "synthetic": synthetic,
        "seed": settings.seed,
        "shuffled_labels": settings.training.shuffle_labels,
        "n": dict(sizes),
        "epochs": settings.training.epochs,
        "best_epoch": progress.best_epoch,
        "best_validation_accuracy": progress.history[progress.best_epoch - 1].validation_accuracy,
        "parameters": network.count_params(),
        "training": settings.training.model_dump(mode="json"),
        "device": settings.device,
        "versions": {
            "python": platform.python_version(),
            "osteohip": version("osteohip"),
            "keras": keras.version(),
            backend: version(backend),
            "numpy": np.__version__,
        },
        "backend": backend,
        "warnings": warnings,
    }
