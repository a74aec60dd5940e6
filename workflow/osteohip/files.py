"""Write files whole or not at all, with the same bytes for the same content."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osteohip.errors import StudyError

if TYPE_CHECKING:  # heavy, and this module is imported while the workflow is parsed
    import numpy.typing as npt
    import pandas as pd


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place when the block succeeds.

    The temporary name keeps the suffixes, because writers choose their format by it. It begins
    with the name of the file, so that what a killed process left behind goes with the next writing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".partial-{path.name}-"
    for left in path.parent.glob(f"{escape(prefix)}*"):
        left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix="".join(path.suffixes))
    os.close(handle)
    partial = Path(name)
    umask = os.umask(0)
    os.umask(umask)
    try:
        yield partial
        partial.chmod(0o666 & ~umask)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends."""
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes as they are."""
    with written_whole(path) as partial:
        partial.write_bytes(content)


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table without index; floats in their shortest exact form, missing as empty."""
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON in the order given; NaN and infinity are refused (write null and a reason)."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_arrays(path: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write arrays as an uncompressed ``.npz``; numpy gives the members a fixed date."""
    import numpy as np

    with written_whole(path) as partial:
        np.savez(partial, allow_pickle=False, **arrays)


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read a ``.npz`` whole; pickled members are refused."""
    import numpy as np

    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def read_arrays_of(
    path: Path, case_ids: Sequence[str], *names: str
) -> tuple[npt.NDArray[Any], ...]:
    """Read arrays of a ``.npz`` that have a row for each ``case_id``.

    Parameters
    ----------
    case_ids
        The cases that are wanted, in the order that is wanted.
    names
        The arrays that are wanted.

    Raises
    ------
    StudyError
        If it lacks one of them.
    """
    arrays = read_arrays(path)
    places = {str(case): place for place, case in enumerate(arrays["case_id"])}
    missing = [case for case in case_ids if case not in places]
    if missing:
        raise StudyError(f"{path.name}: expected a row of {missing[0]}: make it anew")
    chosen = [places[case] for case in case_ids]
    return tuple(arrays[name][chosen] for name in names)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def private_folder(path: Path) -> Path:
    """Make ``path`` a folder that its owner alone can open (mode 0700) and return it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path
