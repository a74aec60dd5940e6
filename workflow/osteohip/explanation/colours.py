"""The colours of heat, the same wherever a map is shown."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

COLOUR_MAP = "inferno"  # perceptually uniform
OPAQUE_FROM = 0.4
"""Share of a map's most heat from which it covers the film."""


def heat_levels(heat: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Return a map's heat, at least 0, as 0 to 255; its maximum is 255, and a map of 0 stays 0."""
    top = float(heat.max())
    levels = np.rint(heat / top * 255) if top > 0 else np.zeros_like(heat)
    return levels.astype(np.uint8)


@cache
def colours() -> npt.NDArray[np.uint8]:
    """Return the colours of heat 0 to 255, shape (256, 3)."""
    from matplotlib import colormaps

    table: npt.NDArray[np.uint8] = np.rint(
        np.asarray(colormaps[COLOUR_MAP](np.arange(256)))[:, :3] * 255
    ).astype(np.uint8)
    return table


@cache
def opacity() -> npt.NDArray[np.uint8]:
    """Return how much of the film heat 0 to 255 covers, 0 to 255, shape (256,).

    What has little heat lets the film through: dark colours laid over it would hide the bone.
    """
    covers = np.minimum(np.arange(256) / (OPAQUE_FROM * 255), 1)
    table: npt.NDArray[np.uint8] = np.rint(covers * 255).astype(np.uint8)
    return table
