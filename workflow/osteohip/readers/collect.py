"""Exports of the crop pages go into the site's crops.csv; nothing that was marked is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from osteohip.errors import Problem, StudyError, raise_if_any
from osteohip.files import private_folder, written_whole
from osteohip.readers.crop_pages import HIPS_FILE
from osteohip.site.manifest import manifest_problems
from osteohip.site.rows import rows_of
from osteohip.site.schema import CROPS, Site
from osteohip.site.tables import read_table

KEY = list(CROPS.key)
COLUMNS = list(CROPS.columns)


@dataclass(frozen=True)
class Collected:
    """What went into crops.csv: rows that are new, replaced, as before; and hips without a row."""

    added: int
    replaced: int
    unchanged: int
    missing: int
    kept_as: Path | None


def collect_exports(
    exports: Sequence[Path], *, folder: Path, site: Site, pages: Path, may_replace: bool
) -> Collected:
    """Put exports of the pages into ``crops.csv`` of a site.

    Rows of hips that no export has stay as they are. The file as it was is kept beside the pages.

    Parameters
    ----------
    exports
        CSV files that the pages exported.
    folder, site
        Site folder and its ``site.yaml``.
    pages
        Folder of the pages.
    may_replace
        Take the export's row where crops.csv has another for the same hip.

    Raises
    ------
    InputError
        With every row that is wrong, of no hip of the site, in two exports, or other than in
        crops.csv without ``may_replace``. Then crops.csv is as it was.
    StudyError
        Where there are no pages.
    """
    if not (pages / HIPS_FILE).is_file():
        raise StudyError(f"{pages}: expected the folder of the crop pages, with {HIPS_FILE}")
    hips = pd.read_csv(pages / HIPS_FILE, dtype={"sop_instance_uid": str})
    path = folder / CROPS.file
    before, problems = (
        read_table(folder, site, CROPS) if path.exists() else (pd.DataFrame(columns=["row"]), [])
    )
    before = before.reindex(columns=["row", *COLUMNS])
    old = {_key(row): row for row in rows_of(before)}
    new: dict[tuple[str, str], Any] = {}
    for export in exports:
        frame, wrong = _read_export(export, hips)
        problems += wrong
        earlier = set(new)
        for row in rows_of(frame):
            key = _key(row)
            expected = None
            if key in earlier:
                expected = "a hip that no export before it has; give one export of each page"
            elif key in old and not may_replace and _content(row) != _content(old[key]):
                expected = (
                    f"what {CROPS.file}, row {int(old[key].row)} says of this hip; "
                    "--replace takes the export's word"
                )
            if expected and all(key):
                problems.append(Problem(str(export), expected, int(row.row), value=" ".join(key)))
            new.setdefault(key, row)
    raise_if_any(problems)
    replaced = sum(key in old and _content(old[key]) != _content(new[key]) for key in new)
    merged = [new.get(key, row) for key, row in old.items()]
    merged += [row for key, row in new.items() if key not in old]
    on_pages = hips[hips["page"].notna()]
    wanted = set(zip(on_pages["sop_instance_uid"], on_pages["side"], strict=True))
    kept_as = _write(merged, path=path, site=site, pages=pages)
    return Collected(
        added=sum(key not in old for key in new),
        replaced=replaced,
        unchanged=sum(key in old for key in new) - replaced,
        missing=len(wanted - old.keys() - new.keys()),
        kept_as=kept_as,
    )


def _key(row: Any) -> tuple[str, str]:
    return row.sop_instance_uid, row.side


def _content(row: Any) -> tuple[str, ...]:
    """Return the cells of a row as they are written."""
    cells = (getattr(row, name) for name in COLUMNS)
    return tuple("" if pd.isna(cell) else str(cell) for cell in cells)


def _read_export(export: Path, hips: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the rows of one export and everything that is wrong with it.

    The pages write UTF-8 and our own words, whatever ``site.yaml`` says of the site's tables.
    """
    file = str(export)
    frame, problems = read_table(Path(), Site(name="export"), replace(CROPS, file=file))
    if not export.is_file():
        return frame, [Problem(file, "a file that a page exported")]
    told = {problem.row for problem in problems}
    films = hips.rename(columns={"side": "hip", "film_side": "side"})
    problems += [
        replace(problem, file=file)
        for problem in manifest_problems(frame, films=films.drop_duplicates("sop_instance_uid"))
        if problem.column or problem.row not in told
    ]
    known = set(zip(hips["sop_instance_uid"], hips["side"], strict=True))
    problems += [
        Problem(file, "a hip of this site's films", int(row.row), value=" ".join(_key(row)))
        for row in rows_of(frame)
        if all(_key(row)) and _key(row) not in known
    ]
    return frame, problems


def _write(rows: Sequence[Any], *, path: Path, site: Site, pages: Path) -> Path | None:
    """Write crops.csv; where that changes it, keep it as it was, and return where."""
    # Under the site's own names, so that what site.yaml says of columns stays true.
    names = [site.columns.get(name, name) for name in COLUMNS]
    table = pd.DataFrame([_content(row) for row in rows], columns=names)
    text = table.to_csv(index=False, lineterminator="\n")
    try:
        content = text.encode(site.encoding)
    except UnicodeEncodeError:
        raise_if_any([Problem(CROPS.file, f"reasons and names that {site.encoding} can write")])
        raise
    before = path.read_bytes() if path.exists() else None
    if content == before:
        return None
    kept_as = None
    if before is not None:
        digest = hashlib.sha256(before).hexdigest()[:12]
        kept_as = private_folder(pages) / f"crops-before-{digest}.csv"
        with written_whole(kept_as) as partial:
            partial.write_bytes(before)
    with written_whole(path) as partial:
        partial.write_bytes(content)
    return kept_as
