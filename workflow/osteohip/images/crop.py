"""Crop one hip out of its film: box, square, one size, one side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from osteohip.config import Images
from osteohip.errors import Problem, raise_if_any
from osteohip.images.pixels import Box, bone_bright, cut, valid_pixels
from osteohip.images.resample import resample_square
from osteohip.site.film import RefusedError, decode, read_dataset
from osteohip.site.folder import RADIOGRAPHS
from osteohip.site.inventory import map_isolated
from osteohip.site.public import public_reason
from osteohip.site.tags import INVENTORY

Crop = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

CROP_COLUMNS = (
    "case_id",
    "status",
    "reason",
    "x0",
    "y0",
    "x1",
    "y1",
    "film_rows",
    "film_columns",
)


@dataclass(frozen=True)
class Task:
    """One hip of the cohort and its row of the manifest.

    Parameters
    ----------
    case_id
        The study's own number.
    file, file_sha256
        The film below radiographs/, and its digest when the inventory was taken.
    row
        The film's line in ``inventory.csv``.
    side
        R or L.
    box
        None where the hip could not be cropped.
    reason
        Why not, as the manifest says.
    rows, columns
        Size of the film.
    """

    case_id: str
    file: str
    file_sha256: str
    row: int
    side: str
    box: Box | None
    reason: str
    rows: int
    columns: int


def crop_hip(content: bytes, box: Box, side: str, settings: Images) -> tuple[Crop, Mask]:
    """Crop one hip.

    Decode, modality LUT, VOI if configured, bone bright; then cut, pad to a square, resample by
    area, and mirror right hips if configured.

    Parameters
    ----------
    content
        The bytes of the DICOM file.
    box
        Inside the film's matrix.
    side
        R or L.
    settings
        Section ``images`` of the configuration.

    Returns
    -------
    Values (float32, 0 where invalid) and validity, both of shape (size, size).

    Raises
    ------
    RefusedError
        Where the film cannot be decoded.
    ValueError
        Where a LUT or the polarity is unknown or contradictory, or no pixel is valid.
    """
    dataset = read_dataset(content)
    stored = decode(dataset)
    values = bone_bright(cut(stored, box), dataset, voi=settings.apply_voi)
    valid = cut(valid_pixels(stored, dataset), box)
    values, valid = resample_square(values, valid, settings.size)
    if not valid.any():
        raise ValueError("expected image in the box, not only padding and overlays")
    if settings.mirror_right and side == "R":
        values, valid = values[:, ::-1], valid[:, ::-1]
    return values.astype(np.float32), valid


def make_crops(
    tasks: Sequence[Task], *, site: Path, settings: Images, jobs: int = 1
) -> tuple[list[str], Crop, Mask]:
    """Crop all hips that have a box.

    Returns
    -------
    Cases in sorted order, values (n, size, size) float32, validity (n, size, size) bool.

    Raises
    ------
    InputError
        With all films that changed since the inventory, or cannot be used.
    """
    with_box = sorted((task for task in tasks if task.box), key=lambda task: task.case_id)
    results = map_isolated(
        partial(_run_task, folder=site / RADIOGRAPHS, settings=settings),
        with_box,
        jobs=jobs,
        crashed=lambda task: _problem(task, "a film that can be decoded"),
        label="crop",
    )
    raise_if_any([result for result in results if isinstance(result, Problem)])
    crops = [result for result in results if not isinstance(result, Problem)]
    shape = (0, settings.size, settings.size)
    pixels = np.stack([values for values, _ in crops]) if crops else np.zeros(shape, np.float32)
    valid = np.stack([mask for _, mask in crops]) if crops else np.zeros(shape, bool)
    return [task.case_id for task in with_box], pixels, valid


def _run_task(task: Task, *, folder: Path, settings: Images) -> tuple[Crop, Mask] | Problem:
    try:
        content = (folder / task.file).read_bytes()
    except OSError:
        return _problem(task, "this film, as when the inventory was taken")
    if hashlib.sha256(content).hexdigest() != task.file_sha256:
        return _problem(task, "this film unchanged since the inventory was taken")
    if task.box is None:
        raise ValueError("expected a task with a box")
    try:
        return crop_hip(content, task.box, task.side, settings)
    except RefusedError as error:
        return _problem(task, "a film that can be decoded", error.detail)
    except Exception as error:
        # Our own sentences begin so and hold no value; a library's may quote a tag.
        ours = str(error).startswith("expected ")
        expected = str(error).removeprefix("expected ") if ours else "readable tags"
        remedy = "else mark the hip as uncroppable in crops.csv"
        return _problem(task, f"{expected}; {remedy}", None if ours else str(error))


def _problem(task: Task, expected: str, detail: str | None = None) -> Problem:
    value = task.file if detail is None else f"{task.file}: {detail}"
    return Problem(INVENTORY, expected, row=task.row, value=value)


def tabulate_crops(tasks: Sequence[Task]) -> pd.DataFrame:
    """Return ``crops.csv``: one row per hip of the cohort, sorted by case; no text of the site."""
    rows = [
        {
            "case_id": task.case_id,
            "status": "cropped" if task.box else "uncroppable",
            "reason": "" if task.box else public_reason(task.reason),
            "x0": task.box.x0 if task.box else None,
            "y0": task.box.y0 if task.box else None,
            "x1": task.box.x1 if task.box else None,
            "y1": task.box.y1 if task.box else None,
            "film_rows": task.rows,
            "film_columns": task.columns,
        }
        for task in sorted(tasks, key=lambda task: task.case_id)
    ]
    table = pd.DataFrame(rows, columns=list(CROP_COLUMNS))
    return table.astype(dict.fromkeys(("x0", "y0", "x1", "y1"), "Int64"))
