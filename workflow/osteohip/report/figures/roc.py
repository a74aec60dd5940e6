"""ROC curves of the test set and of the external sites."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from osteohip.evaluation.proportions import wilson
from osteohip.report.figures.style import COLUMN_MM, GREY, Numbers, line_of, sheet
from osteohip.writing.wording import estimate, plain


def roc_figure(cohorts: Sequence[Numbers], curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw one curve a cohort with its band and operating point; the legend has the area.

    The band is Wilson's interval of the sensitivity at each threshold, by itself. The operating
    point has the intervals of its sensitivity and specificity.

    Parameters
    ----------
    cohorts
        Entries of ``cohorts`` in the numbers.
    curves
        ``roc.csv`` by cohort; an empty one is named in the legend alone.
    """
    figure = sheet(COLUMN_MM, COLUMN_MM + 3 + 7 * len(cohorts))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
    for i, cohort in enumerate(cohorts):
        (colour, dashes), curve = line_of(i), curves[cohort["id"]]
        area = estimate(cohort["metrics"]["auc"])
        axes.plot(
            curve["false_positive_rate"],
            curve["true_positive_rate"],
            color=colour,
            linestyle=dashes,
            label=f"{legend_name(cohort, cohorts)}\nAUC {area}",
            clip_on=False,
        )
        if len(curve):
            _band(axes, curve, diseased=cohort["osteoporosis"]["k"], colour=colour)
        _operating_point(axes, cohort, colour)
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
        xlabel="1 − specificity (false positive rate)",
        ylabel="Sensitivity (true positive rate)",
    )
    figure.legend(loc="outside lower center", ncols=1, handlelength=3.2)
    return figure


def legend_name(cohort: Numbers, cohorts: Sequence[Numbers]) -> str:
    """Return a cohort's name for a legend, marked where only some cohorts are synthetic."""
    partly = len({other["synthetic"] for other in cohorts}) > 1
    mark = " (synthetic)" if partly and cohort["synthetic"] else ""
    return f"{textwrap.shorten(plain(cohort['name']), 48)}{mark}"


def _band(axes: Axes, curve: pd.DataFrame, *, diseased: int, colour: str) -> None:
    limits = [wilson(k=int(k), n=diseased) for k in curve["true_positives"]]
    axes.fill_between(
        curve["false_positive_rate"],
        [found.low or 0.0 for found in limits],
        [found.high if found.high is not None else 1.0 for found in limits],
        color=colour,
        alpha=0.12,
        linewidth=0,
    )


def _operating_point(axes: Axes, cohort: Numbers, colour: str) -> None:
    sensitivity, specificity = (cohort["metrics"][m] for m in ("sensitivity", "specificity"))
    if sensitivity["estimate"] is None or specificity["estimate"] is None:
        return
    x, y = 1 - specificity["estimate"], sensitivity["estimate"]
    axes.errorbar(
        x,
        y,
        xerr=[[x - (1 - specificity["high"])], [1 - specificity["low"] - x]],
        yerr=[[y - sensitivity["low"]], [sensitivity["high"] - y]],
        color=colour,
        marker="o",
        markersize=5,
        markerfacecolor="white",
        markeredgewidth=1.3,
        elinewidth=0.9,
        clip_on=False,
        zorder=5,
    )
