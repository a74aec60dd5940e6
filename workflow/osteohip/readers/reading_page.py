"""The page on which a reader judges heat maps: blind, and the same deck for nobody else."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from osteohip.images.pictures import encode_grey, windowed
from osteohip.readers.deck import Item
from osteohip.readers.kit import render_page

COLOUR_MAP = "inferno"  # perceptually uniform
REASONS = (
    "outside the bone",
    "at the border of the picture",
    "on a marker or an artefact",
    "everywhere and nowhere",
    "no heat at all",
)
READING_COLUMNS = ("deck", "item", "reader", "adequate", "reason", "seconds")


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
    items are repeats or decoys. The id is a digest of all that the page shows.

    Parameters
    ----------
    items
        The deck in its order.
    crops, valid
        Values of the crops and which of them are image, both of shape (cases, size, size).
    maps, decoy_maps
        Heat of the model and of the randomised network, not negative, of the same shape; decoys
        are needed only where ``items`` has them. Each map is scaled to its own maximum.
    reader
        Who reads; it stands in the page and in the export.
    synthetic
        Whether model or films are synthetic; the page says so.
    """
    pictures = []
    for item in items:
        heat = (decoy_maps if item.kind == "decoy" else maps)[item.case]
        grey = encode_grey(windowed(crops[item.case].astype(np.float64), valid[item.case]))
        pictures.append((_base64(grey), _base64(encode_heat(heat))))
    content = hashlib.sha256(reader.encode())
    for grey_text, heat_text in pictures:
        content.update(f"{grey_text}\n{heat_text}\n".encode())
    deck = content.hexdigest()[:12]
    data = {
        "deck": deck,
        "reader": reader,
        "items": len(items),
        "columns": list(READING_COLUMNS),
        "export": f"{deck}.csv",
        "colours": ["#" + bytes(colour).hex() for colour in colours()],
    }
    page = render_page(
        "reading.html.j2",
        styles=("kit.css", "reading.css"),
        scripts=("kit.js", "reading.js"),
        data=data,
        deck=deck,
        reader=reader,
        synthetic=synthetic,
        reasons=REASONS,
        pictures=pictures,
    )
    return page, deck


def encode_heat(heat: npt.NDArray[np.floating]) -> bytes:
    """Return a map (rows, columns) as a PNG in colours; its maximum is the brightest colour.

    Raises
    ------
    ValueError
        For values that are negative or not finite.
    """
    if not np.isfinite(heat).all() or (heat < 0).any():
        raise ValueError("expected heat that is finite and not negative")
    top = float(heat.max())
    levels = np.rint(heat / top * 255) if top > 0 else np.zeros(heat.shape)
    picture = Image.fromarray(levels.astype(np.uint8), "P")
    picture.putpalette(colours().tobytes())
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def colours() -> npt.NDArray[np.uint8]:
    """Return the colours of heat 0 to 255, shape (256, 3)."""
    from matplotlib import colormaps

    table: npt.NDArray[np.uint8] = np.rint(
        np.asarray(colormaps[COLOUR_MAP](np.arange(256)))[:, :3] * 255
    ).astype(np.uint8)
    return table


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
