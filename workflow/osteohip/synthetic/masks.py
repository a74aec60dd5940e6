"""Where bone and cortex lie on the films of a synthetic site: part of the truth beside it.

The masks of all films lie in one archive, ``masks.zip``, a picture a film by its SOP instance UID.
Its pixels stand for two by two pixels of the stored film, in the film's own orientation:
0 is neither, 1 bone, 2 bone that is cortex.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt
from PIL import Image

from osteohip.files import written_whole

Mask = npt.NDArray[np.bool_]

NAME = "masks.zip"
FINENESS = 2
"""Pixels of the film along a side of a pixel of its mask."""
PALETTE = bytes((0, 0, 0, 120, 120, 120, 255, 255, 255))


def encode_masks(bone: Mask, cortex: Mask) -> bytes:
    """Return the picture of one film's masks.

    Parameters
    ----------
    bone, cortex
        Shape (rows / 2, columns / 2) of the film; cortex is bone.

    Raises
    ------
    ValueError
        Where cortex lies outside bone.
    """
    if (cortex & ~bone).any():
        raise ValueError("expected cortex inside bone")
    picture = Image.fromarray(bone.astype(np.uint8) + cortex)
    picture.putpalette(PALETTE)
    stream = io.BytesIO()
    picture.save(stream, "PNG", bits=2, compress_level=3)
    return stream.getvalue()


def write_masks(path: Path, pictures: Iterable[tuple[str, bytes]]) -> None:
    """Write the archive: names of films with their pictures, as `encode_masks` gives them."""
    with written_whole(path) as partial, ZipFile(partial, "w", ZIP_STORED) as archive:
        for name, picture in pictures:
            archive.writestr(ZipInfo(f"{name}.png"), picture)  # which has a fixed date


def read_masks(archive: ZipFile, sop_instance_uid: str) -> tuple[Mask, Mask]:
    """Return bone and cortex of one film, each of the film's rows and columns.

    Raises
    ------
    KeyError
        Where the archive does not hold the film.
    """
    with archive.open(f"{sop_instance_uid}.png") as stream, Image.open(stream) as picture:
        levels = np.asarray(picture).repeat(FINENESS, axis=0).repeat(FINENESS, axis=1)
    return levels >= 1, levels == len(PALETTE) // 3 - 1
