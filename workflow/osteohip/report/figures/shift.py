"""The sites beside one another: age, T-score, and X-ray device."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from osteohip.report.figures.panels import legend_below
from osteohip.report.figures.style import PAGE_MM, Numbers, line_of, sheet
from osteohip.report.patients import group_title
from osteohip.writing.wording import plain

# Width of a bar of each quantity.
WIDTHS = {"age_years": 5.0, "t_score": 0.5}
LABELS = {"age_years": "Age, years", "t_score": "Lowest T-score"}


def shift_figure(groups: Sequence[Numbers], rows: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw age and T-score as shares of each site's hips, and the shares of the devices.

    Parameters
    ----------
    groups
        Entries of ``groups`` in the numbers, one a site.
    rows
        The cropped rows of ``cohort.csv`` by group.
    """
    devices = groups[0]["devices"]
    figure = sheet(PAGE_MM, max(62.0, 30 + (4.2 + 2 * len(groups)) * len(devices)))
    axes = figure.subplots(1, 3, width_ratios=(1, 1, 1.1))
    partly = len({group["synthetic"] for group in groups}) > 1
    names = [textwrap.shorten(group_title(group, partly=partly), 44) for group in groups]
    for place, quantity in zip(axes, WIDTHS, strict=False):
        _distribution(place, quantity, [rows[group["id"]] for group in groups], names)
    _devices(axes[2], groups)
    axes[0].set_ylabel("Share of hips, %")
    legend_below(figure, list(axes[:2]))
    return figure


def _distribution(
    axes: Axes, quantity: str, tables: Sequence[pd.DataFrame], names: Sequence[str]
) -> None:
    values = [table[quantity].dropna().to_numpy(float) for table in tables]
    known = np.concatenate(values)
    axes.set_xlabel(LABELS[quantity])
    if not known.size:
        return
    width = WIDTHS[quantity]
    first, last = np.floor(known.min() / width), np.floor(known.max() / width) + 1
    edges = np.arange(first, last + 1) * width
    for i, (found, name) in enumerate(zip(values, names, strict=True)):
        colour, dashes = line_of(i)
        shares = 100 * np.histogram(found, bins=edges)[0] / max(found.size, 1)
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.18)
        axes.stairs(
            shares,
            edges,
            color=colour,
            linestyle=dashes,
            linewidth=1.2,
            label=name,
        )
    axes.set_ylim(bottom=0)


def _devices(axes: Axes, groups: Sequence[Numbers]) -> None:
    thick = 0.8 / len(groups)
    for i, group in enumerate(groups):
        places = np.arange(len(group["devices"])) + (i - (len(groups) - 1) / 2) * thick
        shares = [100 * (device["share"] or 0) for device in group["devices"]]
        axes.barh(places, shares, height=thick * 0.92, color=line_of(i)[0], alpha=0.85)
    names = [textwrap.fill(plain(device["device"]), 22) for device in groups[0]["devices"]]
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="Share of hips, %", ylim=(len(names) - 0.5, -0.5), xlim=(0, 100))
