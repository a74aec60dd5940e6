"""Read a file of predictions, whoever made it."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from osteohip.errors import InputError, Problem, StudyError, raise_if_any
from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.files import read_json

COLUMNS = ("case_id", "label", "score")


@dataclass(frozen=True)
class Predictions:
    """Scores of cases.

    Parameters
    ----------
    case_ids
        One name a case, all different.
    labels
        Shape (n,), 1 for osteoporosis, 0 for none.
    scores
        Shape (n,), finite; a higher score means more disease.
    """

    case_ids: tuple[str, ...]
    labels: Labels
    scores: Floats


def read_predictions(path: Path) -> Predictions:
    """Read a CSV with the columns ``case_id, label, score``; others are ignored.

    Raises
    ------
    InputError
        All problems of the file at once: missing columns, empty or repeated case_id, a label other
        than 0 and 1, a score that is no finite number.
    StudyError
        If the file is not there.
    """
    name = path.name
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            rows = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError([Problem(name, "a CSV table in UTF-8")]) from None
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    raise_if_any(
        [
            Problem(name, f"one column called {column!r}", row=1, column=column)
            for column in COLUMNS
            if header.count(column) != 1
        ]
    )
    if len(rows) == 1:
        raise InputError([Problem(name, "at least one case")])
    places = [header.index(column) for column in COLUMNS]
    problems: list[Problem] = []
    first_row: dict[str, int] = {}
    labels: list[int] = []
    scores: list[float] = []
    for line, row in rows[1:]:
        if len(row) != len(header):
            problems.append(Problem(name, f"{len(header)} cells", row=line))
            continue
        case_id, label, score = (row[place].strip() for place in places)
        if not case_id:
            problems.append(Problem(name, "a case_id", row=line, column="case_id"))
        elif case_id in first_row:
            expected = f"each case once; this one stands in row {first_row[case_id]} too"
            problems.append(Problem(name, expected, row=line, column="case_id", value=case_id))
        first_row.setdefault(case_id, line)
        truth = _number(label)
        if truth not in (0, 1):
            expected = "1 (osteoporosis) or 0 (none)"
            problems.append(Problem(name, expected, row=line, column="label", value=label))
        else:
            labels.append(int(truth))
        value = _number(score)
        if value is None:
            problems.append(Problem(name, "a finite number", line, "score", score))
        else:
            scores.append(value)
    raise_if_any(problems)
    return Predictions(
        case_ids=tuple(first_row),
        labels=np.array(labels, dtype=np.int64),
        scores=np.array(scores, dtype=np.float64),
    )


def read_validation(path: Path, *, split: Path) -> Predictions:
    """Read the scores of the validation set: the only ones that anything may be chosen on.

    What a file holds is not known by its name, so its cases are compared with the split.

    Raises
    ------
    InputError, StudyError
        As `read_predictions`, and if the cases are not those of the split's validation part.
    """
    cases = read_predictions(path)
    try:
        parts = pd.read_csv(split, dtype=str)
        validation = set(parts.loc[parts["part"] == "validation", "case_id"])
    except FileNotFoundError:
        raise StudyError(f"there is no file {split}") from None
    except (KeyError, ValueError):
        raise StudyError(f"{split.name}: expected a CSV table with case_id and part") from None
    found = set(cases.case_ids)
    if found != validation:
        raise StudyError(
            f"{path.name}: expected the cases of the validation set and no others, on which alone "
            f"a threshold or a refit may be chosen; {len(found - validation)} of its "
            f"{len(found)} cases are not of it, and {len(validation - found)} of the "
            f"{len(validation)} of validation are missing"
        )
    return cases


def read_cohort(path: Path) -> pd.DataFrame:
    """Read ``cohort.csv`` of a site, with text where a number might be mistaken for one."""
    try:
        return pd.read_csv(path, dtype={"case_id": str, "side": str, "manufacturer": str})
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except ValueError:
        raise StudyError(f"{path.name}: expected a CSV table in UTF-8") from None


def read_metrics(path: Path) -> dict[str, Any]:
    """Read ``metrics.json`` of an evaluation.

    Raises
    ------
    StudyError
        If it is missing or does not hold n, confusion and metrics.
    """
    try:
        content = read_json(path)
        if not {"n", "confusion", "metrics"} <= set(content):
            raise ValueError
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (ValueError, TypeError):
        raise StudyError(f"{path.name}: expected JSON with n, confusion and metrics") from None
    return dict(content)


def _number(text: str) -> float | None:
    """Return a finite number, None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None
