"""Which hips a doctor marks, and what crops.csv says of them already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from osteohip.cohort.criteria import unfit_film
from osteohip.cohort.records import HIPS, list_films
from osteohip.cohort.selection import select_from_tables
from osteohip.config import Selection
from osteohip.errors import Problem, raise_if_any
from osteohip.images.pixels import Box
from osteohip.site.films import apply_overrides
from osteohip.site.inventory import Inventory
from osteohip.site.manifest import BOX, check_manifest
from osteohip.site.rows import rows_of
from osteohip.site.schema import CROPS, FILMS, SIDES, Site
from osteohip.site.tables import check_selection_tables, read_table


@dataclass(frozen=True)
class Mark:
    """What was found for a hip: a box, or a reason why there is none."""

    box: Box | None
    reason: str
    annotator: str


@dataclass(frozen=True)
class Hip:
    """One hip to be marked.

    Parameters
    ----------
    sop_instance_uid, side
        The film, and R or L: the key of ``crops.csv``.
    film_side
        R, L or both: what the film shows.
    file, file_sha256, pixel_sha256
        The film below radiographs/ and its digests.
    rows, columns
        Size of its stored matrix.
    given
        Its row of ``crops.csv``; None where there is none.
    wanted
        It is to be marked; the others are only known.
    """

    sop_instance_uid: str
    side: str
    film_side: str
    file: str
    file_sha256: str
    pixel_sha256: str
    rows: int
    columns: int
    given: Mark | None
    wanted: bool


def list_hips(
    folder: Path, site: Site, found: Inventory, *, settings: Selection, all_films: bool
) -> list[Hip]:
    """Return every hip that an AP film of hip or pelvis shows, by file, right before left.

    Parameters
    ----------
    folder, site, found
        Site folder, its ``site.yaml`` and its inventory.
    settings
        Section ``selection`` of the configuration.
    all_films
        All of them are wanted, and not only those that the selection takes; then the films and
        ``films.csv`` suffice.

    Raises
    ------
    InputError
        With all problems of the tables, ``crops.csv`` included where it is there.
    """
    films = found.films
    problems: list[Problem] = []
    if all_films:
        overrides, problems = read_table(folder, site, FILMS)
    else:
        tables, problems = check_selection_tables(folder, site, films=films)
        overrides = tables.films
    marks: dict[tuple[str, str], Mark] = {}
    if (folder / CROPS.file).exists():
        manifest, wrong = check_manifest(folder, site, films=films, overrides=overrides)
        problems += wrong
        if not wrong:
            marks = read_marks(manifest)
    raise_if_any(problems)
    told = apply_overrides(films, overrides)
    shown = {
        (film.sop_instance_uid, side)
        for film in list_films(told)
        if unfit_film(film) is None
        for side in (HIPS if film.side == "both" else (film.side,))
    }
    wanted = shown
    if not all_films:
        selected = select_from_tables(tables, site, films=films, settings=settings)
        wanted = {(r.film.sop_instance_uid, r.side) for r in selected.records if r.film}
    return [
        Hip(
            sop_instance_uid=film.sop_instance_uid,
            side=side,
            film_side=film.side,
            file=film.file,
            file_sha256=film.file_sha256,
            pixel_sha256=film.pixel_sha256,
            rows=int(film.rows),
            columns=int(film.columns),
            given=marks.get((film.sop_instance_uid, side)),
            wanted=(film.sop_instance_uid, side) in wanted,
        )
        for film in rows_of(told)
        for side in SIDES
        if (film.sop_instance_uid, side) in shown
    ]


def read_marks(manifest: pd.DataFrame) -> dict[tuple[str, str], Mark]:
    """Return the rows of a crop manifest without problems, by film and side."""
    return {
        (row.sop_instance_uid, row.side): Mark(
            box=Box(*(int(getattr(row, edge)) for edge in BOX))
            if row.status == "cropped"
            else None,
            reason=row.reason,
            annotator=row.annotator,
        )
        for row in rows_of(manifest)
    }
