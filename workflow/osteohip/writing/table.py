"""Tables as text: what they hold, and how they become Markdown and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from osteohip.writing.wording import Markdown, escape

SYNTHETIC = "Synthetic data"
PARTLY = "Partly synthetic data"


@dataclass(frozen=True)
class Row:
    """Cells of one line; a heading spans the lines that follow it."""

    cells: tuple[str, ...]
    heading: bool = False


def heading_row(text: str, columns: int) -> Row:
    """Return the line that heads those after it, in a table of so many columns."""
    return Row((text, *[""] * (columns - 1)), heading=True)


@dataclass(frozen=True)
class Table:
    """A table as text.

    Parameters
    ----------
    key
        Name of its file and of its anchor.
    caption
        What it shows, without number.
    header
        Heads of the columns.
    rows
        As many cells each as the header.
    align
        One letter a column, l or r.
    mark
        Empty, or that its numbers come from synthetic data, wholly or in part.
    note
        What stands below it.
    supplement
        Whether it is numbered among the supplementary tables.
    """

    key: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    align: str
    mark: str
    note: str = ""
    supplement: bool = False

    def __post_init__(self) -> None:
        widths = {len(self.header), len(self.align), *(len(row.cells) for row in self.rows)}
        if len(widths) != 1:
            raise ValueError(f"table {self.key}: rows, header and alignment differ in length")


def mark_of(flags: Iterable[bool]) -> str:
    """Return how results are marked of which these are synthetic."""
    found = set(flags)
    if found == {True}:
        return SYNTHETIC
    return PARTLY if True in found else ""


def numbered(tables: Sequence[Table]) -> dict[str, str]:
    """Return the name of each table by key: "Table 1", and "Table S1" in the supplement."""
    main = [table.key for table in tables if not table.supplement]
    more = [table.key for table in tables if table.supplement]
    return {key: f"Table {i}" for i, key in enumerate(main, 1)} | {
        key: f"Table S{i}" for i, key in enumerate(more, 1)
    }


def to_markdown(table: Table, name: str) -> Markdown:
    """Return a table as Markdown with caption, mark and note, every cell escaped."""
    rules = {"l": ":---", "r": "---:"}
    lines = [
        _line([escape(cell) for cell in table.header]),
        _line([rules[letter] for letter in table.align]),
    ]
    for row in table.rows:
        cells: list[str] = [escape(cell) for cell in row.cells]
        if row.heading:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append(_line(cells))
    note = f"\n\n::: note\n{escape(table.note)}\n:::" if table.note else ""
    return Markdown(
        f'::: {{.table #table-{table.key} tabindex="0"}}\n'
        + "\n".join(lines)
        + f"\n\n: **{name}.** {escape(table.caption)}{marked(table.mark)}{note}\n:::"
    )


def marked(mark: str) -> Markdown:
    """Return the mark behind a caption."""
    return Markdown(f" [{mark}.]{{.synthetic}}" if mark else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def to_frame(table: Table) -> pd.DataFrame:
    """Return a table for its CSV file, with a column that marks synthetic data.

    A cell that a spreadsheet would take for a formula is led by an apostrophe.
    """
    frame = pd.DataFrame([row.cells for row in table.rows], columns=list(table.header))
    frame = frame.map(lambda cell: f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell)
    return frame.assign(synthetic={"": "no", SYNTHETIC: "yes", PARTLY: "partly"}[table.mark])
