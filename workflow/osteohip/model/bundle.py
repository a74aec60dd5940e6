"""The model bundle: all that another hospital needs to score its films, and where it comes from.

Weights are HDF5 arrays, everything else is JSON and CSV; nothing in it is code.
"""

from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import keras
import numpy as np
import pandas as pd
from pydantic import Field, ValidationError

from osteohip.config import Images, Network, Section, SectionT
from osteohip.errors import StudyError
from osteohip.files import read_json, write_csv, write_json, written_whole
from osteohip.model.cases import other_crops
from osteohip.model.manifest import WEIGHTS, check_bundle
from osteohip.model.network import build_network
from osteohip.model.preprocessing import CLIP, SIGMA_DIVISOR, SIGMA_JITTER
from osteohip.model.progress import Epoch


class Preprocessing(Section):
    """How a film became the network's input; a bundle is used with this and nothing else."""

    images: Images
    centre: Literal["mean"] = "mean"
    sigma_divisor: float = Field(default=SIGMA_DIVISOR, ge=SIGMA_DIVISOR, le=SIGMA_DIVISOR)
    sigma_jitter: float = Field(default=SIGMA_JITTER, ge=SIGMA_JITTER, le=SIGMA_JITTER)
    clip: float = Field(default=CLIP, ge=CLIP, le=CLIP)
    order: str = "augment (training only), z-score over valid pixels, clip, invalid pixels to 0"


class Design(Section):
    """``network.json``: what rebuilds the network around its weights."""

    format: Literal[1] = 1
    network: Network
    preprocessing: Preprocessing


class RunFacts(Section):
    """What ``run.json`` must say for the bundle to be used; it says more."""

    model_config = Section.model_config | {"extra": "ignore"}
    synthetic: bool = Field(description="trained on films of a synthetic site")


@dataclass(frozen=True)
class Bundle:
    """A model ready to score.

    Parameters
    ----------
    network
        From (n, size, size, 1) to logits (n, 1), with its trained weights.
    design
        What the network was built from.
    preprocessing
        How its inputs are made.
    synthetic
        Whether it was trained on synthetic films.
    """

    network: keras.Model
    design: Network
    preprocessing: Preprocessing
    synthetic: bool


def write_bundle(
    folder: Path,
    *,
    network: keras.Model,
    settings: Network,
    images: Images,
    history: tuple[Epoch, ...],
    run: dict[str, Any],
) -> None:
    """Write what training gives to a bundle, each file whole; ``run.json`` comes last.

    What is chosen on the validation set joins later, and the seal last (`osteohip.model.manifest`).

    The path of an initial weight file stays behind: it belongs to the machine, and the weights
    that came of it are in the bundle.
    """
    # HDF5 answers a full disk with a page of traces; a plain copy does not.
    with TemporaryDirectory() as scratch, written_whole(folder / WEIGHTS) as partial:
        network.save_weights(Path(scratch) / WEIGHTS)
        shutil.copyfile(Path(scratch) / WEIGHTS, partial)
    design = Design(
        network=settings.model_copy(update={"initial_weights": None}),
        preprocessing=Preprocessing(images=images),
    )
    write_json(folder / "network.json", design.model_dump(mode="json"))
    write_csv(folder / "history.csv", pd.DataFrame([asdict(row) for row in history]))
    write_json(folder / "run.json", run)


def read_bundle(folder: Path, *, sealed: bool = True) -> Bundle:
    """Rebuild the network of a bundle.

    Parameters
    ----------
    sealed
        Check every file against the digest with which the bundle was closed. Only a study that is
        still at work on its own bundle reads it before that.

    Raises
    ------
    StudyError
        If a file is missing or changed, says something unknown, or the weights are those of another
        network.
    """
    if sealed:
        check_bundle(folder)
    design = _read(Design, folder / "network.json")
    facts = _read(RunFacts, folder / "run.json")
    path = folder / WEIGHTS
    if not path.is_file():
        raise StudyError(f"the model bundle lacks {path}")
    network = build_network(design.network, size=design.preprocessing.images.size)
    # Keras may skip what a file lacks and warn only: not a number shows what was not loaded.
    network.set_weights([np.full_like(weight, np.nan) for weight in network.get_weights()])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.load_weights(path)
    except (OSError, ValueError, KeyError):
        complete = False
    else:
        complete = all(np.isfinite(weight).all() for weight in network.get_weights())
    if not complete:
        raise StudyError(f"{path}: expected the weights of the network that network.json describes")
    return Bundle(network, design.network, design.preprocessing, facts.synthetic)


def check_match(bundle: Bundle, *, cropped: Images, synthetic: bool, allow_mixing: bool) -> None:
    """Refuse a model for crops that it was not made for.

    Raises
    ------
    StudyError
        If the crops were made otherwise than the bundle's, or one of model and site is synthetic
        and the other is not, unless ``allow_mixing``.
    """
    wanted = bundle.preprocessing.images
    if cropped != wanted:
        raise StudyError(other_crops(cropped, wanted=wanted, whose="the model"))
    if bundle.synthetic != synthetic and not allow_mixing:
        kinds = {True: "synthetic", False: "real"}
        raise StudyError(
            f"the model was trained on {kinds[bundle.synthetic]} films and the site's are "
            f"{kinds[synthetic]}: a model of one kind says nothing about films of the other; "
            "set allow_mixing: true to score them all the same, marked"
        )


def _read(model: type[SectionT], path: Path) -> SectionT:
    try:
        return model.model_validate(read_json(path))
    except FileNotFoundError:
        raise StudyError(f"the model bundle lacks {path}") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise StudyError(f"{path}: expected JSON") from None
    except ValidationError as error:
        keys = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise StudyError(f"{path}: this version of osteohip does not understand {keys}") from None
