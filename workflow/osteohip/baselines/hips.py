"""What the baselines may know of a hip: facts beside the film, and a thumbnail of the crop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from osteohip.baselines.plan import SIDE
from osteohip.errors import StudyError
from osteohip.images.resample import overlap
from osteohip.model.cases import Cases

Floats = npt.NDArray[np.float64]

FACTS = ("age_years", "side", "year", "manufacturer", "model_name")
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Hips:
    """Hips with their labels, in one order.

    Parameters
    ----------
    case_ids
        The study's own names, shape (n,).
    labels
        Shape (n,), 1 for osteoporosis, 0 for none.
    facts
        One row a hip: ``age_years`` and ``year`` as numbers (nan where unknown), ``right`` 1 or 0,
        ``device`` as manufacturer and model.
    thumbnails
        Shape (n, SIDE * SIDE), in standard deviations of the hip's own pixels.
    """

    case_ids: npt.NDArray[np.str_]
    labels: npt.NDArray[np.int64]
    facts: pd.DataFrame
    thumbnails: Floats

    def __len__(self) -> int:
        return len(self.case_ids)


def hips_of(cases: Cases, cohort: pd.DataFrame) -> Hips:
    """Put together what the baselines may know of the cases that have a crop.

    Parameters
    ----------
    cases
        Crops with labels.
    cohort
        ``cohort.csv``, a row for each case at least.

    Raises
    ------
    StudyError
        If the cohort lacks a column.
    """
    missing = [name for name in FACTS if name not in cohort]
    if missing:
        raise StudyError(f"cohort.csv: expected the columns {', '.join(missing)}")
    rows = cohort.set_index("case_id").loc[cases.case_ids.tolist()]
    facts = pd.DataFrame(
        {
            "age_years": pd.to_numeric(rows["age_years"]).to_numpy(float),
            "year": pd.to_numeric(rows["year"]).to_numpy(float),
            "right": (rows["side"] == "R").to_numpy(float),
            "device": devices(rows).to_numpy(str),
        }
    )
    return Hips(cases.case_ids, cases.labels, facts, thumbnails(cases.pixels, cases.valid))


def devices(rows: pd.DataFrame) -> pd.Series[str]:
    """Return manufacturer and model as one name, `NOT_STATED` where neither is there."""
    names = rows[["manufacturer", "model_name"]].fillna("").astype(str)
    joined = (names["manufacturer"].str.strip() + " " + names["model_name"].str.strip()).str.strip()
    return joined.where(joined != "", NOT_STATED)


def thumbnails(pixels: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_]) -> Floats:
    """Return each crop as the means of its areas, after a z-score over its own valid pixels.

    The z-score takes brightness and contrast of the film away, as the network's preprocessing
    does; invalid pixels count as the mean, 0.

    Parameters
    ----------
    pixels, valid
        Shape (n, size, size), bone bright.

    Returns
    -------
    Shape (n, SIDE * SIDE), row by row. A crop of equal pixels is 0 everywhere.
    """
    values = pixels.astype(np.float64)
    count = np.maximum(valid.sum(axis=(1, 2), keepdims=True), 1)
    mean = np.where(valid, values, 0.0).sum(axis=(1, 2), keepdims=True) / count
    centred = np.where(valid, values - mean, 0.0)
    sigma = np.sqrt((centred**2).sum(axis=(1, 2), keepdims=True) / count)
    scored = np.divide(centred, sigma, out=np.zeros_like(centred), where=sigma > 1e-9 * abs(mean))
    size = values.shape[1]
    weights = overlap(size, size, SIDE) * (SIDE / size)
    # Only products of small matrices, one hip at a time: the same bytes on any number of threads.
    small = np.stack([weights @ hip @ weights.T for hip in scored])
    return small.reshape(len(scored), SIDE * SIDE)
