"""One whole film that shows where a crop comes from."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image, ImageDraw

from osteohip.images.crop import Task
from osteohip.images.pictures import encode_grey, shown_film
from osteohip.site.film import RefusedError, clean, read_dataset
from osteohip.site.folder import RADIOGRAPHS

LONGEST = 1024
"""Longest side of the picture in pixels."""
RULE = (
    "the first case by number whose film says that nothing is burnt into it (Burned In Annotation "
    "NO)"
)
NONE_SAYS_SO = "no film with a crop says that nothing is burnt into it (Burned In Annotation NO)"
NO_PICTURE = "No film may be shown"


def find_example(tasks: Sequence[Task], *, site: Path) -> tuple[bytes, dict[str, Any]]:
    """Return the example film as a grey PNG, and what is known of it.

    A whole film may carry burnt-in text, as the patient's name. A film that does not say that it
    has none is never shown; then the picture says so in words.

    Parameters
    ----------
    tasks
        Hips of the cohort.
    site
        Site folder.

    Returns
    -------
    The picture, and ``rule``, ``case_id``, ``side``, ``box`` (x0, y0, x1, y1 in pixels of the
    picture, half-open), ``rows`` and ``columns`` of the picture, and ``reason``: null, or why there
    is no film, and then the others but the rule are null.
    """
    for task in sorted(tasks, key=lambda task: task.case_id):
        picture = _picture(task, site) if task.box else None
        if picture is not None and task.box is not None:
            small, factor = reduced(picture)
            box = (task.box.x0, task.box.y0, task.box.x1, task.box.y1)
            return encode_grey(small), _facts(
                case_id=task.case_id,
                side=task.side,
                box=[round(edge * factor, 2) for edge in box],
                rows=small.shape[0],
                columns=small.shape[1],
            )
    return _words(NO_PICTURE), _facts(reason=NONE_SAYS_SO)


def _facts(**known: Any) -> dict[str, Any]:
    names = ("case_id", "side", "box", "rows", "columns", "reason")
    return {"rule": RULE} | dict.fromkeys(names) | known


def _picture(task: Task, site: Path) -> npt.NDArray[np.uint8] | None:
    """Return the film of a hip, None where it may not be shown or cannot be."""
    path = site / RADIOGRAPHS / task.file
    if not _is_plain(path):
        return None
    try:
        return shown_film(read_dataset(path.read_bytes()))
    except (OSError, RefusedError, ValueError):
        return None  # told where the crops are made


def _is_plain(path: Path) -> bool:
    """Tell whether a film says that nothing is burnt into it; of the file little is read."""
    tag = "BurnedInAnnotation"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote values of the file
        try:
            dataset = pydicom.dcmread(
                path, force=True, stop_before_pixels=True, specific_tags=[tag]
            )
            return clean(dataset.get(tag)) == "NO"
        except Exception:
            return False


def reduced(picture: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], float]:
    """Return a picture at most `LONGEST` a side, by area, and the factor of its lengths."""
    factor = min(1.0, LONGEST / max(picture.shape))
    if factor == 1:
        return picture, factor
    rows, columns = (max(1, round(length * factor)) for length in picture.shape)
    small = Image.fromarray(picture).resize((columns, rows), Image.Resampling.BOX)
    return np.asarray(small), factor


def _words(text: str) -> bytes:
    picture = Image.new("L", (320, 240))
    ImageDraw.Draw(picture).text((160, 120), text, fill=255, anchor="mm", font_size=16)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
