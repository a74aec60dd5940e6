"""Precision against recall of the test set and of the external sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from osteohip.report.figures.roc import legend_name
from osteohip.report.figures.style import COLUMN_MM, Numbers, line_of, sheet
from osteohip.writing.wording import estimate


def precision_recall_figure(
    cohorts: Sequence[Numbers], curves: Mapping[str, pd.DataFrame]
) -> Figure:
    """Draw one curve a cohort; a thin line is its prevalence, what calling everyone ill would have.

    Parameters
    ----------
    cohorts
        Entries of ``cohorts`` in the numbers.
    curves
        ``roc.csv`` by cohort; an empty one is named in the legend alone.
    """
    figure = sheet(COLUMN_MM, COLUMN_MM + 3 + 7 * len(cohorts))
    axes = figure.add_subplot()
    for i, cohort in enumerate(cohorts):
        (colour, dashes), curve = line_of(i), curves[cohort["id"]]
        called = curve[curve["true_positives"] + curve["false_positives"] > 0]
        found = called["true_positives"]
        axes.plot(
            called["true_positive_rate"],
            found / (found + called["false_positives"]),
            color=colour,
            linestyle=dashes,
            label=f"{legend_name(cohort, cohorts)}\naverage precision "
            f"{estimate(cohort['metrics']['average_precision'])}",
            clip_on=False,
        )
        share = cohort["osteoporosis"]["share"]
        if share is not None:
            axes.axhline(share, color=colour, linewidth=0.7, linestyle=dashes, alpha=0.6)
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.005),
        aspect="equal",
        xlabel="Recall (sensitivity)",
        ylabel="Precision (positive predictive value)",
    )
    figure.legend(loc="outside lower center", ncols=1, handlelength=3.2)
    return figure
