"""How much of a map's heat lies in a region, beside how much of the crop the region takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def share_of_heat(
    maps: npt.NDArray[np.floating], region: npt.NDArray[np.floating] | npt.NDArray[np.bool_]
) -> Floats:
    """Return for each map the share of its heat that lies in a region.

    Parameters
    ----------
    maps
        Shape (n, size, size), at least 0, any unit.
    region
        Shape (n, size, size), or (size, size) for a region that all maps have: share of each pixel
        that belongs to it, 0 to 1.

    Returns
    -------
    Shape (n,), 0 to 1; not a number for a map that is 0 everywhere.
    """
    heat = maps.astype(np.float64)
    total = heat.sum(axis=(1, 2))
    inside = (heat * region).sum(axis=(1, 2))
    shares: Floats = np.full(len(heat), np.nan)
    np.divide(inside, total, out=shares, where=total > 0)
    return shares


def share_of_area(region: npt.NDArray[np.floating] | npt.NDArray[np.bool_]) -> Floats:
    """Return the share of the crop that a region takes, 0 to 1, for each of (n, size, size).

    This is what `share_of_heat` is for a map of the same heat everywhere.
    """
    shares: Floats = region.mean(axis=(-2, -1), dtype=np.float64)
    return shares


def border_band(size: int, width: float) -> npt.NDArray[np.float64]:
    """Return the band along the four sides of a crop.

    Parameters
    ----------
    size
        Pixels a side.
    width
        Of the band on each side, as a share of the crop's side, above 0 and below 0.5. A pixel that
        the border of the band cuts belongs to it in part.

    Returns
    -------
    Shape (size, size), 0 to 1.
    """
    left, right = width * size, size - width * size
    pixels = np.arange(size)
    inside = np.clip(np.minimum(pixels + 1, right) - np.maximum(pixels, left), 0, 1)
    return 1 - np.outer(inside, inside)
