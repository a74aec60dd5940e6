"""Loss and accuracy over the epochs of the training."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from osteohip.report.figures.style import COLOURS, GREY, PAGE_MM, Numbers, sheet


def history_figure(history: pd.DataFrame, training: Numbers) -> Figure:
    """Draw the training history; a line marks the epoch that was kept."""
    figure = sheet(PAGE_MM, 62)
    single = len(history) == 1
    for axes, name, label in zip(
        figure.subplots(1, 2),
        ("loss", "accuracy"),
        ("Binary cross-entropy", "Accuracy"),
        strict=True,
    ):
        for i, (column, part) in enumerate(
            ((name, "training"), (f"validation_{name}", "validation"))
        ):
            axes.plot(
                history["epoch"],
                history[column],
                color=COLOURS[i],
                linestyle=("-", "--")[i],
                marker="o" if single else None,
                label=part,
            )
        best = training["best_epoch"]
        axes.axvline(best, color=GREY, linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
        axes.set(xlabel="Epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].legend()
    figure.axes[1].set_ylim(top=1.0)
    return figure
