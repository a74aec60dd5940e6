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
    TABLES,
    Column,
    Site,
    Table,
    composed,
)
from osteohip.site.tags import tag_problems

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
    Where a column has a word for all others, a further column ``<name>_given`` keeps the word of
    the file (private). And everything that is wrong with the file; then the frame is not to be
    used for results.
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
    first_with: dict[tuple[Cell, ...], int] = {}
    for line in body:
        if len(line.cells) != len(header.cells):
            expected = f"{len(header.cells)} cells as in the header, found {len(line.cells)}"
            problems.append(Problem(table.file, expected, row=line.row))
            continue
        words = {name: composed(line.cells[at]) for name, at in places.items()}
        cells: dict[str, Cell] = {"row": line.row}
        # Two spellings of one cell are the same; words that we do not know are their own.
        same: dict[str, Cell] = {}
        for name, column in table.columns.items():
            given = words.get(name, "")
            text = translate(given, column, site)
            try:
                # What `values` names must be ours: it would count as other without a word.
                mapped = column.other and given in site.values  # noqa: PD011 (no pandas here)
                if mapped and text not in _words(column):
                    raise ValueError(f"{column.expected}; `values` has another word for it")
                cells[name] = same[name] = _parse(text, column, site.date_format)
            except ValueError as error:
                cells[name] = _parse("", Column(column.kind, filled=False), site.date_format)
                same[name] = text
                problems.append(Problem(table.file, str(error), line.row, name, text))
            if column.other:
                cells[f"{name}_given"] = given
            if column.other and cells[name] == column.other:
                same[name] = given.casefold()
        parsed.append(cells)
        key = tuple(same[name] for name in table.key)
        if (first := first_with.setdefault(key, line.row)) != line.row:
            expected = f"one row for each {', '.join(table.key)}; row {first} has the same"
            value = " ".join(str(cell) for cell in key)
            problems.append(Problem(table.file, expected, line.row, value=value))
    return _frame(parsed, table), problems


def translate(word: str, column: Column, site: Site) -> str:
    """Return our word for one of theirs, as ``values`` in ``site.yaml`` says.

    Only words for which there is an ``other`` lose their case: there a capital letter would not
    be found wrong, it would leave the row out.
    """
    if column.kind not in ("choice", "code"):
        return word
    ours = site.values.get(word, word)  # noqa: PD011 (no pandas here)
    return ours.casefold() if column.other else ours


def _words(column: Column) -> tuple[str, ...]:
    return (*column.choices, column.other)


def _read_lines(path: Path, site: Site, table: Table) -> tuple[list[_Line], list[Problem]]:
    """Return the header and all records that are not blank, or what keeps the file shut."""
    # utf-8-sig is utf-8 with or without the mark that Excel puts in front.
    encoding = "utf-8-sig" if codecs.lookup(site.encoding).name == "utf-8" else site.encoding
    lines: list[_Line] = []
    row = None
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
    except OSError:
        return [], [Problem(table.file, "a file that can be opened and read")]
    except csv.Error:
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
            called = f", or the one that `columns` in {SITE_FILE} names" if theirs != ours else ""
            value = f"not {theirs}" if theirs != ours else None
            problems.append(Problem(table.file, f"this column{called}", header.row, ours, value))
    if table.one_of and not any(name in places for name in table.one_of):
        expected = f"one of the columns {', '.join(table.one_of)}"
        problems.append(Problem(table.file, expected, header.row))
    if table.closed:
        unknown = [name for at, name in enumerate(names) if name and at not in places.values()]
        expected = f"no columns but {', '.join(table.columns)}"
        problems += [Problem(table.file, expected, header.row, value=name) for name in unknown]
    return places, problems


def unused_columns(folder: Path, site: Site, tables: Sequence[Table]) -> list[Problem]:
    """Return the entries of ``columns`` in ``site.yaml`` whose column is in no table.

    Parameters
    ----------
    folder, site
        Site folder and the content of its ``site.yaml``.
    tables
        The tables to look at. An entry that may belong to another table, or to one that cannot
        be read, is not judged.
    """
    headers: dict[str, set[str]] = {}
    for table in tables if site.columns else ():
        lines, _ = _read_lines(folder / table.file, site, table)
        if lines:
            headers[table.file] = {composed(cell) for cell in lines[0].cells}
        elif table is FILMS and not (folder / table.file).exists():
            headers[table.file] = set()
    problems = []
    for ours, theirs in site.columns.items():
        homes = [table.file for table in TABLES if ours in table.columns]
        if all(file in headers and theirs not in headers[file] for file in homes):
            expected = f"the name of a column in {' or '.join(homes)}"
            problems.append(Problem(SITE_FILE, expected, column=f"columns.{ours}", value=theirs))
    return problems


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
    others = [f"{name}_given" for name, column in table.columns.items() if column.other]
    columns = ["row", *table.columns, *others]
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
    problems += unused_columns(folder, site, (FILMS, PATIENTS, DXA, FINDINGS))
    overrides, patients, dxa, findings = frames.values()
    # A patient is unknown only if the list of patients could be read.
    if len(patients):
        problems += reference_problems(patients=patients, dxa=dxa, findings=findings)
        if not overrides["sop_instance_uid"].duplicated().any():
            owned = apply_overrides(films, overrides)
            problems += age_problems(patients=patients, dxa=dxa, films=owned)
            problems += tag_problems(patients=patients, films=owned)
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
