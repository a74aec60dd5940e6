"""Deletion and insertion: whether the score follows the pixels that a map calls hot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from osteohip.explanation.maps import enlarged, heat_ranks, is_constant
from osteohip.model.prediction import scores

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

STEPS = 20
FRACTIONS: Floats32 = np.linspace(0, 1, STEPS + 1, dtype=np.float32)
# The network's input where a pixel is not valid: the mean of the crop's valid pixels.
BASELINE = np.float32(0)


def deletion_insertion(
    logits_of: Callable[[Floats32], Floats],
    *,
    inputs: Floats32,
    maps: Floats32,
    target: npt.NDArray[np.int8],
) -> tuple[Floats32, Floats32]:
    """Return the score of the called class while the hottest pixels go, and while they come.

    Petsiuk et al. 2018 ("RISE"), section 4.3: the map is brought to the input's size, and its
    pixels are taken from the hottest to the coldest (`heat_ranks`). A pixel that is out has the
    value that an invalid one has, which is the crop's mean.

    Parameters
    ----------
    logits_of
        The network: from (n, size, size, 1), float32, to logits, shape (n,).
    inputs
        Shape (n, size, size, 1), float32.
    maps
        Shape (n, rows, columns), float32.
    target
        Shape (n,), 1 or -1: the score is that of osteoporosis or of its absence.

    Returns
    -------
    tuple
        Deletion and insertion, each of shape (n, len(FRACTIONS)), float32, in [0, 1]; not a number
        for a map that is the same everywhere. Deletion begins, and insertion ends, with the score
        of the whole crop.
    """
    ranks = heat_ranks(enlarged(maps, inputs.shape[1]))[..., None]
    counts = np.round(FRACTIONS.astype(np.float64) * inputs[0].size).astype(np.int64)

    def score(hidden: Bools) -> Floats:
        return scores(target * logits_of(np.where(hidden, BASELINE, inputs)))

    deletion, insertion = (
        np.stack(columns, axis=1).astype(np.float32)
        for columns in (
            [score(ranks < count) for count in counts],
            [score(ranks >= count) for count in counts],
        )
    )
    for curve in (deletion, insertion):
        curve[is_constant(maps)] = np.nan
    return deletion, insertion
