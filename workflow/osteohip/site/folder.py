"""A site folder as a whole: is it one, is it synthetic, and has anything in it changed?

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from osteohip.errors import StudyError
from osteohip.files import private_folder, write_json


def check_folder(folder: Path) -> None:
    """Refuse what is no site folder.

    Raises
    ------
    StudyError
        Naming the folder and what was expected in it.
    """
    if not folder.is_dir():
        raise StudyError(f"{folder}: expected a site folder, but there is no such folder")
    if not (folder / "site.yaml").is_file():
        raise StudyError(f"{folder}: expected a site folder, but it holds no site.yaml")
    if not any(path.is_file() for path in (folder / "radiographs").rglob("*")):
        raise StudyError(f"{folder}: expected films in its folder radiographs/, but there are none")


def is_synthetic(folder: Path) -> bool:
    """Tell whether ``site.yaml`` says that the site is synthetic."""
    try:
        content = yaml.safe_load((folder / "site.yaml").read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StudyError(f"{folder / 'site.yaml'}: expected YAML in UTF-8") from error
    return isinstance(content, dict) and content.get("synthetic") is True


def _files(folder: Path) -> Iterator[Path]:
    names = ("site.yaml", "films.csv", "patients.csv", "dxa.csv", "findings.csv", "crops.csv")
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
