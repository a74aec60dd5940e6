"""Decision curves: whether it is worth while to refer by the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from osteohip.report.figures.panels import legend_below, panels
from osteohip.report.figures.style import COLOURS, GREY, INK, Numbers

STRATEGIES = {
    "model": ("by the score", COLOURS[0], "-"),
    "refitted": ("by the refitted score", COLOURS[1], "--"),
    "refer_all": ("refer everyone", GREY, "-."),
    "refer_none": ("refer nobody", INK, ":"),
}
LOWEST = -0.1


def decision_figure(cohorts: Sequence[Numbers], tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the net benefit of each strategy against the threshold probability.

    Parameters
    ----------
    cohorts
        Entries of ``cohorts`` in the numbers.
    tables
        ``decision.csv`` by cohort; an empty one is drawn as a sentence.
    """
    figure, axes = panels(cohorts, height_mm=62)
    for place, cohort in zip(axes, cohorts, strict=True):
        table = tables[cohort["id"]]
        share = cohort["osteoporosis"]["share"] or 0
        place.set(xlim=(0, 1), ylim=(LOWEST, max(0.2, share + 0.12)))
        place.set_xlabel("Threshold probability")
        if table.empty:
            reason = cohort["metrics"]["calibration_slope"]["reason"]
            middle = sum(place.get_ylim()) / 2
            place.text(0.5, middle, f"not defined:\n{reason}", ha="center", color=GREY, wrap=True)
            continue
        for strategy, (label, colour, dash) in STRATEGIES.items():
            rows = table[table["strategy"] == strategy]
            if rows.empty:
                continue
            if strategy in {"model", "refitted"}:
                place.fill_between(
                    rows["threshold"],
                    rows["low"],
                    rows["high"],
                    color=colour,
                    alpha=0.12,
                    linewidth=0,
                )
            place.plot(
                rows["threshold"], rows["net_benefit"], color=colour, linestyle=dash, label=label
            )
    axes[0].set_ylabel("Net benefit")
    legend_below(figure, axes)
    return figure
