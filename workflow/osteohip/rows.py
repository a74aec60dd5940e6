"""Read a CSV whose rows are named in errors."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from osteohip.errors import InputError, Problem, StudyError, raise_if_any

# What a spreadsheet may write in place of commas.
SEPARATORS = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Rows:
    """Rows of a CSV.

    Parameters
    ----------
    cells
        Line of the file and its stripped cells by column.
    problems
        Rows that have another number of cells than the header; they are left out.
    """

    cells: tuple[tuple[int, dict[str, str]], ...]
    problems: tuple[Problem, ...]


def read_rows(
    path: Path, *, columns: Sequence[str], optional: Sequence[str] = (), name: str | None = None
) -> Rows:
    """Read ``columns``, and those of ``optional`` that are there; others are ignored.

    Problems call the file by its own name, or by ``name``.

    Raises
    ------
    InputError
        If the file is empty or no CSV in UTF-8, its cells are parted by semicolons or tabs, a
        column is missing or there twice, or there is no case.
    StudyError
        If the file is not there.
    """
    name = path.name if name is None else name
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            lines = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError([Problem(name, "a CSV table in UTF-8")]) from None
    if not any(cell.strip() for _, row in lines for cell in row):
        expected = f"a header with {', '.join(columns)}, and rows below it; the file is empty"
        raise InputError([Problem(name, expected)])
    header = [cell.strip() for cell in lines[0][1]]
    for mark, called in SEPARATORS.items():
        if len(header) == 1 and mark in header[0]:
            expected = f"commas between the columns, not {called}"
            raise InputError([Problem(name, expected, row=lines[0][0])])
    wanted = [*columns, *(column for column in optional if column in header)]
    raise_if_any(
        [
            Problem(name, f"one column called {column!r}", row=1, column=column)
            for column in wanted
            if header.count(column) != 1
        ]
    )
    if len(lines) == 1:
        raise InputError([Problem(name, "at least one case")])
    places = {column: header.index(column) for column in wanted}
    return Rows(
        cells=tuple(
            (line, {column: row[place].strip() for column, place in places.items()})
            for line, row in lines[1:]
            if len(row) == len(header)
        ),
        problems=tuple(
            Problem(name, f"{len(header)} cells", row=line)
            for line, row in lines[1:]
            if len(row) != len(header)
        ),
    )
