"""Maps over their crops, crops, and a whole film with its crop box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from osteohip.explanation.colours import colours
from osteohip.explanation.maps import read_maps
from osteohip.explanation.outcomes import OUTCOMES
from osteohip.explanation.overlays import Shown, shown_cases
from osteohip.report.attention import Looked
from osteohip.report.figures.style import COLOURS, GREY, PAGE_MM, Numbers, sheet
from osteohip.writing.wording import number

LETTERS = "ABCD"
PAIR = ("No osteoporosis", "Osteoporosis")
BORDERS = {
    "upper": "acetabular roof",
    "lower": "lower margin of the lesser trochanter",
    "medial": "lateral margin of the teardrop",
    "lateral": "lateral of the vastus ridge",
}


def outcomes_figure(cases: Sequence[Numbers], shown: Mapping[str, Shown]) -> Figure:
    """Draw a case of each outcome: the crop beside its map, with a colour bar for all.

    Parameters
    ----------
    cases
        ``outcomes`` of the numbers; a group without case is said to have none.
    """
    figure = sheet(PAGE_MM, 96)
    # The third column keeps the pairs apart.
    grid = figure.subplots(2, 5, width_ratios=(1, 1, 0.1, 1, 1))
    for axes in grid[:, 2]:
        axes.set_axis_off()
    for i, case in enumerate(cases):
        left, right = grid[i // 2, 3 * (i % 2) : 3 * (i % 2) + 2]
        title = f"{LETTERS[i]}  {OUTCOMES[case['outcome']].capitalize()}"
        left.set_title(title, loc="left", fontweight="bold")
        if case["case_id"] is None:
            for axes in (left, right):
                axes.set_axis_off()
            left.text(0.02, 0.5, "no such hip", color=GREY, transform=left.transAxes)
            continue
        right.set_title(f"score {number(case['score'], 3)}", loc="right")
        _picture(left, shown[case["case_id"]].crop)
        _picture(right, shown[case["case_id"]].overlay)
        if case["zero"]:
            right.text(
                0.5, 0.5, "0 everywhere", color="white", ha="center", transform=right.transAxes
            )
    scale = ScalarMappable(Normalize(0, 1), ListedColormap(colours() / 255))
    bar = figure.colorbar(scale, ax=list(grid.ravel()), fraction=0.02, pad=0.015, ticks=[0, 1])
    bar.ax.set_yticklabels(["none", "most"])
    bar.set_label("Heat of the map")
    return figure


def pair_figure(cases: Sequence[Numbers], shown: Mapping[str, Shown]) -> Figure:
    """Draw the crop of a hip without and of one with osteoporosis."""
    figure = sheet(130, 70)
    # The titles of the two meet otherwise.
    halves = figure.subplots(1, 3, width_ratios=(1, 0.06, 1))
    halves[1].set_axis_off()
    for i, (axes, case) in enumerate(zip(halves[::2], cases, strict=True)):
        axes.set_title(f"{LETTERS[i]}  {PAIR[case['label']]}", loc="left", fontweight="bold")
        if case["case_id"] is None:
            axes.set_axis_off()
            axes.text(0.02, 0.5, "no such hip", color=GREY, transform=axes.transAxes)
            continue
        axes.set_title(f"T-score {number(case['t_score'], 1)}", loc="right")
        _picture(axes, shown[case["case_id"]].crop)
    return figure


def film_figure(film: Numbers, path: Path) -> Figure:
    """Draw a whole film with its crop box and the names of its four borders.

    The patient's right is taken to lie on the left of the picture, as films are shown.

    Parameters
    ----------
    film
        ``film`` of the numbers, which has a case.
    path
        The picture.
    """
    picture = np.asarray(Image.open(path))
    rows, columns = picture.shape
    x0, y0, x1, y1 = film["box"]
    height = 120.0
    figure = sheet(min(PAGE_MM, height * columns / rows + 40), height)
    axes = figure.add_subplot()
    _picture(axes, picture)
    axes.add_patch(
        Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=COLOURS[4], linewidth=1.6)
    )
    lateral_left = film["side"] == "R"
    sides = ("lateral", "medial") if lateral_left else ("medial", "lateral")
    reach = 0.012 * rows
    places = {
        "upper": ((x0 + x1) / 2, y0 - reach, "center", "bottom", 0),
        "lower": ((x0 + x1) / 2, y1 + reach, "center", "top", 0),
        sides[0]: (x0 - reach, (y0 + y1) / 2, "right", "center", 90),
        sides[1]: (x1 + reach, (y0 + y1) / 2, "left", "center", 270),
    }
    for border, (x, y, across, up, turned) in places.items():
        axes.text(
            x,
            y,
            BORDERS[border],
            ha=across,
            va=up,
            rotation=turned,
            color="white",
            fontsize=7,
            bbox={"facecolor": "black", "alpha": 0.55, "edgecolor": "none", "pad": 1.2},
        )
    return figure


def _picture(axes: Axes, picture: npt.NDArray[np.uint8]) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="lanczos")
    axes.set_axis_off()


def attention_figures(attention: Numbers, looked: Looked, film: Path | None) -> dict[str, Figure]:
    """Return the chapter's figures by key.

    Parameters
    ----------
    attention
        ``attention`` of the numbers.
    looked
        Of the cohort whose cases are shown.
    film
        The example film; None where none may be shown.
    """
    chosen = attention["figures"]
    cases = [*chosen["outcomes"], *chosen["pair"]]
    ids = list(dict.fromkeys(case["case_id"] for case in cases if case["case_id"]))
    shown = shown_cases(read_maps(looked.maps), ids, crops=looked.crops)
    found = {
        "attention-outcomes": outcomes_figure(chosen["outcomes"], shown),
        "attention-pair": pair_figure(chosen["pair"], shown),
    }
    if film is not None:
        found["attention-film"] = film_figure(chosen["film"], film)
    return found
