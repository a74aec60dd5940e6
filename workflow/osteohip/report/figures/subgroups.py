"""A forest of the measures in each subgroup of a cohort."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from osteohip.report.clinical import VARIABLES, level_name
from osteohip.report.figures.style import COLOURS, GREY, INK, PAGE_MM, Numbers, sheet
from osteohip.writing.wording import number

MEASURES = {
    "auc": "Area under the ROC curve",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
}
ROW_MM = 4.4


def subgroups_figure(cohort: Numbers) -> Figure:
    """Draw AUC, sensitivity and specificity with their intervals, a line a subgroup.

    A grey line is the value of all hips; where a measure is not defined there is a dash.
    """
    groups = cohort["subgroups"]
    places: list[float] = []
    headings: list[tuple[float, str]] = []
    y, last = 0.0, "all"
    for group in groups:
        if group["variable"] != last:
            last = group["variable"]
            headings.append((y + 0.35, VARIABLES[last]))
            y += 1.35
        places.append(y)
        y += 1
    figure = sheet(PAGE_MM, ROW_MM * y + 16)
    axes = figure.subplots(1, len(MEASURES), sharey=True)
    for i, (place, (name, label)) in enumerate(zip(axes, MEASURES.items(), strict=True)):
        _measure(place, cohort, name, places, COLOURS[i])
        place.set(xlim=(0, 1), xlabel=label, ylim=(y - 0.3, -0.7))
        place.tick_params(axis="y", length=0)
        place.spines["left"].set_visible(False)
    axes[0].set_yticks(
        [*places, *(at for at, _ in headings)],
        [*(_name(group) for group in groups), *(text for _, text in headings)],
    )
    for text in axes[0].get_yticklabels()[len(places) :]:
        text.set_fontweight("bold")
    return figure


def _name(group: Numbers) -> str:
    counts = f"{number(group['osteoporosis'])}/{number(group['n'])}"
    return f"{level_name(group)} ({counts})"


def _measure(axes: Axes, cohort: Numbers, name: str, places: list[float], colour: str) -> None:
    everyone = cohort["subgroups"][0][name]["estimate"]
    if everyone is not None:
        axes.axvline(everyone, color=GREY, linewidth=0.7, linestyle=":")
    for at, group in zip(places, cohort["subgroups"], strict=True):
        found = group[name]
        if found["estimate"] is None:
            axes.text(0.02, at, "–", color=GREY, va="center")
            continue
        if found["low"] is not None:
            axes.plot([found["low"], found["high"]], [at, at], color=INK, linewidth=0.9)
        axes.plot(
            found["estimate"],
            at,
            marker="D" if group["variable"] == "all" else "s",
            markersize=4,
            color=colour,
            clip_on=False,
        )
