"""How the scores lie in each class of every cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from osteohip.report.figures.panels import legend_below, panels
from osteohip.report.figures.style import COLOURS, INK, Numbers

CLASSES = {1: ("osteoporosis", COLOURS[1], "-"), 0: ("no osteoporosis", COLOURS[0], "--")}
BINS = 20


def scores_figure(cohorts: Sequence[Numbers], tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the hips of each class by score; a line is the threshold.

    Parameters
    ----------
    cohorts
        Entries of ``cohorts`` in the numbers.
    tables
        Columns ``label`` and ``score`` by cohort.
    """
    figure, axes = panels(cohorts, height_mm=50)
    for place, cohort in zip(axes, cohorts, strict=True):
        table = tables[cohort["id"]]
        low, high = min(0.0, table["score"].min()), max(1.0, table["score"].max())
        edges = np.linspace(low, high, BINS + 1)
        for label, (name, colour, dash) in CLASSES.items():
            counts, _ = np.histogram(table.loc[table["label"] == label, "score"], bins=edges)
            place.stairs(counts, edges, fill=True, color=colour, alpha=0.25)
            place.stairs(counts, edges, color=colour, linestyle=dash, linewidth=1.1, label=name)
        place.axvline(
            cohort["threshold"]["value"], color=INK, linewidth=0.8, linestyle=":", label="threshold"
        )
        place.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        place.set(xlim=(low, high), ylim=(0, None), xlabel="Score")
    axes[0].set_ylabel("Hips")
    legend_below(figure, axes)
    return figure
