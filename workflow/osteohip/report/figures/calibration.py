"""Calibration of every cohort, as scored and after the refit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from osteohip.report.figures.panels import legend_below, panels
from osteohip.report.figures.style import COLOURS, GREY, INK, Numbers

VERSIONS = {"before": "as scored", "after": "after the refit on validation"}
MARKERS = {"before": "o", "after": "s"}
DASHES = {"before": "-", "after": "--"}
# The tallest bar of the distribution takes this share of the panel.
BARS = 0.16


def calibration_figure(cohorts: Sequence[Numbers], tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw observed share against score: groups, smooth curve with its band, and distribution.

    Parameters
    ----------
    cohorts
        Entries of ``cohorts`` in the numbers.
    tables
        ``calibration.csv`` by cohort; one that holds a reason alone is drawn as a sentence.
    """
    figure, axes = panels(cohorts, height_mm=62)
    for place, cohort in zip(axes, cohorts, strict=True):
        table = tables[cohort["id"]]
        place.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="Score")
        if table["observed"].isna().all():
            reason = cohort["metrics"]["calibration_slope"]["reason"]
            place.text(0.5, 0.5, f"not defined:\n{reason}", ha="center", color=GREY, wrap=True)
            continue
        place.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, linestyle=":", label="ideal")
        for i, version in enumerate(VERSIONS):
            _version(place, table[table["version"] == version], version, COLOURS[i])
        _distribution(place, table)
    axes[0].set_ylabel("Share with osteoporosis")
    legend_below(figure, axes)
    return figure


def _version(axes: Axes, table: pd.DataFrame, version: str, colour: str) -> None:
    curve = table[(table["kind"] == "curve") & table["observed"].notna()]
    groups = table[table["kind"] == "group"]
    axes.fill_between(
        curve["score"], curve["low"], curve["high"], color=colour, alpha=0.14, linewidth=0
    )
    axes.plot(
        curve["score"],
        curve["observed"],
        color=colour,
        linestyle=DASHES[version],
        label=VERSIONS[version] if len(table) else None,
    )
    axes.plot(
        groups["score"],
        groups["observed"],
        color=colour,
        marker=MARKERS[version],
        markersize=3,
        linestyle="none",
        alpha=0.8,
        clip_on=False,
    )


def _distribution(axes: Axes, table: pd.DataFrame) -> None:
    rows = table[(table["kind"] == "distribution") & (table["version"] == "before")]
    scale = BARS / max(1, rows["n"].max())
    axes.bar(
        rows["score"],
        rows["n"] * scale,
        width=0.045,
        color=INK,
        alpha=0.25,
        linewidth=0,
        label="hips by score",
        zorder=0,
    )
