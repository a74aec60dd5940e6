"""ROC curves of the test set and of the external sites."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from osteohip.report.figures.style import COLOURS, COLUMN_MM, DASHES, GREY, Numbers, sheet
from osteohip.writing.wording import estimate, plain


def roc_figure(cohorts: Sequence[Numbers], curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw one curve a cohort with its operating point; the legend has AUC and interval.

    Parameters
    ----------
    cohorts
        Entries of ``cohorts`` in the numbers.
    curves
        ``roc.csv`` by cohort; an empty one is named in the legend alone.
    """
    partly = len({cohort["synthetic"] for cohort in cohorts}) > 1
    figure = sheet(COLUMN_MM, COLUMN_MM + 3 + 7 * len(cohorts))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
    for i, cohort in enumerate(cohorts):
        colour = COLOURS[i % len(COLOURS)]
        curve = curves[cohort["id"]]
        mark = " (synthetic)" if partly and cohort["synthetic"] else ""
        area = estimate(cohort["metrics"]["auc"])
        label = f"{textwrap.shorten(plain(cohort['name']), 48)}{mark}\nAUC {area}"
        axes.plot(
            curve["false_positive_rate"],
            curve["true_positive_rate"],
            color=colour,
            linestyle=DASHES[i % len(DASHES)],
            label=label,
            clip_on=False,
        )
        counts = cohort["confusion"]
        diseased = cohort["osteoporosis"]["k"]
        if diseased and cohort["no_osteoporosis"]:
            axes.plot(
                counts["fp"] / cohort["no_osteoporosis"],
                counts["tp"] / diseased,
                marker="o",
                markersize=5,
                markerfacecolor="white",
                markeredgecolor=colour,
                markeredgewidth=1.3,
                clip_on=False,
                zorder=5,
            )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
        xlabel="1 − specificity (false positive rate)",
        ylabel="Sensitivity (true positive rate)",
    )
    figure.legend(loc="outside lower center", ncols=1, handlelength=3.2)
    return figure
