"""Read a file of predictions, whoever made it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from osteohip.errors import Problem, StudyError, raise_if_any
from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.files import read_json
from osteohip.rows import read_rows

COLUMNS = ("case_id", "label", "score")
PATIENT = "patient_key"


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
    patients
        The patient of each case; None where each case is a patient.
    lines
        The line of the file that each case stands in; empty where there is no file.
    """

    case_ids: tuple[str, ...]
    labels: Labels
    scores: Floats
    patients: tuple[str, ...] | None = None
    lines: tuple[int, ...] = ()

    @property
    def patient_numbers(self) -> Labels | None:
        """The patient of each case as 0, 1, ...; None where no patient has two cases."""
        if self.patients is None or len(set(self.patients)) == len(self.patients):
            return None
        numbers: Labels = np.unique(self.patients, return_inverse=True)[1]
        return numbers


def read_predictions(path: Path) -> Predictions:
    """Read a CSV with the columns ``case_id, label, score`` and, if there, ``patient_key``.

    Raises
    ------
    InputError
        All problems of the file at once: missing columns, empty or repeated case_id, a label other
        than 0 and 1, a score that is no finite number, an empty patient_key.
    StudyError
        If the file is not there.
    """
    name = path.name
    rows = read_rows(path, columns=COLUMNS, optional=(PATIENT,))
    problems = list(rows.problems)
    first_row: dict[str, int] = {}
    labels: list[int] = []
    scores: list[float] = []
    patients: list[str] = []
    for line, cells in rows.cells:
        case_id, label, score = (cells[column] for column in COLUMNS)
        problems += _case_problems(name, line, case_id, first_row)
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
        if PATIENT in cells:
            patients.append(cells[PATIENT])
            if not cells[PATIENT]:
                problems.append(Problem(name, "a patient_key", row=line, column=PATIENT))
    raise_if_any(sorted(problems, key=lambda problem: problem.row or 0))
    return Predictions(
        case_ids=tuple(first_row),
        labels=np.array(labels, dtype=np.int64),
        scores=np.array(scores, dtype=np.float64),
        patients=tuple(patients) or None,
        lines=tuple(first_row.values()),
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
    """Read ``cohort.csv`` of a site, with text where a number might be mistaken for one.

    Raises
    ------
    InputError
        All problems of its ``case_id`` at once: no such column, an empty or a repeated one.
    StudyError
        If the file is not there or no CSV table.
    """
    rows = read_rows(path, columns=("case_id",))
    problems = list(rows.problems)
    first_row: dict[str, int] = {}
    for line, cells in rows.cells:
        problems += _case_problems(path.name, line, cells["case_id"], first_row)
    raise_if_any(sorted(problems, key=lambda problem: problem.row or 0))
    try:
        return pd.read_csv(path, dtype={"case_id": str, "side": str, "manufacturer": str})
    except ValueError:
        raise StudyError(f"{path.name}: expected a CSV table in UTF-8") from None


def _case_problems(
    name: str, line: int, case_id: str, first_row: dict[str, int]
) -> Iterator[Problem]:
    """Yield what is wrong with a case_id, and note in ``first_row`` the line it first stands in."""
    if not case_id:
        yield Problem(name, "a case_id", row=line, column="case_id")
    elif case_id in first_row:
        expected = f"each case once; this one stands in row {first_row[case_id]} too"
        yield Problem(name, expected, row=line, column="case_id", value=case_id)
    first_row.setdefault(case_id, line)


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
