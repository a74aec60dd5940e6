"""The bootstrap by patient: resamples as weights of the cases, many at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.estimate import LEVEL, Estimate

Statistic = Callable[[Floats], Mapping[str, Floats]]

RESAMPLES = 2000
# Above this share of resamples without a value the outer percentiles mean nothing.
MOST_UNDEFINED = 0.05
# Weights held at a time: few enough to stay in the cache of a core, which makes it thrice as fast.
CHUNK = 1 << 14


def bootstrap(
    statistic: Statistic,
    *,
    cases: int,
    seed: int,
    resamples: int = RESAMPLES,
    patients: Labels | None = None,
    strata: Labels | None = None,
) -> dict[str, Floats]:
    """Draw patients with replacement and return each statistic of each resample.

    Parameters
    ----------
    statistic
        From weights, shape (b, cases), how often each case lies in each of b resamples, to named
        values of shape (b,); NaN where a value is undefined.
    cases
        Number of cases.
    seed
        Seed of the draws; the same seed gives the same resamples.
    resamples
        Number of resamples.
    patients
        Shape (cases,), the patient of each case as 0, 1, ...; a patient is drawn with all cases.
        By default each case is a patient.
    strata
        Shape (cases,), the stratum of each case, the same for all cases of a patient; each
        stratum keeps its number of patients. By default there is one stratum.

    Returns
    -------
    dict
        Values of shape (resamples,) by name.

    References
    ----------
    Efron B, Tibshirani RJ. An introduction to the bootstrap. Chapman & Hall, 1993; by patient:
    Field CA, Welsh AH. J R Stat Soc B 2007;69:369-390.
    """
    parts: dict[str, list[Floats]] = {}
    for weights in _weights(
        cases=cases, seed=seed, resamples=resamples, patients=patients, strata=strata
    ):
        for name, values in statistic(weights).items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def class_strata(*, labels: Labels, patients: Labels | None = None) -> Labels:
    """Return the strata that keep the classes, shape (cases,).

    Where each patient is one case, that is the label; else whether none (0), some (1) or all (2)
    of the patient's cases are diseased.
    """
    if patients is None:
        return labels
    most = np.zeros(patients.max() + 1, dtype=np.int64)
    least = np.ones(patients.max() + 1, dtype=np.int64)
    np.maximum.at(most, patients, labels)
    np.minimum.at(least, patients, labels)
    strata: Labels = (most + least)[patients]
    return strata


def percentile_interval(
    draws: Floats,
    *,
    estimate: float | None,
    n: int,
    reason: str | None = None,
    stratified: bool,
    level: float = LEVEL,
) -> Estimate:
    """Return a statistic with the percentile interval of its resamples.

    Resamples without a value are counted in ``method`` and left out; where they are more than a
    twentieth, or where all values are the same, there is no interval.

    Parameters
    ----------
    draws
        Shape (resamples,), NaN where undefined.
    estimate, n, reason
        The statistic of the cases themselves, their number, and why the statistic is undefined.
    stratified
        Whether the resamples kept the classes, for ``method``.
    """
    undefined = int(np.isnan(draws).sum())
    method = f"percentile bootstrap by patient, {len(draws)} resamples"
    method += " stratified by class" if stratified else ""
    method += f", {undefined} undefined" if undefined else ""
    if estimate is None:
        return Estimate(None, None, None, None, n, method, reason)
    if undefined > MOST_UNDEFINED * len(draws):
        reason = f"undefined in {undefined} of {len(draws)} resamples"
        return Estimate(estimate, None, None, None, n, method, reason)
    tail = (1 - level) / 2
    low, high = (float(x) for x in np.nanquantile(draws, [tail, 1 - tail]))
    if math.isclose(low, high, rel_tol=1e-12, abs_tol=1e-15):
        return Estimate(estimate, None, None, None, n, method, "the resamples do not differ")
    return Estimate(estimate, low, high, None, n, method)


def _weights(
    *, cases: int, seed: int, resamples: int, patients: Labels | None, strata: Labels | None
) -> Iterator[Floats]:
    """Yield how often each case lies in each resample, some resamples at a time."""
    if cases < 1 or resamples < 1:
        raise ValueError("expected at least one case and one resample")
    members = np.arange(cases) if patients is None else patients
    first = np.unique(members, return_index=True)[1]
    if not np.array_equal(members[first], np.arange(len(first))):
        raise ValueError("expected patients 0, 1, ... without a gap")
    of_patient = np.zeros(len(first), dtype=np.int64) if strata is None else strata[first]
    if strata is not None and not np.array_equal(of_patient[members], strata):
        raise ValueError("expected one stratum for all cases of a patient")
    groups = [np.flatnonzero(of_patient == stratum) for stratum in np.unique(of_patient)]
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // len(first))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        counts = np.empty((rows, len(first)))
        for group in groups:
            counts[:, group] = _counts(rng, rows=rows, size=len(group))
        yield counts if patients is None else counts[:, members]


def _counts(rng: np.random.Generator, *, rows: int, size: int) -> npt.NDArray[np.int64]:
    """Return how often each of ``size`` things is drawn in ``size`` draws, row by row."""
    drawn = rng.integers(0, size, (rows, size))
    drawn += size * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)
