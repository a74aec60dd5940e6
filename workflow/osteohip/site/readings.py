"""Readings in a site folder: the files that the pages of the reading kit exported."""

from __future__ import annotations

import re
from pathlib import Path

from osteohip.errors import InputError, Problem
from osteohip.rows import read_rows
from osteohip.site.folder import READINGS, reading_files

READING_COLUMNS = ("deck", "item", "reader", "adequate", "reason", "seconds")
ANSWERS = ("yes", "no")
ITEM = re.compile(r"[1-9]\d{0,6}", re.ASCII)
SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
# A cell that is wrong in each row is one mistake and not hundreds.
MOST_ROWS = 3


def cell_faults(cells: dict[str, str]) -> dict[str, str]:
    """Return what was expected of each cell that no page writes, by column."""
    faults = {}
    if not cells["deck"]:
        faults["deck"] = "the name of a deck"
    if not cells["reader"]:
        faults["reader"] = "the name of a reader"
    if not ITEM.fullmatch(cells["item"]):
        faults["item"] = "the number of an item, from 1"
    if cells["adequate"].lower() not in ANSWERS:
        faults["adequate"] = "yes or no"
    if not SECONDS.fullmatch(cells["seconds"]):
        faults["seconds"] = "a number of seconds"
    return faults


def condensed(problems: list[Problem]) -> list[Problem]:
    """Return problems with those put together that many rows of a file have alike."""
    alike: dict[tuple[str, str | None, str], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.file, problem.column, problem.expected), []).append(problem)
    found: list[Problem] = []
    for (file, column, expected), same in alike.items():
        if len(same) <= MOST_ROWS:
            found += same
        else:
            more = f"{expected}; so in {len(same)} rows, of which this is the first"
            found.append(Problem(file, more, same[0].row, column, same[0].value))
    return sorted(found, key=lambda problem: (problem.file, problem.row or 0))


def check_readings(folder: Path) -> tuple[dict[str, int], list[Problem]]:
    """Check the readings of a site as far as is possible without the decks.

    Parameters
    ----------
    folder
        Site folder; it may have no ``readings/``.

    Returns
    -------
    Rows by reader and deck, in words; and every problem.
    """
    counts: dict[str, int] = {}
    problems: list[Problem] = []
    for path in reading_files(folder / READINGS):
        name = f"{READINGS}/{path.name}"
        try:
            rows = read_rows(path, columns=READING_COLUMNS, name=name)
        except InputError as error:
            problems += error.problems
            continue
        problems += rows.problems
        for line, cells in rows.cells:
            of_reader = f"{cells['reader']}, deck {cells['deck']}"
            counts[of_reader] = counts.get(of_reader, 0) + 1
            problems += [
                Problem(name, expected, line, column, cells[column])
                for column, expected in cell_faults(cells).items()
            ]
    return counts, condensed(problems)
