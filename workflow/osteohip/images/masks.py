"""Bone and cortex of the crops of a synthetic site, from the generator's truth beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt

from osteohip.config import Images
from osteohip.errors import StudyError
from osteohip.images.crop import Task
from osteohip.images.pixels import Box, cut
from osteohip.images.resample import resample_square
from osteohip.synthetic.masks import read_masks

Share = npt.NDArray[np.float32]


def mask_hip(mask: npt.NDArray[np.bool_], box: Box, side: str, settings: Images) -> Share:
    """Return how much of each pixel of a crop a mask of its film covers.

    The way of `crop_hip`: cut, pad to a square, resample by area, mirror right hips if configured.

    Parameters
    ----------
    mask
        Shape (rows, columns) of the film.
    box, side, settings
        As for the crop.

    Returns
    -------
    Shape (size, size), 0 to 1; 0 at the padding.
    """
    inside = cut(mask, box).astype(np.float64)
    shares, _ = resample_square(inside, np.ones(inside.shape, bool), settings.size)
    if settings.mirror_right and side == "R":
        shares = shares[:, ::-1]
    return np.clip(shares, 0, 1).astype(np.float32)


def make_masks(
    tasks: Sequence[Task], films: Mapping[str, str], *, archive: Path, settings: Images
) -> tuple[list[str], Share, Share]:
    """Return the masks of all hips that have a box.

    Parameters
    ----------
    tasks
        Hips of the cohort, as they are cropped.
    films
        SOP instance UID of each case's film.
    archive
        Masks of the site's films, as the generator wrote them.

    Returns
    -------
    Cases in sorted order, bone and cortex, both (n, size, size) float32.

    Raises
    ------
    StudyError
        Where the archive does not belong to the site.
    """
    with_box = sorted((task for task in tasks if task.box), key=lambda task: task.case_id)
    shape = (len(with_box), settings.size, settings.size)
    bone, cortex = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    try:
        with ZipFile(archive) as masks:
            for i, task in enumerate(with_box):
                if task.box is None:
                    continue
                found = read_masks(masks, films[task.case_id])
                if found[0].shape != (task.rows, task.columns):
                    raise StudyError(
                        f"{archive.name}: expected masks of the size of the film of {task.case_id}"
                    )
                bone[i], cortex[i] = (mask_hip(m, task.box, task.side, settings) for m in found)
    except (OSError, KeyError, BadZipFile) as error:
        raise StudyError(
            f"{archive.name} beside the site: expected the masks of all its films; make the site "
            f"anew ({type(error).__name__})"
        ) from None
    return [task.case_id for task in with_box], bone, np.minimum(cortex, bone)
