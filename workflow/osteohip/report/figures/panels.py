"""A sheet of equal panels, one a cohort, with one legend below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from osteohip.report.cohorts import column_title
from osteohip.report.figures.style import PAGE_MM, Numbers, sheet
from osteohip.writing.wording import number

ACROSS = 3


def panels(cohorts: Sequence[Numbers], *, height_mm: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with a titled panel for each cohort, at most `ACROSS` beside each other."""
    partly = len({cohort["synthetic"] for cohort in cohorts}) > 1
    across = min(ACROSS, len(cohorts))
    down = -(-len(cohorts) // across)
    width = PAGE_MM if across == ACROSS else PAGE_MM * across / ACROSS + 20
    figure = sheet(width, height_mm * down + 12)
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for spare in grid[len(cohorts) :]:
        spare.set_axis_off()
    axes = list(grid[: len(cohorts)])
    for place, cohort in zip(axes, cohorts, strict=True):
        title = textwrap.shorten(column_title(cohort, partly=partly), 44)
        place.set_title(f"{title}\nn = {number(cohort['n'])}")
    return figure, axes


def legend_below(figure: Figure, axes: Sequence[Axes]) -> None:
    """Put what the panels have in common below them; each name once."""
    entries: dict[str, Artist] = {}
    for place in axes:
        for handle, label in zip(*place.get_legend_handles_labels(), strict=True):
            entries.setdefault(str(label), handle)
    if entries:
        figure.legend(
            list(entries.values()),
            list(entries),
            loc="outside lower center",
            ncols=min(4, len(entries)),
            handlelength=2.6,
        )
