"""The flow of a site's films, records and patients, as STARD asks for it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from osteohip.report.figures.style import COLOURS, INK, Numbers, sheet
from osteohip.writing.wording import number, plain, plural, words

# All lengths are millimetres; a letter of the text takes about 1.5 by 3.5.
WIDTH = 150.0
LINE = 3.5
PADDING = 2.2
GAP = 6.0
MAIN_LEFT, MAIN_WIDTH = 1.0, 62.0
SIDE_LEFT, SIDE_WIDTH = 76.0, 73.0
LETTERS_A_MM = 0.66


@dataclass(frozen=True)
class Stage:
    """A box of the main column, and beside the arrow that leaves it, what left there."""

    text: str
    left: str = ""


def flow_stages(site: Numbers) -> list[Stage]:
    """Return the boxes of a site from top to bottom."""
    refused = [
        f"Refused: {plural(site['refused_total'], 'file')}",
        *(f"– {words(plain(i['reason']))}: {number(i['films'])}" for i in site["refused"]),
    ]
    excluded = [
        f"Excluded: {_records(site['excluded'])}; criterion not met:",
        *(
            f"– {words(plain(step['criterion']))}: {number(step['records_excluded'])} "
            f"({number(step['patients_excluded'])})"
            for step in site["steps"]
            if step["records_excluded"]
        ),
    ]
    uncroppable = [
        f"Uncroppable: {plural(site['uncroppable_total'], 'image')}",
        *(f"– {words(plain(i['reason']))}: {number(i['images'])}" for i in site["uncroppable"]),
    ]
    return [
        Stage(
            f"Files under radiographs\n{number(site['files'])}",
            "\n".join(refused) if site["refused_total"] else "",
        ),
        Stage(f"Films\n{number(site['films'])}"),
        Stage(
            f"Records (patient, hip, film, DXA)\n{_records(site['came_in'])}",
            "\n".join(excluded) if site["excluded"]["records"] else "",
        ),
        Stage(
            f"Cohort\n{_records(site['cohort'])}",
            "\n".join(uncroppable) if site["uncroppable_total"] else "",
        ),
        Stage(
            "Images\n"
            + _records({"records": site["images"], "patients": site["patients"]}, "image")
        ),
    ]


def flow_figure(site: Numbers, parts: Sequence[Numbers]) -> Figure:
    """Draw the flow of one site; for the development site down to the parts of the split.

    Parameters
    ----------
    site
        An entry of ``sites`` in the numbers.
    parts
        The groups that the images are divided into; one for an external site.
    """
    stages = [
        Stage(_wrap(s.text, MAIN_WIDTH), _wrap(s.left, SIDE_WIDTH)) for s in flow_stages(site)
    ]
    foot = [
        f"{plain(part['name']).capitalize()}\n{number(part['n'])}\n"
        f"osteoporosis {number(part['osteoporosis']['k'])}, none {number(part['no_osteoporosis'])}"
        for part in parts
    ]
    heights = [_height(stage.text) for stage in stages]
    gaps = [max(GAP, _height(s.left) + 2 if s.left else 0) for s in stages]
    if not foot:
        gaps[-1] = 0
    foot_height = max((_height(text) for text in foot), default=0.0)
    total = sum(heights) + sum(gaps) + foot_height + 2
    figure = sheet(WIDTH, total)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, total))
    axes.axis("off")
    y = total - 1
    middle = MAIN_LEFT + MAIN_WIDTH / 2
    for stage, height, gap in zip(stages, heights, gaps, strict=True):
        _box(axes, MAIN_LEFT, y - height, MAIN_WIDTH, height, stage.text)
        below = y - height - gap
        if stage.left:
            side = _height(stage.left)
            centre = y - height - gap / 2
            _box(axes, SIDE_LEFT, centre - side / 2, SIDE_WIDTH, side, stage.left, main=False)
            _arrow(axes, (middle, centre), (SIDE_LEFT, centre))
        if gap and stage is not stages[-1]:
            _arrow(axes, (middle, y - height), (middle, below))
        y = below
    width = (WIDTH - 2 - 4 * (len(foot) - 1)) / max(len(foot), 1)
    fork = y + GAP / 2
    centres = [1 + i * (width + 4) + width / 2 for i in range(len(foot))]
    if foot:
        axes.plot([middle, middle], [y + GAP, fork], color=INK, linewidth=0.7)
        axes.plot([min(centres), max(centres)], [fork, fork], color=INK, linewidth=0.7)
    for centre, text in zip(centres, foot, strict=True):
        _arrow(axes, (centre, fork), (centre, y))
        _box(axes, centre - width / 2, y - foot_height, width, foot_height, text)
    return figure


def _records(counts: Numbers, noun: str = "record") -> str:
    return f"{plural(counts['records'], noun)} of {plural(counts['patients'], 'patient')}"


def _wrap(text: str, width: float) -> str:
    letters = int((width - 2 * PADDING) * LETTERS_A_MM)
    return "\n".join(
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, letters, subsequent_indent="  " if line[:1] == "–" else "")
    )


def _height(text: str) -> float:
    return LINE * (text.count("\n") + 1) + 2 * PADDING


def _box(
    axes: Axes,
    left: float,
    bottom: float,
    width: float,
    height: float,
    text: str,
    *,
    main: bool = True,
) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (left, bottom),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.8",
            facecolor="#EEF4F9" if main else "white",
            edgecolor=COLOURS[0] if main else INK,
            linewidth=0.7,
        )
    )
    axes.text(
        left + (width / 2 if main else PADDING),
        bottom + height / 2,
        text,
        ha="center" if main else "left",
        va="center",
        linespacing=1.25,
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>",
            "linewidth": 0.7,
            "color": INK,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
