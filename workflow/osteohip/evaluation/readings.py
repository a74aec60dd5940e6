"""Readings of readers, one row each, and their agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from osteohip.errors import Problem, raise_if_any
from osteohip.evaluation.agreement import MISSING, Agreement, Ratings, agreement, band
from osteohip.rows import read_rows

COLUMNS = ("case_id", "reader", "adequate")
ANSWERS = {"no": 0, "yes": 1}


@dataclass(frozen=True)
class Readings:
    """Answers of readers.

    Parameters
    ----------
    readers
        Names of the readers, sorted.
    cases
        Ids of the cases, by first appearance.
    ratings
        Shape (cases, readers): 1 for yes, 0 for no, -1 where a reader did not read a case.
    """

    readers: tuple[str, ...]
    cases: tuple[str, ...]
    ratings: Ratings


def read_readings(path: Path, *, allow_incomplete: bool = False) -> Readings:
    """Read a CSV with the columns ``case_id, reader, adequate``, the last being yes or no.

    A case that not every reader has read is an error, because readings that were lost on the way
    look just so; with ``allow_incomplete`` it is kept, for `readings_facts` to count.

    Raises
    ------
    InputError
        All problems of the file at once, by row: missing columns, empty cells, another word than
        yes and no, a case that a reader read twice, one that a reader left out, fewer than two
        readers.
    StudyError
        If the file is not there.
    """
    name = path.name
    rows = read_rows(path, columns=COLUMNS)
    problems = list(rows.problems)
    first_row: dict[tuple[str, str], int] = {}
    case_row: dict[str, int] = {}
    answers: dict[tuple[str, str], int] = {}
    for line, cells in rows.cells:
        case, reader, answer = (cells[column] for column in COLUMNS)
        problems += [
            Problem(name, f"a {column}", row=line, column=column)
            for column in ("case_id", "reader")
            if not cells[column]
        ]
        if answer.lower() not in ANSWERS:
            problems.append(Problem(name, "yes or no", line, "adequate", answer))
        if not case or not reader:
            continue
        if (case, reader) in first_row:
            expected = f"one reading of a case by a reader; row {first_row[case, reader]} has it"
            problems.append(Problem(name, expected, row=line, column="case_id", value=case))
        first_row.setdefault((case, reader), line)
        case_row.setdefault(case, line)
        answers[case, reader] = ANSWERS.get(answer.lower(), MISSING)
    readers = sorted({reader for _, reader in first_row})
    if len(readers) < 2:
        problems.append(Problem(name, "readings of two readers or more", column="reader"))
    elif not allow_incomplete:
        for case, line in case_row.items():
            read = sum((case, reader) in first_row for reader in readers)
            if read < len(readers):
                expected = f"a reading of this case by each of {len(readers)} readers, not {read}"
                problems.append(Problem(name, expected, row=line, column="case_id", value=case))
    raise_if_any(sorted(problems, key=lambda problem: problem.row or 0))
    return Readings(
        readers=tuple(readers),
        cases=tuple(case_row),
        ratings=np.array(
            [[answers.get((case, reader), MISSING) for reader in readers] for case in case_row],
            dtype=np.int64,
        ),
    )


def readings_facts(readings: Readings) -> dict[str, Any]:
    """Return the content of an agreement file.

    Cases with one reading are left out of all statistics and counted as ``read_once``; cases that
    some readers left out are ``incomplete``.

    Returns
    -------
    dict
        ``n``, the cases that count; ``readers``, ``cases``, ``read_once``, ``incomplete``;
        ``answers``, the number of each; then each statistic as an `Estimate`, kappa with the
        paper's word for it in ``band``; and with more than two readers the same for each pair.
    """
    ratings = readings.ratings
    read = (ratings != MISSING).sum(axis=1)
    used = ratings[read >= 2]
    facts: dict[str, Any] = {
        "n": len(used),
        "readers": len(readings.readers),
        "cases": len(ratings),
        "read_once": int((read == 1).sum()),
        "incomplete": int((read < ratings.shape[1]).sum()),
        "answers": {word: int((used == code).sum()) for word, code in ANSWERS.items()},
        **_statistics(agreement(used)),
    }
    if len(readings.readers) > 2:
        facts["pairs"] = [
            {"readers": [readings.readers[i], readings.readers[j]], **_of_pair(ratings, (i, j))}
            for i, j in combinations(range(len(readings.readers)), 2)
        ]
    return facts


def _of_pair(ratings: Ratings, pair: Sequence[int]) -> dict[str, Any]:
    found = agreement(ratings[:, list(pair)])
    return {"n": found.n, **_statistics(found)}


def _statistics(found: Agreement) -> dict[str, Any]:
    kappa = found.kappa.estimate
    negative, positive = found.by_category
    return {
        "agreement": found.agreement.as_json(),
        "kappa": {**found.kappa.as_json(), "band": None if kappa is None else band(kappa)},
        "ac1": found.ac1.as_json(),
        "pabak": found.pabak.as_json(),
        "positive_agreement": positive.as_json(),
        "negative_agreement": negative.as_json(),
    }
