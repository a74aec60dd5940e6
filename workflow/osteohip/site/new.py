"""An empty site folder for a hospital to fill, with what belongs where written into it."""

from __future__ import annotations

import textwrap
from pathlib import Path

from osteohip.config import site_id_fault
from osteohip.errors import StudyError
from osteohip.files import write_text
from osteohip.site.folder import RADIOGRAPHS, READINGS
from osteohip.site.schema import (
    CROPS,
    DXA,
    FILMS,
    FINDINGS,
    PATIENTS,
    SITE_FILE,
    TABLES,
    Table,
    site_id,
)

ONE_ROW = {
    PATIENTS.file: "patient",
    DXA.file: "DXA measurement: hip and region",
    FINDINGS.file: "finding; those that exclude a hip and others",
    CROPS.file: "film and side: the box of the proximal femur in pixels of the stored matrix; "
    "x0, y0 are the first column and row inside, x1, y1 the first ones outside",
    FILMS.file: "film, only where DICOM tags are wrong or missing; the file may be left out",
}

TEXT = """\
# What this folder holds. Lines that begin with # are remarks; take the # away to use a key.
# Check the folder at any time, as often as you like: osteohip site check {folder}

name: "{name}"

# Names that count as this hospital in films and DXA; a film or DXA that names another one is left
# out, one that names none counts as yours.
# institution: [Our Hospital, 우리병원]

# How dates are written in your tables, and their text encoding.
# date_format: "%Y-%m-%d"
# encoding: utf-8

# Where a column of your export has another name: ours on the left, yours on the right.
# columns:
#   patient_id: 등록번호

# Where a cell has another word: yours on the left, ours on the right.
# values:
#   여: F
#   Lt: L

# Put the DICOM files into {radiographs}/, with any names and folders, and what readers of the maps
# export later into {readings}/. The tables:
#
{tables}
"""


def new_site(folder: Path) -> list[Path]:
    """Write an empty site folder: a commented ``site.yaml``, tables with their headers alone.

    Returns
    -------
    What was written.

    Raises
    ------
    StudyError
        If the folder's name cannot be a site's id, or there is something in it already.
    """
    name = site_id(folder)
    fault = site_id_fault(name)
    if fault:
        raise StudyError(fault)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError(f"{folder}: there is something already; take a name that is free")
    (folder / RADIOGRAPHS).mkdir(parents=True)
    written = [folder / SITE_FILE]
    tables = "\n#\n".join(_described(table) for table in TABLES)
    text = TEXT.format(
        folder=name, name=name, radiographs=RADIOGRAPHS, readings=READINGS, tables=tables
    )
    write_text(folder / SITE_FILE, text)
    for table in TABLES:
        if table is not FILMS:
            write_text(folder / table.file, ",".join(table.columns) + "\n")
            written.append(folder / table.file)
    return [*written, folder / RADIOGRAPHS]


def _described(table: Table) -> str:
    """Return what a table holds, as remarks."""
    lines = textwrap.wrap(f"{table.file}, one row per {ONE_ROW[table.file]}", 95)
    for name, column in table.columns.items():
        notes = [column.expected]
        if not column.required:
            notes.append("the column may be left out")
        elif not column.filled:
            notes.append("may be empty")
        lines += textwrap.wrap(f"  {name}: {'; '.join(notes)}", 95, subsequent_indent="      ")
    if table.one_of:
        lines.append(f"  at least one of {', '.join(table.one_of)}")
    return "\n".join(f"# {line}" for line in lines)
