"""The colours of heat, the same wherever a map is shown."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

COLOUR_MAP = "inferno"  # perceptually uniform


@cache
def colours() -> npt.NDArray[np.uint8]:
    """Return the colours of heat 0 to 255, shape (256, 3)."""
    from matplotlib import colormaps

    table: npt.NDArray[np.uint8] = np.rint(
        np.asarray(colormaps[COLOUR_MAP](np.arange(256)))[:, :3] * 255
    ).astype(np.uint8)
    return table
