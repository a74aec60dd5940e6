"""How alike two maps of one case are, and what that is over many cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from scipy.stats import binom, rankdata

from osteohip.evaluation.estimate import LEVEL, Estimate
from osteohip.explanation.maps import enlarged, is_constant

Floats = npt.NDArray[np.float64]
Maps = npt.NDArray[np.floating]

# Wang et al. 2004: standard deviation and reach of the window in pixels, and the two constants.
WINDOW_SIGMA, WINDOW_RADIUS = 1.5, 5
C1, C2 = 0.01**2, 0.03**2
CONSTANT = "in each pair at least one map is the same everywhere"


def spearman(first: Maps, second: Maps) -> Floats:
    """Return Spearman's rank correlation of each pair of maps, ties having their mean rank.

    Parameters
    ----------
    first, second
        Shape (n, rows, columns).

    Returns
    -------
    Shape (n,), in [-1, 1]; not a number where a map of the pair is the same everywhere.
    """
    flat = (len(first), first.shape[1] * first.shape[2])
    ranks = [rankdata(maps.reshape(flat), axis=1) for maps in (first, second)]
    a, b = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    found = np.full(len(first), np.nan)
    defined = ~(is_constant(first) | is_constant(second))
    np.divide((a * b).sum(axis=1), scale, out=found, where=defined)
    return found


def ssim(first: Maps, second: Maps, *, size: int) -> Floats:
    """Return the structural similarity of each pair of maps at the size of the crop.

    Wang et al. 2004 ("Image quality assessment"), equation 13, with their Gaussian window and
    constants, averaged over all pixels; the maps are `enlarged` and divided by their maxima, so
    that their range is 1.

    Parameters
    ----------
    first, second
        Shape (n, rows, columns), at least 0.
    size
        Pixels a side of the crop.

    Returns
    -------
    Shape (n,), in [-1, 1]; not a number where a map of the pair is the same everywhere.
    """
    found = np.full(len(first), np.nan)
    defined = ~(is_constant(first) | is_constant(second))
    if not defined.any():
        return found
    x, y = (
        whole / whole.max(axis=(1, 2), keepdims=True)
        for whole in (enlarged(maps[defined], size).astype(np.float64) for maps in (first, second))
    )

    def local(values: Floats) -> Floats:
        sigmas = (0, WINDOW_SIGMA, WINDOW_SIGMA)
        return np.asarray(gaussian_filter(values, sigmas, radius=(0, WINDOW_RADIUS, WINDOW_RADIUS)))

    mean_x, mean_y = local(x), local(y)
    variances = local(x * x) - mean_x**2 + local(y * y) - mean_y**2
    covariance = local(x * y) - mean_x * mean_y
    alike = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    found[defined] = (alike / ((mean_x**2 + mean_y**2 + C1) * (variances + C2))).mean(axis=(1, 2))
    return found


def median(values: Floats, *, reason: str = CONSTANT, level: float = LEVEL) -> Estimate:
    """Return the median of those values that are numbers, with its interval.

    The limits are order statistics, by the binomial distribution, whatever the values' own
    distribution (Conover, "Practical Nonparametric Statistics", section 3.2); they cover at least
    ``level``. Fewer than six values have no such limits at 95 %.

    Parameters
    ----------
    values
        Shape (n,).
    reason
        Why there may be no number among them.
    """
    method = "order statistics"
    numbers = np.sort(values[~np.isnan(values)])
    n = len(numbers)
    if not n:
        return Estimate(None, None, None, None, 0, method, reason=reason)
    estimate = float(np.median(numbers))
    below = int(binom.ppf((1 - level) / 2, n, 0.5))
    if below == 0:
        few = f"{n} values are too few for limits of the median"
        return Estimate(estimate, None, None, None, n, method, reason=few)
    return Estimate(estimate, float(numbers[below - 1]), float(numbers[n - below]), None, n, method)


def similarities(first: Maps, second: Maps, *, size: int) -> dict[str, Floats]:
    """Return how alike each pair of maps is: `spearman` and `ssim`, both of shape (n,).

    Parameters
    ----------
    first, second
        Shape (n, rows, columns), at least 0.
    size
        Pixels a side of the crop.
    """
    return {"spearman": spearman(first, second), "ssim": ssim(first, second, size=size)}


def summary(values: Mapping[str, Floats]) -> dict[str, Any]:
    """Return what `similarities` are over the cases, as JSON can hold it.

    Returns
    -------
    dict
        ``undefined`` pairs, of which at least one map is the same everywhere, and the `median` of
        ``spearman`` and ``ssim`` over the others.
    """
    return {
        "undefined": int(np.isnan(values["spearman"]).sum()),
        **{name: median(found).as_json() for name, found in values.items()},
    }


def similarity(first: Maps, second: Maps, *, size: int) -> dict[str, Any]:
    """Return the `summary` of the `similarities` of the maps of the same cases."""
    return summary(similarities(first, second, size=size))


def zero_maps(maps: Maps) -> int:
    """Return how many maps, shape (n, rows, columns), are 0 everywhere."""
    return int((maps == 0).all(axis=(1, 2)).sum())
