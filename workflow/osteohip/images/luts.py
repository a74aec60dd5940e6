"""The look-up tables of a film: modality LUT and VOI LUT or window (PS3.3, C.11.1 and C.11.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

Values = npt.NDArray[np.float64]


def apply_modality(stored: npt.NDArray[Any], dataset: Dataset) -> Values:
    """Apply the Modality LUT Sequence, or Rescale Slope and Intercept, or nothing."""
    values = stored.astype(np.float64)
    if table := dataset.get("ModalityLUTSequence"):
        return look_up(values, *read_table(table[0], dataset))
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    if slope in (None, "") and intercept in (None, ""):
        return values
    return values * float(1 if slope in (None, "") else slope) + float(intercept or 0)


def has_voi_table(dataset: Dataset) -> bool:
    """Tell whether the film has a VOI LUT Sequence; it goes before a window."""
    return bool(dataset.get("VOILUTSequence"))


def apply_voi(values: Values, dataset: Dataset) -> Values:
    """Apply the film's first VOI LUT, or its first window, to 0 to 1; without either, nothing.

    A window is LINEAR unless VOI LUT Function says LINEAR_EXACT or SIGMOID (C.11.2.1.3).

    Raises
    ------
    ValueError
        For another function, or a window without width.
    """
    if has_voi_table(dataset):
        first, table = read_table(dataset.VOILUTSequence[0], dataset)
        return look_up(values, first, table) / float(table.max() or 1)
    if dataset.get("WindowCenter") in (None, "") or dataset.get("WindowWidth") in (None, ""):
        return values
    return apply_window(
        values,
        center=_first(dataset.WindowCenter),
        width=_first(dataset.WindowWidth),
        function=str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper(),
    )


def apply_window(values: Values, *, center: float, width: float, function: str) -> Values:
    """Apply a window to 0 to 1 (C.11.2.1.2.1, C.11.2.1.3.1, C.11.2.1.3.2)."""
    if width <= 0 or (function == "LINEAR" and width < 1):
        raise ValueError("expected a Window Width of at least 1")
    match function:
        case "LINEAR" if width == 1:
            return (values > center - 0.5).astype(np.float64)
        case "LINEAR":
            return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
        case "LINEAR_EXACT":
            return np.clip((values - center) / width + 0.5, 0, 1)
        case "SIGMOID":
            # Past 700 the exponential overflows, and the value is 0 or 1 long before.
            exponent = np.clip(-4 * (values - center) / width, -700, 700)
            return 1 / (1 + np.exp(exponent))
    raise ValueError("expected VOI LUT Function LINEAR, LINEAR_EXACT or SIGMOID")


def look_up(values: Values, first: int, table: Values) -> Values:
    """Return the entries of ``table``; its first entry is for ``first`` and all values below."""
    places = np.clip(np.floor(values) - first, 0, len(table) - 1).astype(np.intp)
    found: Values = table[places]
    return found


def read_table(item: Dataset, dataset: Dataset) -> tuple[int, Values]:
    """Return the value that the first entry of a LUT is for, and the entries.

    Parameters
    ----------
    item
        Item of a LUT sequence.
    dataset
        The film, for byte order and sign.

    Raises
    ------
    ValueError
        Where the data are not as long as the descriptor says.
    """
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count or 1 << 16
    if int(dataset.PixelRepresentation) == 1 and first >= 1 << 15:
        first -= 1 << 16
    data: bytes | Sequence[int] | int = item.LUTData
    if isinstance(data, bytes):
        order = "<" if dataset.original_encoding[1] in (True, None) else ">"
        narrow = bits == 8 and len(data) in (count, count + count % 2) and count > 1
        table = np.frombuffer(data, np.dtype(np.uint8 if narrow else f"{order}u2"))[:count]
    else:
        table = np.asarray(data).reshape(-1)[:count]
    if len(table) != count:
        raise ValueError("expected as many LUT entries as the descriptor says")
    return first, table.astype(np.float64)


def _first(value: Any) -> float:
    return float(value[0] if isinstance(value, Sequence) and not isinstance(value, str) else value)
