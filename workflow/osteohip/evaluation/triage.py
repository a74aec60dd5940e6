"""Two thresholds: who is so sure to have osteoporosis, or not, that DXA can wait."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from osteohip.errors import StudyError
from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.estimate import LEVEL, Estimate
from osteohip.evaluation.proportions import wilson
from osteohip.evaluation.threshold import require_validation
from osteohip.files import read_json

Basis = Literal["estimate", "lower_bound"]
BASES: tuple[Basis, ...] = ("estimate", "lower_bound")


@dataclass(frozen=True)
class Limit:
    """One threshold of the triage, where it could be reached.

    Parameters
    ----------
    target
        Predictive value that was asked for, in (0, 1).
    threshold
        Rule-in: scores at or above it; rule-out: scores below it. None where the target could not
        be reached, and then ``reason`` says why.
    k, n
        Cases of the part that it was chosen on beyond the threshold, and those called rightly.
    """

    target: float
    threshold: float | None
    k: int | None
    n: int | None
    reason: str | None = None


@dataclass(frozen=True)
class Triage:
    """Thresholds to rule in and to rule out by the value on ``basis``, chosen on ``chosen_on``."""

    basis: Basis
    rule_in: Limit
    rule_out: Limit
    chosen_on: str

    def as_json(self) -> dict[str, Any]:
        """Return the triage as it stands in ``triage.json``."""
        return asdict(self)


def choose_triage(
    *,
    labels: Labels,
    scores: Floats,
    basis: Basis,
    ppv: float,
    npv: float,
    chosen_on: str,
    level: float = LEVEL,
) -> Triage:
    """Choose the thresholds that decide most cases at the predictive values asked for.

    Rule-in is the lowest observed score at or above which the positive predictive value reaches
    ``ppv``; rule-out the highest score below which the negative one reaches ``npv``, and never
    above rule-in, so that nobody is both.

    Parameters
    ----------
    labels, scores
        Shape (n,), of the part that the thresholds are chosen on.
    basis
        ``estimate`` asks that of the observed value, ``lower_bound`` of the lower limit of its
        interval at ``level``, which few cases cannot reach.
    """
    distinct, place = np.unique(scores, return_inverse=True)
    sick = np.bincount(place, weights=labels, minlength=len(distinct)).astype(int)
    cases = np.bincount(place, minlength=len(distinct))

    def reached(k: int, n: int, target: float) -> bool:
        share = wilson(k=k, n=n, level=level)
        value = share.estimate if basis == "estimate" else share.low
        # A share that equals its target must not fail by a rounding of the last bit.
        return value is not None and value >= target - 1e-12

    # Cases at or above each score, and cases at or below it.
    above, sick_above = cases[::-1].cumsum()[::-1], sick[::-1].cumsum()[::-1]
    below, well_below = cases.cumsum(), (cases - sick).cumsum()
    rule_in = _unreachable(ppv, "positive", basis)
    for i in range(len(distinct)):
        k, n = int(sick_above[i]), int(above[i])
        if reached(k, n, ppv):
            rule_in = Limit(ppv, float(distinct[i]), k, n)
            break
    rule_out = _unreachable(npv, "negative", basis)
    for i in range(len(distinct) - 1, -1, -1):
        k, n = int(well_below[i]), int(below[i])
        after = distinct[i + 1] if i + 1 < len(distinct) else np.nextafter(distinct[i], np.inf)
        free = rule_in.threshold is None or after <= rule_in.threshold
        if free and reached(k, n, npv):
            rule_out = Limit(npv, float(after), k, n)
            break
    return Triage(basis, rule_in, rule_out, chosen_on)


def apply_triage(
    triage: Triage, *, labels: Labels, scores: Floats, level: float = LEVEL
) -> dict[str, Any]:
    """Return what the triage does in a cohort, as it stands in ``metrics.json``.

    Returns
    -------
    dict
        The triage itself; counts ``ruled_in, ruled_out, undecided, false_rule_in,
        false_rule_out``; and as estimates ``decided`` (share of all), ``wrong`` (share of the
        decided), ``ppv`` of rule-in and ``npv`` of rule-out. Null with the reason where a
        threshold was not reached.
    """
    nobody = np.zeros(len(scores), dtype=bool)
    inside = nobody if triage.rule_in.threshold is None else scores >= triage.rule_in.threshold
    outside = nobody if triage.rule_out.threshold is None else scores < triage.rule_out.threshold
    sick = labels == 1
    ruled_in, ruled_out = int(inside.sum()), int(outside.sum())
    false_in, false_out = int((inside & ~sick).sum()), int((outside & sick).sum())
    decided = ruled_in + ruled_out

    def value(limit: Limit, right: int, all_of_them: int) -> Estimate:
        if limit.threshold is None:
            return Estimate(None, None, None, None, 0, "Wilson", limit.reason)
        return wilson(k=right, n=all_of_them, level=level)

    estimates = {
        "decided": wilson(k=decided, n=len(labels), level=level),
        "wrong": wilson(k=false_in + false_out, n=decided, level=level),
        "ppv": value(triage.rule_in, ruled_in - false_in, ruled_in),
        "npv": value(triage.rule_out, ruled_out - false_out, ruled_out),
    }
    return {
        **triage.as_json(),
        "ruled_in": ruled_in,
        "ruled_out": ruled_out,
        "undecided": len(labels) - decided,
        "false_rule_in": false_in,
        "false_rule_out": false_out,
        **{name: estimate.as_json() for name, estimate in estimates.items()},
    }


def read_triage(path: Path) -> list[Triage]:
    """Read ``triage.json``: one triage for each of `BASES`.

    Raises
    ------
    StudyError
        If it is missing, none of ours, or chosen on other cases than those of validation.
    """
    try:
        found = [
            Triage(
                basis=item["basis"],
                rule_in=_limit(item["rule_in"]),
                rule_out=_limit(item["rule_out"]),
                chosen_on=str(item["chosen_on"]),
            )
            for item in read_json(path)
        ]
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        found = []
    if [triage.basis for triage in found] != list(BASES):
        raise StudyError(
            f"{path.name}: expected JSON with a triage by estimate and one by lower bound, each "
            "with basis, rule_in, rule_out and chosen_on"
        )
    for triage in found:
        require_validation(triage.chosen_on, file=path.name, key="chosen_on")
    return found


def _limit(content: dict[str, Any]) -> Limit:
    limit = Limit(**content)
    if limit.threshold is not None and not math.isfinite(limit.threshold):
        raise ValueError
    return limit


def _unreachable(target: float, sign: str, basis: Basis) -> Limit:
    what = "value" if basis == "estimate" else "value with its lower limit"
    reason = f"no threshold reaches a {sign} predictive {what} of {100 * target:g} %"
    return Limit(target, None, None, None, reason)
