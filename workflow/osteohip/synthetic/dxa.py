"""DXA examinations of the hip: T-scores and areal densities read from a latent bone state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DEVICE = "Lunar Prodigy Advance"
REFERENCE_POPULATION = "synthetic young women"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Region:
    """A region of the hip as the device reports it.

    Parameters
    ----------
    mean, sd
        Areal density of the young reference population in g/cm2: density = mean + T * sd.
    shift
        Mean of the region's T-score above the latent state, in T-score units.
    """

    mean: float
    sd: float
    shift: float


# Total hip: the two numbers make the paper's 0.715 +- 0.162 g/cm2 of its T-score of -2.2 +- 1.3.
REGIONS = {
    "total_hip": Region(0.989, 0.1246, 0.0),
    "femoral_neck": Region(0.941, 0.121, -0.1),
    "trochanter": Region(0.764, 0.098, 0.15),
    "intertrochanter": Region(1.142, 0.152, 0.1),
    "wards": Region(0.842, 0.105, -0.3),
}
LEAST_DENSITY = 0.05  # g/cm2: the line through the reference runs below zero far out
LABEL_REGIONS = ("femoral_neck", "total_hip")
LABEL_T_SCORE = -2.5
# Regions that the device reports too and that the study does not know.
OTHER_REGIONS = {
    "shaft": Region(1.26, 0.165, 0.05),
    "upper_neck": Region(0.802, 0.118, -0.15),
}


def t_scores(
    latent: Floats, *, region_error: float, exam_error: float, rng: np.random.Generator
) -> Floats:
    """Return T-scores as read at one examination a hip.

    Parameters
    ----------
    latent
        Bone state of the hips, T-score units, shape (n,).
    region_error
        SD of what each region differs by on its own, T-score units.
    exam_error
        SD of what the examination (positioning, device) adds to all regions alike.
    rng
        Random numbers.

    Returns
    -------
    ndarray
        Shape (n, 5), columns in the order of `REGIONS`; not yet rounded.
    """
    shifts = np.array([region.shift for region in REGIONS.values()])
    exam = rng.normal(0.0, exam_error, (len(latent), 1))
    own = rng.normal(0.0, region_error, (len(latent), len(REGIONS)))
    scores: Floats = latent[:, None] + shifts + exam + own
    return scores


def osteoporosis(scores: Floats) -> npt.NDArray[np.bool_]:
    """Return the label of rows of T-scores (columns as `REGIONS`), from the printed values."""
    columns = [list(REGIONS).index(name) for name in LABEL_REGIONS]
    lowest: Floats = printed(scores[:, columns]).min(axis=1)
    return lowest <= LABEL_T_SCORE


def printed(scores: Floats) -> Floats:
    """Return T-scores as a report prints them, to 0.1 and without a negative zero."""
    rounded: Floats = np.round(scores, 1)
    return rounded + 0.0


def density(score: float, region: Region) -> float:
    """Return the areal density in g/cm2 of a T-score, to 0.001 as a report prints it."""
    return round(max(region.mean + score * region.sd, LEAST_DENSITY), 3)
