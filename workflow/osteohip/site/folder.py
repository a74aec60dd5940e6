"""A site folder as a whole: whether it is one, and whether anything in it changed.

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from osteohip.errors import InputError, Problem, StudyError
from osteohip.files import private_folder, write_json
from osteohip.site.schema import (
    CROPS,
    DXA,
    FILMS,
    FINDINGS,
    PATIENTS,
    SITE_FILE,
    Site,
    read_site,
    require_folder,
)

RADIOGRAPHS = "radiographs"
# What readers exported, if there is any yet.
READINGS = "readings"
REQUIRED = (PATIENTS, DXA, FINDINGS, CROPS)
# A hospital may have nothing to tell of findings; without the others there is no patient.
FILLED = (PATIENTS, DXA, CROPS)
TABLE_FILES = tuple(table.file for table in (FILMS, *REQUIRED))
UNREADABLE = "unreadable"
# What each stage reads of a site folder; an edit elsewhere does not concern it.
READ_BY = {
    "inventory": (SITE_FILE, RADIOGRAPHS),
    "select": (SITE_FILE, FILMS.file, PATIENTS.file, DXA.file, FINDINGS.file),
    "crop": (SITE_FILE, FILMS.file, CROPS.file),
}


def check_folder(folder: Path) -> Site:
    """Refuse what is no site folder, or is not ready yet, and return its ``site.yaml``.

    What stands in the tables is for the stages to read; here it counts that there is something.

    Raises
    ------
    StudyError
        Naming the folder and what was expected in it.
    """
    require_folder(folder)
    if not (folder / SITE_FILE).is_file():
        raise StudyError(f"{folder}: expected a site folder, but it holds no {SITE_FILE}")
    missing = [table.file for table in REQUIRED if not (folder / table.file).is_file()]
    closed = [
        file for file in TABLE_FILES if (folder / file).is_file() and not _opens(folder / file)
    ]
    empty = [
        table.file
        for table in FILLED
        if table.file not in missing + closed and not has_rows(folder / table.file)
    ]
    wrong = [
        *(f"{file} is missing" for file in missing),
        *(f"{file} cannot be opened" for file in closed),
        *(f"{file} holds no row" for file in empty),
    ]
    try:
        films = list_files(folder / RADIOGRAPHS) if (folder / RADIOGRAPHS).is_dir() else []
        if not films:
            wrong.append(f"there are no films in {RADIOGRAPHS}/")
        if wrong:
            raise StudyError(f"{folder}: this site folder is not ready: {', '.join(wrong)}")
        return read_site(folder)
    except InputError as error:
        raise StudyError(f"{folder}: {error}") from None


def check_folders(folders: Sequence[Path]) -> list[Site]:
    """Check several site folders as `check_folder` does; what is wrong with them comes at once."""
    sites, wrong = [], []
    for folder in folders:
        try:
            sites.append(check_folder(folder))
        except StudyError as error:
            wrong.append(str(error))
    if wrong:
        raise StudyError("\n".join(wrong))
    return sites


def has_rows(path: Path) -> bool:
    """Tell whether a table has more than its header, in whatever encoding."""
    with path.open("rb") as stream:
        return sum(bool(line.strip(b"\0 \t\r\n;,")) for line in islice(stream, 1000)) > 1


def _opens(path: Path) -> bool:
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True


def list_files(folder: Path) -> list[str]:
    """Return the path of every file below ``folder``, relative to it, sorted; links are files.

    Raises
    ------
    InputError
        If a folder below it cannot be read: what lies there would vanish without a word.
    """
    closed: list[OSError] = []
    files = []
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        files += [(Path(parent) / name).relative_to(folder).as_posix() for name in names + links]
    if closed:
        expected = "folders that can be opened, all the way down"
        raise InputError([Problem(RADIOGRAPHS, expected, value=str(e.filename)) for e in closed])
    return sorted(files)


def reading_files(folder: Path) -> list[Path]:
    """Return the CSV files of a folder of readings, sorted; of a folder that is not there, none.

    What a spreadsheet or a file manager hides there is no reading.
    """
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".csv"
        and not path.name.startswith((".", "~"))
        and not path.is_dir()
    )


def readings_digest(folder: Path) -> str:
    """Return a digest of the CSV files in a folder of readings, by name and content."""
    digest = hashlib.sha256()
    for path in reading_files(folder):
        digest.update(f"{path.name}\0{_file_digest(path)}\n".encode(errors="backslashreplace"))
    return digest.hexdigest()[:16]


def _files(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        path = folder / name
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (path / inner for inner in list_files(path))


def _file_digest(path: Path) -> str:
    """Return the digest of a file; one that cannot be read is left to the stage that reads it."""
    try:
        if not path.is_file():
            return f"no file: {path.readlink() if path.is_symlink() else 'special'}"
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return UNREADABLE


def _known(cache: Path | None) -> dict[str, list[int | str]]:
    """Return what the cache remembers; one that is damaged remembers nothing."""
    try:
        found = json.loads(cache.read_text("utf-8")) if cache is not None else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def content_digests(folder: Path, *, cache: Path | None = None) -> dict[str, str]:
    """Return for each stage a digest of what it reads in a site folder.

    Parameters
    ----------
    cache
        A private file that remembers the digest of each file with its size and time, so that an
        unchanged site is not read again.

    Raises
    ------
    InputError
        If a folder below radiographs/ cannot be read.
    """
    known = _known(cache)
    current: dict[str, list[int | str]] = {}
    for path in _files(folder, sorted({name for names in READ_BY.values() for name in names})):
        # Names need not be UTF-8; this form is, and keeps them apart.
        name = os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")
        status = path.stat() if path.exists() else path.lstat()
        stamp = [status.st_size, status.st_mtime_ns]
        entry = known.get(name)
        # What could not be read once may be readable now, at the same size and time.
        same = entry and entry[:2] == stamp and entry[2] != UNREADABLE
        current[name] = entry if entry and same else [*stamp, _file_digest(path)]
    if cache is not None and current != known:
        private_folder(cache.parent)
        write_json(cache, current)
    return {stage: _digest(current, names) for stage, names in READ_BY.items()}


def _digest(files: dict[str, list[int | str]], names: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name, entry in sorted(files.items()):
        if name in names or name.partition("/")[0] in names:
            digest.update(f"{name}\0{entry[2]}\n".encode())
    return digest.hexdigest()[:16]
