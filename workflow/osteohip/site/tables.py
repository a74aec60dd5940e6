"""Read a site's CSV tables: their words into ours, and every problem of a file at once."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from osteohip.errors import Problem, raise_if_any
from osteohip.site.films import apply_overrides
from osteohip.site.schema import (
    CODE,
    DXA,
    EXCLUDING_FINDINGS,
    FILMS,
    FINDINGS,
    PATIENTS,
    SITE_FILE,
    Column,
    Site,
    Table,
    composed,
)

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
EARLIEST_YEAR = 1850
MAX_AGE_YEARS = 120

Cell = str | float | int | date | None


@dataclass(frozen=True)
class _Line:
    """One record of a CSV file and the line on which it begins."""

    row: int
    cells: list[str]


def read_table(folder: Path, site: Site, table: Table) -> tuple[pd.DataFrame, list[Problem]]:
    """Read one table of a site.

    Parameters
    ----------
    folder, site
        Site folder and the content of its ``site.yaml``.
    table
        What to expect. ``films.csv`` may be absent.

    Returns
    -------
    A frame with all columns of ``table``, and ``row``, the line in the file: text is empty where
    missing, dates are ``datetime.date`` or None, numbers float or NaN, whole numbers Int64.
    And everything that is wrong with the file; then the frame is not to be used for results.
    """
    path = folder / table.file
    if table is FILMS and not path.exists():
        return _frame([], table), []
    lines, problems = _read_lines(path, site, table)
    if problems and not lines:
        return _frame([], table), problems
    header, *body = lines
    places, wrong = _places(header, site, table)
    problems += wrong
    if wrong:
        return _frame([], table), problems
    parsed: list[dict[str, Cell]] = []
    first_with: dict[tuple[str, ...], int] = {}
    for line in body:
        if len(line.cells) != len(header.cells):
            expected = f"{len(header.cells)} cells as in the header, found {len(line.cells)}"
            problems.append(Problem(table.file, expected, row=line.row))
            continue
        words = {name: composed(line.cells[at]) for name, at in places.items()}
        for name, column in table.columns.items():
            if column.kind in ("choice", "code"):
                words[name] = translate(words.get(name, ""), site)
        cells: dict[str, Cell] = {"row": line.row}
        for name, column in table.columns.items():
            text = words.get(name, "")
            try:
                cells[name] = _parse(text, column, site.date_format)
            except ValueError as error:
                cells[name] = _parse("", Column(column.kind, filled=False), site.date_format)
                problems.append(Problem(table.file, str(error), line.row, name, text))
        parsed.append(cells)
        key = tuple(words[name] for name in table.key)
        if (first := first_with.setdefault(key, line.row)) != line.row:
            expected = f"one row for each {', '.join(table.key)}; row {first} has the same"
            problems.append(Problem(table.file, expected, line.row, value=" ".join(key)))
    return _frame(parsed, table), problems


def translate(word: str, site: Site) -> str:
    """Return our word for one of theirs, as ``values`` in ``site.yaml`` says."""
    return site.values.get(word, word)  # noqa: PD011 (no pandas here)


def _read_lines(path: Path, site: Site, table: Table) -> tuple[list[_Line], list[Problem]]:
    """Return the header and all records that are not blank, or what keeps the file shut."""
    # utf-8-sig is utf-8 with or without the mark that Excel puts in front.
    encoding = "utf-8-sig" if codecs.lookup(site.encoding).name == "utf-8" else site.encoding
    lines: list[_Line] = []
    try:
        with path.open(encoding=encoding, newline="") as stream:
            reader = csv.reader(stream, strict=True)
            row = 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    lines.append(_Line(row, cells))
                row = reader.line_num + 1
    except FileNotFoundError:
        return [], [Problem(table.file, "this file in the site folder")]
    except UnicodeError:
        expected = f"text in {site.encoding}; `encoding` in {SITE_FILE} names another"
        return [], [Problem(table.file, expected)]
    except (OSError, csv.Error):
        return [], [Problem(table.file, "a readable CSV file with closed quotes", row=row)]
    if not lines:
        return [], [Problem(table.file, "a header and rows; the file is empty")]
    return lines, []


def _places(header: _Line, site: Site, table: Table) -> tuple[dict[str, int], list[Problem]]:
    """Return where each column of ``table`` stands, under their name or under ours."""
    names = [composed(cell) for cell in header.cells]
    places: dict[str, int] = {}
    problems = []
    for ours, column in table.columns.items():
        theirs = site.columns.get(ours, ours)
        found = theirs if theirs in names else ours
        if names.count(found) > 1:
            expected = "this column once, found it twice"
            problems.append(Problem(table.file, expected, header.row, ours))
        elif found in names:
            places[ours] = names.index(found)
        elif column.required:
            called = f"this column (called {theirs!r} in {SITE_FILE})" if theirs != ours else ""
            problems.append(Problem(table.file, called or "this column", header.row, ours))
    if table.one_of and not any(name in places for name in table.one_of):
        expected = f"one of the columns {', '.join(table.one_of)}"
        problems.append(Problem(table.file, expected, header.row))
    return places, problems


def _parse(text: str, column: Column, date_format: str) -> Cell:
    """Read one cell; the message of a ValueError is what was expected."""
    if not text:
        if column.filled:
            raise ValueError(f"{column.expected}; the cell is empty")
        return {"date": None, "integer": None, "number": float("nan")}.get(column.kind, "")
    match column.kind:
        case "choice":
            if text in column.choices:
                return text
            if column.other:
                return column.other
        case "code":
            if CODE.fullmatch(text):
                return text
        case "date":
            return _parse_date(text, date_format)
        case "number":
            if NUMBER.fullmatch(text) and column.low <= float(text) <= column.high:
                return float(text)
        case "integer":
            if WHOLE.fullmatch(text) and len(text) < 10:
                return int(text)
        case "text":
            return text
    raise ValueError(column.expected)


def _parse_date(text: str, date_format: str) -> date:
    try:
        day = datetime.strptime(text, date_format).date()
    except ValueError:
        day = date.min
    if day.year < EARLIEST_YEAR:
        raise ValueError(f"a date as {date_format} (`date_format` in {SITE_FILE})")
    return day


def _frame(parsed: Sequence[dict[str, Cell]], table: Table) -> pd.DataFrame:
    columns = ["row", *table.columns]
    dtypes = {"number": "float64", "integer": "Int64"}
    return pd.DataFrame(list(parsed), columns=columns).astype(
        {"row": "int64"}
        | {name: dtypes.get(column.kind, "object") for name, column in table.columns.items()}
    )


@dataclass(frozen=True)
class SelectionTables:
    """The tables from which a cohort is selected, free of problems."""

    films: pd.DataFrame
    patients: pd.DataFrame
    dxa: pd.DataFrame
    findings: pd.DataFrame


def read_selection_tables(folder: Path, site: Site, *, films: pd.DataFrame) -> SelectionTables:
    """Read and check the tables that the selection needs, alone and against one another.

    Parameters
    ----------
    films
        The inventory's films.

    Raises
    ------
    InputError
        With the problems of all tables.
    """
    tables, problems = check_selection_tables(folder, site, films=films)
    raise_if_any(problems)
    return tables


def check_selection_tables(
    folder: Path, site: Site, *, films: pd.DataFrame
) -> tuple[SelectionTables, list[Problem]]:
    """Return what `read_selection_tables` returns, and the problems instead of raising them."""
    problems: list[Problem] = []
    frames: dict[str, pd.DataFrame] = {}
    for table in (FILMS, PATIENTS, DXA, FINDINGS):
        frames[table.file], found = read_table(folder, site, table)
        problems += found
    overrides, patients, dxa, findings = frames.values()
    # A patient is unknown only if the list of patients could be read.
    if len(patients):
        problems += reference_problems(patients=patients, dxa=dxa, findings=findings)
        if not overrides["sop_instance_uid"].duplicated().any():
            owned = apply_overrides(films, overrides)
            problems += age_problems(patients=patients, dxa=dxa, films=owned)
    return SelectionTables(overrides, patients, dxa, findings), problems


def reference_problems(
    *, patients: pd.DataFrame, dxa: pd.DataFrame, findings: pd.DataFrame
) -> list[Problem]:
    """Return what does not fit between the tables: unknown patients, and findings without side."""
    known = set(patients["patient_id"])
    problems = [
        Problem(file, "a patient of patients.csv", int(row), "patient_id", str(patient))
        for file, frame in (("dxa.csv", dxa), ("findings.csv", findings))
        for row, patient in zip(frame["row"], frame["patient_id"], strict=True)
        if patient and patient not in known
    ]
    sideless = findings[(findings["side"] == "") & findings["finding"].isin(EXCLUDING_FINDINGS)]
    problems += [
        Problem("findings.csv", "R, L or both for a finding that excludes", int(row), "side")
        for row in sideless["row"]
    ]
    return problems


def age_problems(
    *, patients: pd.DataFrame, dxa: pd.DataFrame, films: pd.DataFrame
) -> list[Problem]:
    """Return births that do not fit a patient's films or DXA: later, or over 120 years before.

    Parameters
    ----------
    patients, dxa
        As read from the site.
    films
        Films of the inventory with ``patient_id`` and ``film_date`` (ISO text).
    """
    days: dict[str, list[date]] = {}
    for patient, day in zip(films["patient_id"], films["film_date"], strict=True):
        days.setdefault(patient, []).append(date.fromisoformat(day))
    for patient, day in zip(dxa["patient_id"], dxa["exam_date"], strict=True):
        if day is not None:
            days.setdefault(patient, []).append(day)
    problems = []
    for row, patient, birth in zip(
        patients["row"], patients["patient_id"], patients["birth_date"], strict=True
    ):
        seen = days.get(patient, [])
        if birth is None or not seen:
            continue
        if min(seen) < birth or max(seen).year - birth.year > MAX_AGE_YEARS:
            expected = f"a birth before, and at most {MAX_AGE_YEARS} years before, film and DXA"
            value = birth.isoformat()
            problems.append(Problem("patients.csv", expected, int(row), "birth_date", value))
    return problems
