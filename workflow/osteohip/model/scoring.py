"""Score a cohort with a model bundle: what every stage does that runs a trained network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from osteohip.config import Device
from osteohip.model.cases import Cases, read_crop_settings, read_scored_cases, read_synthetic
from osteohip.model.determinism import prepare_backend

if TYPE_CHECKING:
    from osteohip.model.bundle import Bundle


@dataclass(frozen=True)
class Scored:
    """A cohort as one model sees it.

    Parameters
    ----------
    bundle
        The model.
    cases
        The cases that have a crop.
    scores
        Shape (n,), in [0, 1]: what the model says of each.
    """

    bundle: Bundle
    cases: Cases
    scores: npt.NDArray[np.float64]


def score_cohort(
    *,
    model: Path,
    crops: Path,
    cohort: Path,
    site_facts: Path,
    split: Path | None,
    part: str | None,
    allow_mixing: bool,
    unsealed: bool,
    device: Device,
) -> Scored:
    """Read a cohort, or one part of the split, and score it; Keras is made ready on the way.

    Parameters
    ----------
    model
        Folder of a model bundle.
    crops, cohort, site_facts
        ``crops.npz``, ``cohort.csv`` and ``site.json`` of the site.
    split, part
        Both, or neither.
    allow_mixing
        Whether a synthetic model may score real films, or the reverse.
    unsealed
        Whether the bundle may be one that its own study has not closed yet.
    device
        Where the network runs.

    Raises
    ------
    StudyError
        If a file is not what it should be, or the crops do not fit the model.
    """
    cases = read_scored_cases(crops=crops, cohort=cohort, split=split, part=part)
    cropped = read_crop_settings(crops, size=cases.size)
    synthetic = read_synthetic(site_facts)
    prepare_backend(device=device, seed=0)

    from osteohip.model.bundle import check_match, read_bundle
    from osteohip.model.prediction import logits, scores, scoring_model

    bundle = read_bundle(model, sealed=not unsealed)
    check_match(bundle, cropped=cropped, synthetic=synthetic, allow_mixing=allow_mixing)
    return Scored(bundle, cases, scores(logits(scoring_model(bundle.network), cases)))
