"""The crop manifest of a site against its cohort and films."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from osteohip.errors import Problem, raise_if_any
from osteohip.images.crop import Task
from osteohip.images.pixels import Box
from osteohip.site.manifest import BOX, check_manifest
from osteohip.site.rows import rows_of
from osteohip.site.schema import CROPS, FILMS, Site
from osteohip.site.tables import read_table
from osteohip.site.tags import INVENTORY


def read_tasks(
    folder: Path, site: Site, *, films: pd.DataFrame, linkage: pd.DataFrame
) -> list[Task]:
    """Read ``crops.csv`` and find the row of each hip of the cohort.

    Parameters
    ----------
    folder, site
        Site folder and its ``site.yaml``.
    films
        The inventory's films, in the order of ``inventory.csv``.
    linkage
        ``linkage.csv``: case, film and side of each hip of the cohort.

    Raises
    ------
    InputError
        With everything that is wrong: cells, boxes, sides, and hips of the cohort without a row.
    """
    overrides, problems = read_table(folder, site, FILMS)
    manifest, wrong = check_manifest(folder, site, films=films, overrides=overrides)
    problems += wrong
    if wrong and manifest.empty:
        # Nothing could be read; that each hip is without a row says no more.
        raise_if_any(problems)
    rows = {(row.sop_instance_uid, row.side): row for row in rows_of(manifest)}
    lines = {uid: line for line, uid in enumerate(films["sop_instance_uid"], start=2)}
    known = {film.sop_instance_uid: film for film in rows_of(films)}
    tasks = []
    for case in rows_of(linkage):
        film, row = known.get(case.sop_instance_uid), rows.get((case.sop_instance_uid, case.side))
        place = f"case {case.case_id} of private/linkage.csv"
        value = f"{case.sop_instance_uid} {case.side}"
        if film is None:
            problems.append(Problem(INVENTORY, f"the film of {place}", value=value))
        elif row is None:
            problems.append(Problem(CROPS.file, f"a row for {place}", value=value))
        else:
            cropped = row.status == "cropped" and not any(pd.isna(getattr(row, e)) for e in BOX)
            tasks.append(
                Task(
                    case_id=case.case_id,
                    file=film.file,
                    file_sha256=film.file_sha256,
                    row=lines[case.sop_instance_uid],
                    side=case.side,
                    box=Box(*(int(getattr(row, edge)) for edge in BOX)) if cropped else None,
                    reason=row.reason,
                    rows=film.rows,
                    columns=film.columns,
                )
            )
    raise_if_any(problems)
    return tasks
