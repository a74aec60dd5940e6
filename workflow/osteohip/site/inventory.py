"""The inventory of a site: every file under radiographs/ is a film with a row, or refused."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import stat
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd
from tqdm import tqdm

from osteohip.errors import InputError, Problem
from osteohip.site.film import (
    FilmFacts,
    Reason,
    RefusedError,
    check_film,
    decode,
    pixel_digest,
    read_dataset,
    read_facts,
)
from osteohip.site.folder import RADIOGRAPHS, list_files

INVENTORY_COLUMNS = (
    "file",
    "file_sha256",
    "pixel_sha256",
    *(field.name for field in fields(FilmFacts)),
)
REFUSED_COLUMNS = ("file", "reason", "detail")

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Film:
    """One film of the inventory."""

    file: str
    file_sha256: str
    pixel_sha256: str
    facts: FilmFacts


@dataclass(frozen=True)
class Refusal:
    """One file that is no film of this study; the detail is private."""

    file: str
    reason: Reason
    detail: str


@dataclass(frozen=True)
class Inventory:
    """All files of a site, each once; both tables are sorted by file.

    The columns are ``INVENTORY_COLUMNS`` and ``REFUSED_COLUMNS``; rows, columns and bits_stored
    are integers, all else is text, empty where unknown.
    """

    films: pd.DataFrame
    refused: pd.DataFrame


def take_inventory(site: Path, *, modalities: Collection[str], jobs: int = 1) -> Inventory:
    """Open every file under ``site``/radiographs once and say what it is.

    Parameters
    ----------
    site
        Site folder.
    modalities
        Accepted DICOM modalities.
    jobs
        Processes; the result does not depend on it.

    Raises
    ------
    InputError
        Where radiographs/ is missing, holds no file or a folder that cannot be read. No file's
        content raises.
    """
    folder = site / RADIOGRAPHS
    expected = "a folder with DICOM files"
    if not folder.is_dir():
        raise InputError([Problem(RADIOGRAPHS, expected)])
    files = list_files(folder)
    if not files:
        raise InputError([Problem(RADIOGRAPHS, expected + "; it is empty")])
    look = partial(look_at_file, folder, modalities=frozenset(modalities))
    crashed = partial(_crashed, detail="the decoder crashed")
    found = map_isolated(look, files, jobs=jobs, crashed=crashed, label="inventory")
    return tabulate(found)


def look_at_file(folder: Path, file: str, *, modalities: Collection[str]) -> Film | Refusal:
    """Read a file once, for digest, header and pixels alike; nothing in it raises."""
    try:
        file.encode("utf-8")
    except UnicodeEncodeError:
        name = os.fsencode(file).decode("utf-8", "backslashreplace")
        return Refusal(name, "unreadable_header", "the name is not UTF-8; rename the file")
    # A line end in a name would break the tables that list it.
    if any(unicodedata.category(c) == "Cc" for c in file):
        name = "".join(repr(c)[1:-1] if unicodedata.category(c) == "Cc" else c for c in file)
        return Refusal(name, "unreadable_header", "control characters in the name; rename the file")
    path = folder / file
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Refusal(file, "not_dicom", "a link to a folder, or no regular file")
        content = path.read_bytes()
    except OSError as error:
        return Refusal(file, "unreadable_header", f"cannot be opened: {error.strerror}")
    try:
        dataset = read_dataset(content)
        check_film(dataset, modalities)
        return Film(
            file=file,
            file_sha256=hashlib.sha256(content).hexdigest(),
            facts=read_facts(dataset),
            pixel_sha256=pixel_digest(decode(dataset)),
        )
    except RefusedError as refused:
        return Refusal(file, refused.reason, refused.detail)


def _crashed(file: str, *, detail: str) -> Refusal:
    return Refusal(file, "undecodable_pixels", detail)


def map_isolated(
    function: Callable[[ItemT], ResultT],
    items: Sequence[ItemT],
    *,
    jobs: int,
    crashed: Callable[[ItemT], ResultT],
    label: str,
) -> list[ResultT]:
    """Apply ``function`` to each item in worker processes, in order.

    A decoder may take its whole process down with it. Then the items that are left go on one
    process each, and an item whose process dies gets ``crashed(item)``.
    """
    results: list[ResultT] = []
    with tqdm(total=len(items), desc=label, unit="file", mininterval=1) as bar:

        def note(result: ResultT) -> None:
            results.append(result)
            bar.update()

        try:
            with _pool(jobs) as pool:
                for result in pool.map(function, items, chunksize=4):
                    note(result)
        except BrokenProcessPool:
            for item in items[len(results) :]:
                try:
                    with _pool(1) as pool:
                        note(pool.submit(function, item).result())
                except BrokenProcessPool:
                    note(crashed(item))
    return results


def _pool(jobs: int) -> ProcessPoolExecutor:
    # A forked process needs no new start of Python; the parent holds no threads here.
    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    return ProcessPoolExecutor(max_workers=jobs, mp_context=context)


def tabulate(found: Sequence[Film | Refusal]) -> Inventory:
    """Make the two tables; of several files with one film, the first by name stays."""
    films: list[Film] = []
    refused: list[Refusal] = []
    for item in _without_duplicates(sorted(found, key=lambda item: item.file)):
        if isinstance(item, Film):
            films.append(item)
        else:
            refused.append(item)
    rows = [
        {
            "file": film.file,
            "file_sha256": film.file_sha256,
            "pixel_sha256": film.pixel_sha256,
            **asdict(film.facts),
        }
        for film in films
    ]
    return Inventory(
        films=pd.DataFrame(rows, columns=list(INVENTORY_COLUMNS)),
        refused=pd.DataFrame([asdict(r) for r in refused], columns=list(REFUSED_COLUMNS)),
    )


def _without_duplicates(found: Sequence[Film | Refusal]) -> Iterator[Film | Refusal]:
    by_digest: dict[str, Film] = {}
    by_uid: dict[str, Film] = {}
    for item in found:
        if isinstance(item, Film):
            uid = item.facts.sop_instance_uid
            if same := by_digest.get(item.file_sha256):
                yield Refusal(item.file, "duplicate_file", f"same bytes as {same.file}")
                continue
            if same := by_uid.get(uid):
                pixels = "same" if same.pixel_sha256 == item.pixel_sha256 else "other"
                detail = f"same SOP Instance UID as {same.file}, {pixels} pixels"
                yield Refusal(item.file, "duplicate_file", detail)
                continue
            by_digest[item.file_sha256] = by_uid[uid] = item
        yield item


def read_inventory(path: Path) -> pd.DataFrame:
    """Read ``inventory.csv``; rows, columns and bits_stored become integers, the rest text."""
    films = pd.read_csv(path, dtype=str, keep_default_na=False)
    return films.astype({"rows": int, "columns": int, "bits_stored": int})


def read_refused(path: Path) -> pd.DataFrame:
    """Read ``refused.csv``."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)
