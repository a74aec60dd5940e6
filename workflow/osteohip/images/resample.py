"""Resample a box of a film to a square by area, with invalid pixels left out of every mean."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEAST_VALID = 0.5


def overlap(length: int, side: int, size: int) -> Values:
    """Return how much of each input pixel lies in each output pixel, along one axis.

    Parameters
    ----------
    length
        Input pixels; they lie in the middle of the side, the odd pixel more behind them.
    side
        Side of the padded square, in input pixels; at least ``length``.
    size
        Output pixels along the side.

    Returns
    -------
    Array (size, length) of overlaps in input pixels. A row's sum is ``side / size`` where the
    output pixel lies on input pixels only, and less at the padding.
    """
    before = (side - length) // 2
    # In units of 1/size of an input pixel all edges are integers, so the overlaps are exact.
    low_in = (np.arange(length) + before) * size
    low_out = np.arange(size)[:, None] * side
    shared = np.minimum(low_in + size, low_out + side) - np.maximum(low_in, low_out)
    weights: Values = np.maximum(shared, 0) / size
    return weights


@lru_cache(maxsize=256)
def _weights(length: int, side: int, size: int) -> csr_array:
    # Nearly all overlaps are 0. A sparse product skips them, and unlike a dense one it starts no
    # threads, which would be in the way of the other processes.
    return csr_array(overlap(length, side, size))


def resample_square(values: Values, valid: Mask, size: int) -> tuple[Values, Mask]:
    """Pad a box to a square and resample it by area.

    Each output pixel is the mean of the valid input under it, weighted by shared area. It is
    valid if valid input covers at least half of it; the padding is invalid.

    Parameters
    ----------
    values, valid
        Box of shape (rows, columns).
    size
        Pixels a side of the result.

    Returns
    -------
    Values and validity of shape (size, size); values are 0 where invalid.
    """
    rows, columns = values.shape
    side = max(rows, columns)
    down, across = _weights(rows, side, size), _weights(columns, side, size)

    def add_up(box: Values) -> Values:
        total: Values = (across @ (down @ box).T).T
        return total

    total, area = add_up(np.where(valid, values, 0.0)), add_up(valid.astype(np.float64))
    # Sums of exact overlaps carry rounding errors of some 1e-13.
    kept = area >= LEAST_VALID * (side / size) ** 2 * (1 - 1e-9)
    return np.divide(total, area, out=np.zeros_like(total), where=kept), kept
