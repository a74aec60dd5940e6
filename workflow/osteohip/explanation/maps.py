"""Maps as arrays: their file, their size on the crop, and the order of pixels that they imply."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from osteohip.errors import StudyError
from osteohip.files import read_arrays, write_arrays

Floats32 = npt.NDArray[np.float32]
PREFIX = "map_"


@dataclass(frozen=True)
class Maps:
    """The content of ``maps.npz``: n cases sorted by name.

    Parameters
    ----------
    case_ids
        Shape (n,).
    score
        Shape (n,), float64, the network's score in [0, 1], higher for osteoporosis.
    target
        Shape (n,), int8: 1 where the maps are those of the logit, because the case is called
        osteoporosis at the operating point, -1 where they are those of the negated logit.
    layers
        For each layer its maps, shape (n, rows, columns), float32, at least 0; the first layer is
        the one that is shown. A map may be 0 everywhere.
    randomised
        Shape (n, rows, columns): maps of the first layer from networks with random weights, several
        of them dealt out among the cases.
    fraction
        Shape (s,), float32, from 0 to 1: shares of the crop's pixels.
    deletion, insertion
        Shape (n, s), float32: score of the called class while that share of the hottest pixels is
        taken out, or is all that is there; not a number where the map is the same everywhere, since
        it says nothing about what comes first.
    """

    case_ids: npt.NDArray[np.str_]
    score: npt.NDArray[np.float64]
    target: npt.NDArray[np.int8]
    layers: Mapping[str, Floats32]
    randomised: Floats32
    fraction: Floats32
    deletion: Floats32
    insertion: Floats32

    def __len__(self) -> int:
        return len(self.case_ids)

    @property
    def shown(self) -> str:
        """Name of the layer whose maps are shown."""
        return next(iter(self.layers))


def write_maps(path: Path, maps: Maps) -> None:
    """Write ``maps.npz``."""
    write_arrays(
        path,
        case_id=maps.case_ids,
        score=maps.score,
        target=maps.target,
        layers=np.array(list(maps.layers)),
        randomised=maps.randomised,
        fraction=maps.fraction,
        deletion=maps.deletion,
        insertion=maps.insertion,
        **{f"{PREFIX}{name}": array for name, array in maps.layers.items()},
    )


def read_maps(path: Path) -> Maps:
    """Read ``maps.npz``.

    Raises
    ------
    StudyError
        If the file is missing or not what `write_maps` writes.
    """
    try:
        arrays = read_arrays(path)
        return Maps(
            case_ids=arrays["case_id"],
            score=arrays["score"],
            target=arrays["target"],
            layers={str(name): arrays[f"{PREFIX}{name}"] for name in arrays["layers"]},
            randomised=arrays["randomised"],
            fraction=arrays["fraction"],
            deletion=arrays["deletion"],
            insertion=arrays["insertion"],
        )
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError):
        expected = "the maps of a run, as `osteohip explain` writes them"
        raise StudyError(f"{path}: expected {expected}") from None


def enlarged(maps: npt.NDArray[np.floating], size: int) -> Floats32:
    """Return maps at the size of a crop, by bilinear interpolation between the cells' middles.

    Beyond the middles of the outermost cells a map is taken to go on as it is there. So a value
    lies between the least and the greatest of the map, and a map of one value stays as it is.

    Parameters
    ----------
    maps
        Shape (n, rows, columns), any unit.
    size
        Pixels a side of the crop, at least 1.

    Returns
    -------
    Shape (n, size, size), float32.
    """
    down, across = (_interpolation(cells, size) for cells in maps.shape[1:])
    return (down @ maps.astype(np.float64) @ across.T).astype(np.float32)


def _interpolation(cells: int, size: int) -> npt.NDArray[np.float64]:
    """Return the weights of each cell for each pixel, shape (size, cells); rows sum to 1."""
    place = np.clip((np.arange(size) + 0.5) * cells / size - 0.5, 0, cells - 1)
    below = np.minimum(place.astype(np.int64), max(cells - 2, 0))
    weights = np.zeros((size, cells))
    weights[np.arange(size), below] = 1 - (place - below)
    if cells > 1:
        weights[np.arange(size), below + 1] = place - below
    return weights


def is_constant(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Tell of each map, shape (n, rows, columns), whether it has the same value everywhere."""
    constant: npt.NDArray[np.bool_] = maps.max(axis=(1, 2)) == maps.min(axis=(1, 2))
    return constant


def heat_ranks(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """Return the place of each pixel in the order from the hottest to the coldest, from 0.

    Pixels of the same heat are in the order of rows, then columns.

    Parameters
    ----------
    maps
        Shape (n, rows, columns).

    Returns
    -------
    The same shape.
    """
    flat = maps.reshape(len(maps), -1)
    order = np.argsort(-flat, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(flat.shape[1])[None], axis=1)
    return ranks.reshape(maps.shape)


def area_under(
    fraction: npt.NDArray[np.floating], curves: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return the area under each deletion or insertion curve, by the trapezoid rule.

    Petsiuk et al. 2018 ("RISE"), section 4.3: a low deletion and a high insertion area mean that
    the map names what the score depends on.

    Parameters
    ----------
    fraction
        Shape (s,), from 0 to 1.
    curves
        Shape (n, s), scores in [0, 1].
    """
    areas: npt.NDArray[np.float64] = np.trapezoid(
        curves.astype(np.float64), fraction.astype(np.float64), axis=1
    )
    return areas
