"""The page on which a reader judges heat maps: blind, and the same deck for nobody else."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from osteohip.config import is_simulated
from osteohip.explanation.colours import colours, heat_levels, opacity
from osteohip.explanation.maps import enlarged
from osteohip.images.pictures import encode_grey, windowed
from osteohip.readers.deck import Item
from osteohip.readers.kit import render_page
from osteohip.readers.question import QUESTION
from osteohip.site.readings import READING_COLUMNS

REASONS = (
    "outside the bone",
    "at the picture's border",
    "on a marker or an artefact",
    "everywhere and nowhere",
    "no heat at all",
)


def reading_page(
    items: Sequence[Item],
    *,
    crops: npt.NDArray[np.floating],
    valid: npt.NDArray[np.bool_],
    maps: npt.NDArray[np.floating],
    decoy_maps: npt.NDArray[np.floating],
    reader: str,
    synthetic: bool,
) -> tuple[str, str]:
    """Return the page of a reader's deck and the deck's id.

    Nothing of a case is in the page but its pictures: no id, label, score or outcome, nor which
    items are repeats or decoys. The id is a digest of all that the page shows, and no spreadsheet
    takes it for a number.

    Parameters
    ----------
    items
        The deck in its order.
    crops, valid
        Values of the crops and which of them are image, both of shape (cases, size, size).
    maps, decoy_maps
        Heat of the model and of the randomised network, not negative, in as many cells as the
        maps have; they are brought to the size of the crops, each scaled to its own maximum.
    reader
        Who reads; it stands in the page and in the export.
    synthetic
        Whether model or films are synthetic; the page says so.
    """
    pictures = []
    for item in items:
        cells = (decoy_maps if item.kind == "decoy" else maps)[item.case]
        heat = enlarged(cells[None], crops.shape[1])[0]
        grey = encode_grey(windowed(crops[item.case].astype(np.float64), valid[item.case]))
        pictures.append((_base64(grey), _base64(encode_heat(heat))))
    content = hashlib.sha256(reader.encode())
    for grey_text, heat_text in pictures:
        content.update(f"{grey_text}\n{heat_text}\n".encode())
    deck = f"d{content.hexdigest()[:11]}"
    data = {
        "deck": deck,
        "reader": reader,
        "items": len(items),
        "columns": list(READING_COLUMNS),
        "export": f"reading-{reader}-{deck}.csv",
        "colours": [
            "#" + bytes([*colour, alpha]).hex()
            for colour, alpha in zip(colours(), opacity(), strict=True)
        ],
    }
    page = render_page(
        "reading.html.j2",
        styles=("kit.css", "reading.css"),
        scripts=("kit.js", "reading.js"),
        data=data,
        deck=deck,
        reader=reader,
        synthetic=synthetic,
        simulated=is_simulated(reader),
        question=QUESTION,
        reasons=REASONS,
        pictures=pictures,
    )
    return page, deck


def encode_heat(heat: npt.NDArray[np.floating]) -> bytes:
    """Return a map (rows, columns) as a PNG in colours; its maximum is the brightest colour.

    What has little heat lets the film through, and none lets all of it: dark colours laid over a
    film would hide the bone there.

    Raises
    ------
    ValueError
        For values that are negative or not finite.
    """
    if not np.isfinite(heat).all() or (heat < 0).any():
        raise ValueError("expected heat that is finite and not negative")
    picture = Image.fromarray(heat_levels(heat), "P")
    picture.putpalette(colours().tobytes())
    stream = io.BytesIO()
    picture.save(stream, "PNG", transparency=opacity().tobytes())
    return stream.getvalue()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
