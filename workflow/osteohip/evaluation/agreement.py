"""Agreement of readers: raw, corrected for chance in three ways, and by answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from osteohip.evaluation.discrimination import Floats
from osteohip.evaluation.estimate import LEVEL, Estimate
from osteohip.evaluation.proportions import wilson

Ratings = npt.NDArray[np.int64]

MISSING = -1
NOTHING = "no case was read by two readers"
CONSTANT = "all readings are the same, so that kappa is 0/0"
CONSTANT_READER = "a reader gave the same answer in every case, so that kappa is always 0"
NO_ERROR = "the standard error is zero"
# Rounding alone leaves less than this.
LEAST_ERROR = 1e-12
AS_TRIALS = "Wilson, cases as trials"
# Of the paper's Methods; the first is for exactly 1.
BANDS = (
    (0.8, "almost perfect"),
    (0.6, "substantial"),
    (0.4, "moderate"),
    (0.2, "fair"),
)


@dataclass(frozen=True)
class Agreement:
    """How far readers agree.

    Parameters
    ----------
    n
        Cases with two readings or more.
    agreement
        Share of pairs of readings of a case that are the same.
    kappa
        Cohen's for two readers, Fleiss' for more.
    ac1, pabak
        Gwet's AC1, and the prevalence-adjusted bias-adjusted kappa.
    by_category
        Agreement on each category in turn: of the readings in it, the share that a second reader
        shares. With two categories, positive and negative agreement.
    """

    n: int
    agreement: Estimate
    kappa: Estimate
    ac1: Estimate
    pabak: Estimate
    by_category: tuple[Estimate, ...]


def agreement(ratings: Ratings, *, categories: int = 2, level: float = LEVEL) -> Agreement:
    """Measure the agreement of two readers or more on nominal categories.

    Two readers are compared on the cases that both read. With more, pairs of readings are averaged
    within each case; a case with one reading helps to estimate chance agreement alone.

    Standard errors are those of Gwet, which for Cohen's kappa are those of Fleiss, Cohen and
    Everitt; the reference is Student's t with the number of cases less one. Where all cases agree
    they are zero, and the limits are then those of raw agreement by Wilson, carried over with
    chance agreement held; where they are zero although cases disagree (a reader gave one answer
    alone) there is no interval. For two readers raw agreement, PABAK and agreement by category are
    proportions or functions of one, and have Wilson's limits. All values are worked out in
    fractions of whole counts.

    Parameters
    ----------
    ratings
        Shape (cases, readers), categories 0, 1, ...; -1 where a reader did not read a case.
    categories
        Number of categories that could be given, used or not; at least two.

    Raises
    ------
    ValueError
        For fewer than two readers, or a rating outside the categories.

    References
    ----------
    Cohen J. Educ Psychol Meas 1960;20:37-46. Fleiss JL, Cohen J, Everitt BS. Psychol Bull
    1969;72:323-327. Fleiss JL. Psychol Bull 1971;76:378-382. Gwet KL. Br J Math Stat Psychol
    2008;61:29-48, and Handbook of inter-rater reliability, 4th ed., 2014. PABAK: Byrt T, Bishop J,
    Carlin JB. J Clin Epidemiol 1993;46:423-429. By category: Cicchetti DV, Feinstein AR. J Clin
    Epidemiol 1990;43:551-558; for more readers Spitzer RL, Fleiss JL. Br J Psychiatry
    1974;125:341-347.
    """
    if ratings.ndim != 2 or ratings.shape[1] < 2:
        raise ValueError("expected one row a case and a column for each of two readers or more")
    if categories < 2 or ratings.min(initial=0) < MISSING or ratings.max(initial=0) >= categories:
        raise ValueError(f"expected ratings of 0 to {categories - 1}, or {MISSING} where missing")
    two = ratings.shape[1] == 2
    used = ratings[(ratings != MISSING).sum(axis=1) >= (2 if two else 1)]
    counts = np.stack([(used == k).sum(axis=1) for k in range(categories)], axis=1)
    read = counts.sum(axis=1)
    n = int((read >= 2).sum())
    if n == 0:
        nothing = Estimate(None, None, None, None, 0, "none", NOTHING)
        return Agreement(0, nothing, nothing, nothing, nothing, (nothing,) * categories)
    pairs = read * (read - 1)
    agreeing = (counts * (counts - 1)).sum(axis=1)
    # Each case's agreement, scaled so that the mean over all cases is that over cases with a pair.
    paired = (read >= 2) * (len(read) / n)
    observed = paired * np.divide(agreeing, pairs, out=np.zeros(len(read)), where=pairs > 0)
    shares = counts / read[:, None]
    sizes = [(int(size), read == size) for size in np.unique(read)]
    seen = (
        sum(
            (Fraction(int(agreeing[r].sum()), k * (k - 1)) for k, r in sizes if k >= 2), Fraction(0)
        )
        / n
    )
    used_shares = [
        sum((Fraction(int(counts[r, k].sum()), size) for size, r in sizes), Fraction(0)) / len(read)
        for k in range(categories)
    ]
    mean_shares = np.array([float(share) for share in used_shares])
    raw = _raw_agreement(observed, seen=seen, n=n, two=two, level=level)
    corrected = partial(
        _corrected, observed, seen=seen, paired=paired, two=two, raw=raw, level=level
    )
    if two:
        by_chance, expected = _by_marginals(used, categories=categories)
        kappa = corrected(by_chance, chance=expected, name="Cohen's kappa")
        if kappa.estimate is not None and (used == used[0]).all(axis=0).any():
            kappa = replace(
                kappa, low=None, high=None, method="Cohen's kappa", reason=CONSTANT_READER
            )
    else:
        expected = sum((share**2 for share in used_shares), Fraction(0))
        kappa = corrected(shares @ mean_shares, chance=expected, name="Fleiss' kappa")
    expected = sum((share * (1 - share) for share in used_shares), Fraction(0)) / (categories - 1)
    even = Fraction(1, categories)
    return Agreement(
        n=n,
        agreement=raw,
        kappa=kappa,
        ac1=corrected(
            shares @ ((1 - mean_shares) / (categories - 1)), chance=expected, name="Gwet's AC1"
        ),
        pabak=_pabak(raw, seen=seen, categories=categories)
        if two
        else corrected(np.full(len(read), float(even)), chance=even, name="PABAK"),
        by_category=tuple(
            _on_category(counts[:, k], read, two=two, level=level) for k in range(categories)
        ),
    )


def band(kappa: float) -> str:
    """Return the paper's word for a kappa (Jang R et al. Sci Rep 2021;11:19997, Methods)."""
    # A kappa of 4/5 must not fall short of its band by rounding.
    kappa = round(kappa, 12)
    if kappa >= 1:
        return "perfect"
    return next((word for least, word in BANDS if kappa >= least), "slight")


def _raw_agreement(
    observed: Floats, *, seen: Fraction, n: int, two: bool, level: float
) -> Estimate:
    if two or seen == 1:
        # With more readers that all agree, each case counts once: a case is what was sampled.
        found = wilson(k=int(seen * n), n=n, level=level)
        return found if two else replace(found, k=None, method=AS_TRIALS)
    value = float(seen)
    low, high, reason = _t_limits(value, _error(observed), len(observed), least=0.0, level=level)
    return Estimate(value, low, high, None, n, "t interval of a mean over cases", reason)


def _by_marginals(ratings: Ratings, *, categories: int) -> tuple[Floats, Fraction]:
    """Return what chance would give the two answers of each case, and its mean: Cohen's chance."""
    first, second = ratings[:, 0], ratings[:, 1]
    n = len(ratings)
    of_first, of_second = (
        np.bincount(answers, minlength=categories) for answers in (first, second)
    )
    by_chance: Floats = (of_second[first] + of_first[second]) / (2 * n)
    return by_chance, Fraction(int(of_first @ of_second), n * n)


def _corrected(
    observed: Floats,
    by_chance: Floats,
    *,
    seen: Fraction,
    chance: Fraction,
    paired: Floats,
    two: bool,
    raw: Estimate,
    name: str,
    level: float,
) -> Estimate:
    """Return (seen - chance) / (1 - chance) from what each case adds to both.

    ``seen`` and ``chance`` are the means of ``observed`` and ``by_chance`` as fractions;
    ``paired`` is the weight of each case in the observed agreement, with mean 1.
    """
    n = len(observed)
    if chance == 1:
        return Estimate(None, None, None, None, raw.n, name, CONSTANT)
    value, held = float((seen - chance) / (1 - chance)), float(chance)
    parts = observed - held * paired - 2 * (1 - value) * (by_chance - held)
    # Gwet divides by n - 1, but for two readers by n, as Fleiss, Cohen and Everitt do.
    error = _error(parts / (1 - held), ddof=0 if two else 1)
    # Raw agreement of none has a width with two readers alone.
    if error < LEAST_ERROR and (seen == 1 or (two and seen == 0)):
        assert raw.low is not None
        assert raw.high is not None
        low, high = ((limit - held) / (1 - held) for limit in (raw.low, raw.high))
        method = f"{name}, limits of raw agreement with chance held"
        return Estimate(value, max(-1.0, low), min(1.0, high), None, raw.n, method)
    low_t, high_t, reason = _t_limits(value, error, n, least=-1.0, level=level)
    return Estimate(value, low_t, high_t, None, raw.n, f"{name}, Gwet's standard error", reason)


def _pabak(raw: Estimate, *, seen: Fraction, categories: int) -> Estimate:
    """Return PABAK of two readers: the kappa if both had used all categories equally often."""

    def scaled(share: float | None) -> float | None:
        return None if share is None else (categories * share - 1) / (categories - 1)

    value = float((categories * seen - 1) / (categories - 1))
    method = f"{raw.method}, on the scale of kappa"
    return Estimate(value, scaled(raw.low), scaled(raw.high), None, raw.n, method, raw.reason)


def _on_category(
    counts: npt.NDArray[np.int64], read: npt.NDArray[np.int64], *, two: bool, level: float
) -> Estimate:
    """Return of the readings in one category the share that another reader shares.

    With two readers and a cases in which both gave it, d in which one did, this is 2a / (2a + d),
    a function of the proportion a / (a + d).
    """
    numerator, denominator = counts * (counts - 1), counts * (read - 1)
    k, n = int(numerator.sum()), int(denominator.sum())
    if n == 0:
        return Estimate(None, None, None, k, n, "Wilson", "no reader gave this answer")
    value = k / n
    if two:
        both = k // 2
        found = wilson(k=both, n=both + (n - k), level=level)
        assert found.low is not None
        assert found.high is not None
        low, high = (2 * p / (1 + p) for p in (found.low, found.high))
        return Estimate(value, low, high, k, n, "Wilson, of cases with this answer")
    if k == n:
        shared = int((denominator > 0).sum())
        found = wilson(k=shared, n=shared, level=level)
        return Estimate(value, found.low, found.high, k, n, AS_TRIALS)
    cases = len(read)
    parts = (numerator - value * denominator) * cases / n
    error = _error(parts)
    method = "t interval of a ratio over cases"
    low_t, high_t, reason = _t_limits(value, error, cases, least=0.0, level=level)
    return Estimate(value, low_t, high_t, k, n, method, reason)


def _error(parts: Floats, *, ddof: int = 1) -> float:
    """Return the standard error of a mean over cases, NaN for one case."""
    return float(parts.std(ddof=ddof) / math.sqrt(len(parts))) if len(parts) > 1 else math.nan


def _t_limits(
    value: float, error: float, n: int, *, least: float, level: float
) -> tuple[float | None, float | None, str | None]:
    """Return limits by Student's t, cut off at ``least`` and 1, and why there are none."""
    if n < 2:
        return None, None, "fewer than two cases"
    if error < LEAST_ERROR:
        return None, None, NO_ERROR
    half = float(t.ppf(0.5 + level / 2, n - 1)) * error
    return max(least, value - half), min(1.0, value + half), None
