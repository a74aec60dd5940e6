"""A site folder as a whole: whether it is one, and whether anything in it changed.

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from osteohip.errors import StudyError
from osteohip.files import private_folder, write_json
from osteohip.site.schema import SITE_FILE, TABLES


def check_folder(folder: Path) -> None:
    """Refuse what is no site folder.

    Raises
    ------
    StudyError
        Naming the folder and what was expected in it.
    """
    if not folder.is_dir():
        raise StudyError(f"{folder}: expected a site folder, but there is no such folder")
    if not (folder / SITE_FILE).is_file():
        raise StudyError(f"{folder}: expected a site folder, but it holds no {SITE_FILE}")
    if not any(path.is_file() for path in (folder / "radiographs").rglob("*")):
        raise StudyError(f"{folder}: expected films in its folder radiographs/, but there are none")


def _files(folder: Path) -> Iterator[Path]:
    names = (SITE_FILE, *(table.file for table in TABLES))
    yield from (folder / name for name in names if (folder / name).is_file())
    yield from sorted(path for path in (folder / "radiographs").rglob("*") if path.is_file())


def content_digest(folder: Path, *, cache: Path) -> str:
    """Return a digest of the content of all files of a site that the study reads.

    Parameters
    ----------
    cache
        A private file that remembers the digest of each file with its size and time, so that an
        unchanged site is not read again.
    """
    known = json.loads(cache.read_text(encoding="utf-8")) if cache.is_file() else {}
    current: dict[str, list[int | str]] = {}
    digest = hashlib.sha256()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        entry = known.get(name)
        if entry is None or entry[:2] != stamp:
            with path.open("rb") as stream:
                entry = [*stamp, hashlib.file_digest(stream, "sha256").hexdigest()]
        current[name] = entry
        digest.update(f"{name}\0{entry[2]}\n".encode())
    if current != known:
        private_folder(cache.parent)
        write_json(cache, current)
    return digest.hexdigest()[:16]
