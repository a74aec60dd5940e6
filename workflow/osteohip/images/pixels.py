"""From stored values to values of which bone is bright, and which pixels are an image at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from osteohip.images.luts import apply_modality, apply_voi, has_voi_table
from osteohip.images.polarity import must_invert
from osteohip.site.film import Stored, clean, overlay_groups, stored_bits

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Box:
    """A box in the stored matrix, half-open: columns x0 to x1, rows y0 to y1."""

    x0: int
    y0: int
    x1: int
    y1: int


def cut(array: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    """Return the part of ``array`` (rows, columns) inside ``box``."""
    return array[box.y0 : box.y1, box.x0 : box.x1]


def stored_range(dataset: Dataset) -> tuple[int, int]:
    """Return the lowest and the highest value that the film can store."""
    bits = int(dataset.BitsStored)
    if int(dataset.PixelRepresentation) == 1:
        return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1


def bone_bright(stored: Stored, dataset: Dataset, *, voi: bool) -> Values:
    """Return values that are higher where the film is displayed brighter, bone being bright.

    First the modality LUT, then the VOI if asked for, then an inversion where `must_invert` says
    so, within the range that the film can express: what a MONOCHROME1 film holds as its lowest
    value gets the highest. A VOI LUT that falls turns the display round, so it counts for the
    polarity even if it is not applied.

    Parameters
    ----------
    stored
        Stored values of any part of the film.
    dataset
        The film's tags.
    voi
        Apply the film's VOI.

    Returns
    -------
    Array of the shape of ``stored``, in the units of the modality LUT; 0 to 1 after a VOI.

    Raises
    ------
    ValueError
        Where a LUT or the polarity is unknown or contradictory.
    """
    low, high = apply_modality(np.array(stored_range(dataset)), dataset)
    turned = False
    if has_voi_table(dataset):
        start, end = apply_voi(np.sort([low, high]), dataset)
        turned = bool(start > end)
    falls = (low > high) != turned
    sign = dataset.get("PixelIntensityRelationshipSign")
    invert = must_invert(
        clean(dataset.get("PhotometricInterpretation")),
        clean(dataset.get("PresentationLUTShape")),
        # The sign is that of stored values; each LUT on the way to the display that falls turns
        # it round, whether it is applied here or not.
        None if sign is None else int(sign) * (-1 if falls else 1),
    )
    values = apply_modality(stored, dataset)
    if voi:
        values = apply_voi(values, dataset)
        low, high = apply_voi(np.array([low, high]), dataset)
    else:
        invert ^= turned
    return low + high - values if invert else values


def valid_pixels(stored: Stored, dataset: Dataset) -> Mask:
    """Return which pixels of a whole film are image: neither padding nor under an overlay.

    Parameters
    ----------
    stored
        Stored values of the whole film, shape (rows, columns).
    dataset
        The film's tags and overlay planes.

    Raises
    ------
    ValueError
        Where an overlay's data are shorter than its rows and columns say.
    """
    valid = ~is_padding(stored, dataset)
    for group in overlay_groups(dataset):
        valid &= ~overlay_mask(dataset, group)
    return valid


def is_padding(stored: Stored, dataset: Dataset) -> Mask:
    """Return where pixels are padding: Pixel Padding Value, up to its Range Limit (C.7.5.1.1.2)."""
    padding = dataset.get("PixelPaddingValue")
    if padding in (None, ""):
        return np.zeros(stored.shape, dtype=bool)
    limit = dataset.get("PixelPaddingRangeLimit")
    ends = [_as_stored(int(end), dataset) for end in (padding, limit) if end not in (None, "")]
    return (stored >= min(ends)) & (stored <= max(ends))


def _as_stored(value: int, dataset: Dataset) -> int:
    """Return the stored value of a pixel that was filled with ``value``.

    A value may be written as unsigned where the pixels are signed, and may have bits above Bits
    Stored, which the pixels lose when they are decoded. One too large for a pixel stays.
    """
    allocated, stored = int(dataset.BitsAllocated), int(dataset.BitsStored)
    if not -(1 << (allocated - 1)) <= value < 1 << allocated:
        return value
    kind = "i" if int(dataset.PixelRepresentation) == 1 else "u"
    word = np.array([value % (1 << allocated)], dtype=f"u{allocated // 8}")
    pixel = stored_bits(
        word.view(f"{kind}{allocated // 8}"), bits_stored=stored, high_bit=stored - 1
    )
    return int(pixel[0])


def overlay_mask(dataset: Dataset, group: int) -> Mask:
    """Return the pixels of the film on which an overlay plane has a bit set, in any frame.

    Planes inside the unused bits of the pixels (retired) are cleared when the film is decoded and
    cover nothing.
    """
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    mask = np.zeros((rows, columns), dtype=bool)
    if (group, 0x3000) not in dataset:
        return mask
    height, width = int(dataset[group, 0x0010].value), int(dataset[group, 0x0011].value)
    frames = int(dataset[group, 0x0015].value) if (group, 0x0015) in dataset else 1
    bits = np.unpackbits(np.frombuffer(dataset[group, 0x3000].value, np.uint8), bitorder="little")[
        : frames * height * width
    ]
    if len(bits) != frames * height * width:
        raise ValueError("expected as many overlay bits as its rows and columns say")
    plane: Mask = np.any(bits.reshape(frames, height, width), axis=0)
    origin = dataset[group, 0x0050].value if (group, 0x0050) in dataset else (1, 1)
    top, left = int(origin[0]) - 1, int(origin[1]) - 1
    inside = plane[max(0, -top) : max(0, rows - top), max(0, -left) : max(0, columns - left)]
    y, x = max(0, top), max(0, left)
    mask[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return mask
