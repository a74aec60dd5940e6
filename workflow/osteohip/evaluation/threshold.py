"""The operating point: from which score on a case is called osteoporosis."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from osteohip.errors import StudyError
from osteohip.files import read_json


@dataclass(frozen=True)
class Threshold:
    """A threshold and where it comes from.

    Parameters
    ----------
    value
        A score at or above it is called osteoporosis.
    rule
        How it was chosen, as ``fixed`` or ``given``.
    chosen_on
        The part of the data that it was chosen on; None where no data took part.
    """

    value: float
    rule: str
    chosen_on: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the threshold as it stands in ``metrics.json``."""
        return asdict(self)


def take_threshold(*, value: float | None, path: Path | None) -> Threshold:
    """Return the threshold given as a number, or the one that a model brings in a file.

    Raises
    ------
    StudyError
        If not exactly one of both is given, the number is not finite or the file is none of ours.
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
    return found
