"""Walk over the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of ``frame``, each with its columns as attributes.

    The type of a cell is that which the table's declaration gives its column.
    """
    yield from frame.itertuples(index=False)
