"""How a simulated reader judges a map, before erring at the rate ``readers.simulated_error``.

A map is adequate if it is not 0 everywhere, if at most half of its heat lies in the border band of
the crop, and if bone holds a larger share of its heat than of the crop's area. Where no mask tells
what is bone, the last does not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from osteohip.explanation.regions import border_band, share_of_area, share_of_heat

MOST_AT_BORDER = 0.5


def judge(
    maps: npt.NDArray[np.floating], *, bone: npt.NDArray[np.floating] | None, border: float
) -> npt.NDArray[np.bool_]:
    """Return whether a simulated reader who never errs calls each map adequate.

    Parameters
    ----------
    maps
        Shape (n, size, size), at least 0.
    bone
        Of the same shape, share of each pixel that is bone; None where no mask tells.
    border
        Width of the border band, as a share of the crop's side.
    """
    at_border = share_of_heat(maps, border_band(maps.shape[1], border))
    adequate: npt.NDArray[np.bool_] = at_border <= MOST_AT_BORDER  # not for a map of 0
    if bone is not None:
        adequate &= share_of_heat(maps, bone) > share_of_area(bone)
    return adequate
