"""The crop manifest against the films: a box inside the matrix, a side that the film shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from osteohip.errors import Problem
from osteohip.site.films import apply_overrides
from osteohip.site.rows import rows_of
from osteohip.site.schema import CROPS, Site
from osteohip.site.tables import read_table

BOX = ("x0", "y0", "x1", "y1")


def check_manifest(
    folder: Path, site: Site, *, films: pd.DataFrame, overrides: pd.DataFrame
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read ``crops.csv`` and return it with everything that is wrong with it.

    Parameters
    ----------
    folder, site
        Site folder and its ``site.yaml``.
    films
        The inventory's films.
    overrides
        ``films.csv`` as read.
    """
    manifest, problems = read_table(folder, site, CROPS)
    if not overrides["sop_instance_uid"].duplicated().any():
        told = {problem.row for problem in problems}
        # A box with a wrong cell is not called incomplete as well.
        problems += [
            problem
            for problem in manifest_problems(manifest, films=apply_overrides(films, overrides))
            if problem.column or problem.row not in told
        ]
    return manifest, problems


def manifest_problems(manifest: pd.DataFrame, *, films: pd.DataFrame) -> list[Problem]:
    """Return what is wrong with the rows of ``crops.csv``.

    Parameters
    ----------
    manifest
        ``crops.csv`` as read; words and numbers of its cells are checked already.
    films
        The inventory's films with ``films.csv`` applied. Rows for other films (they may be
        refused) are checked as far as is possible without the film.
    """
    known = {film.sop_instance_uid: film for film in rows_of(films)}
    problems = []
    for row in rows_of(manifest):
        for column, expected, value in _faults(row, known.get(row.sop_instance_uid)):
            problems.append(Problem(CROPS.file, expected, int(row.row), column, value))
    return problems


def _faults(row: Any, film: Any) -> list[tuple[str | None, str, str | None]]:
    """Return column, expectation and value of each fault of one row."""
    faults: list[tuple[str | None, str, str | None]] = []
    box = [getattr(row, name) for name in BOX]
    given = [not pd.isna(edge) for edge in box]
    if row.status == "uncroppable":
        if not row.reason:
            faults.append(("reason", "a reason why the hip could not be cropped", None))
        if any(given):
            faults.append((None, "no box for an uncroppable hip", None))
    if row.status == "cropped":
        if not all(given):
            faults.append((None, "a box x0, y0, x1, y1 for a cropped hip", None))
        else:
            faults += _box_faults(box, film)
    if film is not None and film.side and row.side and film.side not in (row.side, "both"):
        faults.append(("side", f"{film.side}, the side of the film", row.side))
    return faults


def _box_faults(box: list[int], film: Any) -> list[tuple[str | None, str, str | None]]:
    x0, y0, x1, y1 = (int(edge) for edge in box)
    columns, rows = (film.columns, film.rows) if film is not None else (None, None)
    faults: list[tuple[str | None, str, str | None]] = []
    for low_name, low, high_name, high, size, axis in (
        ("x0", x0, "x1", x1, columns, "columns"),
        ("y0", y0, "y1", y1, rows, "rows"),
    ):
        if low < 0:
            faults.append((low_name, "0 or more: the box lies inside the film", str(low)))
        if high <= low:
            faults.append((high_name, f"more than {low_name}", str(high)))
        if size is not None and high > size:
            expected = f"at most {size}, the film's {axis}: the box lies inside the film"
            faults.append((high_name, expected, str(high)))
    return faults
