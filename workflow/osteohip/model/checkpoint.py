"""The state of a training on disk, so that a run that was killed goes on from its last epoch."""

from __future__ import annotations

import fcntl
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from osteohip.files import read_arrays, write_arrays
from osteohip.model.cases import Cases
from osteohip.model.progress import Epoch, Progress, State, Weights


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds the newest state of one training.

    Parameters
    ----------
    path
        The file, ``.npz``. It is replaced whole after each epoch.
    key
        Digest of all that the training depends on. A state of another training is not taken up.
    """

    path: Path
    key: str

    def read(self) -> State:
        """Return the state that is kept; the state before the first epoch where there is none."""
        try:
            arrays = read_arrays(self.path)
            if str(arrays["key"]) != self.key:
                return State()
            columns = arrays["history"]
        except (FileNotFoundError, KeyError, ValueError, zipfile.BadZipFile, EOFError):
            return State()
        history = tuple(Epoch(int(row[0]), *row[1:]) for row in columns.tolist())
        best, network, optimizer = (
            _listed(arrays, name) for name in ("best", "network", "optimizer")
        )
        return State(Progress(history, best), network, optimizer)

    def write(self, state: State) -> None:
        """Replace what is kept by ``state``."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "key": np.array(self.key),
            "history": np.array([astuple(row) for row in state.progress.history], dtype=np.float64),
        }
        for name, weights in (
            ("best", state.progress.best_weights),
            ("network", state.network),
            ("optimizer", state.optimizer),
        ):
            arrays |= {f"{name}{place}": values for place, values in enumerate(weights)}
        write_arrays(self.path, **arrays)


def _listed(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> Weights:
    found: list[npt.NDArray[Any]] = []
    while (key := f"{name}{len(found)}") in arrays:
        found.append(arrays[key])
    return tuple(found)


def training_key(*parts: Cases, facts: Mapping[str, Any]) -> str:
    """Return a digest of training and validation cases and of ``facts``, which must be JSON."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for cases in parts:
        for values in (cases.labels, cases.pixels, cases.valid):
            digest.update(f"{values.shape} {values.dtype}".encode())
            digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Wait until no other process holds ``path``, and hold it; it ends with the process at latest.

    A killed Snakemake leaves its training running: the next one waits for it and takes up its
    result, instead of doing the same beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("osteohip train: waits for another training of this run", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
