"""The operating point: from which score on a case is called osteoporosis."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from osteohip.errors import StudyError
from osteohip.evaluation.discrimination import ONE_CLASS, Floats, Labels, roc_curve
from osteohip.files import read_json

VALIDATION = "validation"
# Rules by which no data take part in the choice.
WITHOUT_DATA = ("fixed", "given")


@dataclass(frozen=True)
class Threshold:
    """A threshold and where it comes from.

    Parameters
    ----------
    value
        A score at or above it is called osteoporosis.
    rule
        How it was chosen: ``fixed`` by the configuration, ``given`` by hand, ``youden`` or
        ``sensitivity``.
    chosen_on
        The part of the data that it was chosen on; None where no data took part.
    """

    value: float
    rule: str
    chosen_on: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the threshold as it stands in ``metrics.json``."""
        return asdict(self)


def chosen_threshold(
    *,
    rule: str,
    labels: Labels,
    scores: Floats,
    least_sensitivity: float,
    chosen_on: str,
) -> Threshold:
    """Choose the threshold among the observed scores.

    Parameters
    ----------
    rule
        ``youden``: the largest sensitivity + specificity - 1 (Youden WJ. Cancer 1950;3:32-35), of
        equal ones the lowest threshold, since a screening had rather call one too many.
        ``sensitivity``: the highest threshold that has a sensitivity of ``least_sensitivity``.
    labels, scores
        Shape (n,), of the cases that it is chosen on.
    chosen_on
        What these cases are.

    Raises
    ------
    StudyError
        If the cases are of one class.
    """
    if len(set(labels.tolist())) < 2:
        raise StudyError(f"the threshold cannot be chosen on the {chosen_on} set: {ONE_CLASS}")
    curve = roc_curve(labels=labels, scores=scores)
    # The first point calls nobody and is no score.
    threshold = curve.threshold[1:]
    sick, well = int(labels.sum()), int((1 - labels).sum())
    true, false = curve.true_positives[1:], curve.false_positives[1:]
    if rule == "youden":
        # In whole numbers, so that ties are ties.
        place = int(np.flatnonzero((index := true * well - false * sick) == index.max())[-1])
    elif rule == "sensitivity":
        # A share that equals its target must not fail by a rounding of the last bit.
        place = int(np.argmax(true >= least_sensitivity * sick - 1e-9))
    else:
        raise ValueError(f"there is no rule {rule!r} that chooses a threshold")
    return Threshold(value=float(threshold[place]), rule=rule, chosen_on=chosen_on)


def take_threshold(*, value: float | None, path: Path | None) -> Threshold:
    """Return the threshold given as a number, or the one that a model brings in a file.

    Raises
    ------
    StudyError
        If not exactly one of both is given, the number is not finite, the file is none of ours, or
        its threshold was chosen on other cases than those of validation.
    """
    if (value is None) == (path is None):
        raise StudyError("give either --threshold or --threshold-file")
    if path is None:
        assert value is not None
        if not math.isfinite(value):
            raise StudyError("--threshold: expected a finite number")
        return Threshold(value=value, rule="given", chosen_on=None)
    try:
        content = read_json(path)
        found = Threshold(
            value=float(content["value"]),
            rule=str(content["rule"]),
            chosen_on=None if content["chosen_on"] is None else str(content["chosen_on"]),
        )
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        raise StudyError(
            f"{path.name}: expected JSON with a finite number `value`, `rule` and `chosen_on`"
        ) from None
    if not math.isfinite(found.value):
        raise StudyError(f"{path.name}: expected a finite number `value`")
    if found.rule in WITHOUT_DATA:
        if found.chosen_on is not None:
            raise StudyError(
                f"{path.name}: expected `chosen_on` to be null for the rule `{found.rule}`, by "
                "which no data take part"
            )
    else:
        require_validation(found.chosen_on, file=path.name, key="chosen_on")
    return found


def require_validation(part: object, *, file: str, key: str) -> None:
    """Refuse what was chosen on other cases than those of the validation set.

    Parameters
    ----------
    part
        What ``file`` says under ``key``.

    Raises
    ------
    StudyError
        If it is not `VALIDATION`: measures of the very cases that something was chosen on, or a
        choice renewed at each site, would be taken for those of an unchanged model.
    """
    if part != VALIDATION:
        raise StudyError(
            f'{file}: expected `{key}` to be "{VALIDATION}"; what is chosen on other cases is '
            "not used"
        )
