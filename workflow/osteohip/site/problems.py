"""Problems with their values go to the private folder, for the person who mends the input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from osteohip.errors import InputError
from osteohip.files import private_folder, write_csv


@contextmanager
def problems_recorded(private: Path) -> Iterator[None]:
    """Write ``private``/problems.csv where the block raises `InputError`; else remove it."""
    path = private_folder(private) / "problems.csv"
    try:
        yield
    except InputError as error:
        rows = [(p.file, p.row, p.column, p.expected, p.value) for p in error.problems]
        table = pd.DataFrame(rows, columns=["file", "row", "column", "expected", "value"])
        write_csv(path, table.astype({"row": "Int64"}))
        raise
    path.unlink(missing_ok=True)
