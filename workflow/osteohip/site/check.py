"""Check a whole site folder at once, before the study runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from osteohip.errors import InputError, Problem
from osteohip.site.folder import FILLED, has_rows
from osteohip.site.inventory import tabulate, take_inventory
from osteohip.site.manifest import check_manifest
from osteohip.site.readings import check_readings
from osteohip.site.schema import DXA, OTHER_REGION, SITE_FILE, TABLES, Site, folded, read_site
from osteohip.site.summary import summarise_site
from osteohip.site.tables import SelectionTables, check_selection_tables, unused_columns


@dataclass(frozen=True)
class Check:
    """What a check found; all of it is private.

    Parameters
    ----------
    lines
        The site's counts, and what is no mistake but should be looked at.
    problems
        Every problem of every file.
    """

    lines: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_site(folder: Path, *, modalities: Collection[str], jobs: int = 1) -> Check:
    """Check ``site.yaml``, all tables and all films of a site.

    Parameters
    ----------
    folder
        Site folder; nothing is written.
    modalities
        Accepted DICOM modalities.
    jobs
        Processes that open films.

    Raises
    ------
    InputError
        Where ``site.yaml`` is wrong; nothing else can be read without it.
    """
    site = read_site(folder)
    problems: list[Problem] = []
    try:
        found = take_inventory(folder, modalities=modalities, jobs=jobs)
    except InputError as error:
        problems += error.problems
        found = tabulate([])
    tables, wrong = check_selection_tables(folder, site, films=found.films)
    problems += wrong
    _, wrong = check_manifest(folder, site, films=found.films, overrides=tables.films)
    problems += wrong
    problems += [
        Problem(table.file, "at least one row below the header")
        for table in FILLED
        if (folder / table.file).is_file() and not has_rows(folder / table.file)
    ]
    problems += [p for p in unused_columns(folder, site, TABLES) if p not in problems]
    readings, wrong = check_readings(folder)
    problems += wrong
    summary = summarise_site(folder, site, films=found.films, refused=found.refused, tables=tables)
    counts = [f"{key.replace('_', ' ')}: {_told(value)}" for key, value in summary.items()]
    counts += [f"readings of {deck}: {rows}" for deck, rows in sorted(readings.items())]
    notes = [
        *unknown_regions(tables.dxa),
        *unsorted_institutions(site, films=found.films, tables=tables),
    ]
    return Check(lines=(*counts, *notes), problems=tuple(problems))


def _told(value: object) -> str:
    """Return what a site's summary says of one thing, in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{reason} {count}" for reason, count in value.items()) or "none"
    return str(value)


def unknown_regions(dxa: pd.DataFrame) -> list[str]:
    """Return a line for each region that counts as other: the word of the file, and its rows."""
    words = dxa["region_given"][dxa["region"] == OTHER_REGION].value_counts()
    return [
        f"{DXA.file}: region {word!r} is none of ours, {words[word]} rows left out"
        for word in sorted(words.index)
    ]


def unsorted_institutions(site: Site, *, films: pd.DataFrame, tables: SelectionTables) -> list[str]:
    """Return a line where the data name several institutions, and ``site.yaml`` none."""
    cells = (*films["institution"], *tables.dxa["institution"])
    names = {folded(name): name for name in reversed(cells) if name}
    if len(names) < 2 or any(folded(name) for name in site.institution):
        return []
    listed = ", ".join(sorted(repr(name) for name in names.values()))
    return [
        f"{SITE_FILE}: no `institution`, though films and DXA name {len(names)}: {listed}; "
        "nobody is excluded as of another hospital"
    ]
