"""How every figure looks, and how it is written with the same bytes for the same content."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from osteohip.files import write_bytes
from osteohip.writing.fonts import fallback_file, needs_fallback
from osteohip.writing.watermark import COLOUR, DEGREES, FIGURE_OPACITY

Numbers = Mapping[str, Any]

# Widths of one and of two columns of a journal.
COLUMN_MM = 85.0
PAGE_MM = 180.0
# Okabe M, Ito K. Color universal design, 2008; told apart with colour-blind eyes too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
INK = "#222222"
GREY = "#777777"
# A name that no font of the machine has: what is drawn does not depend on what is installed.
_FALLBACK = "osteohip fallback"

_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans", _FALLBACK],
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.3,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "osteohip",
    "text.parse_math": False,
    "text.usetex": False,
}


def line_of(place: int) -> tuple[str, Any]:
    """Return colour and dashes of a figure's line number ``place``, told apart in grey too."""
    return COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this block to have the common style, whatever the user's own settings are."""
    with matplotlib.rc_context():
        _add_fallback()
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


@cache
def _add_fallback() -> None:
    """Make the fallback known to matplotlib, once; its one weight stands for bold too."""
    font_manager.fontManager.ttflist += [
        font_manager.FontEntry(fname=str(fallback_file()), name=_FALLBACK, weight=weight)
        for weight in (400, 700)
    ]


def sheet(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of that size."""
    return Figure(figsize=(width_mm / 25.4, height_mm / 25.4), layout="constrained")


def watermark(figure: Figure, text: str) -> None:
    """Write across the figure that its data are synthetic."""
    width, height = figure.get_size_inches()
    figure.text(
        0.5,
        0.5,
        text.upper(),
        ha="center",
        va="center",
        rotation=DEGREES,
        fontsize=min(width, height * 1.6) * 90 / len(text),
        fontweight="bold",
        color=COLOUR,
        alpha=FIGURE_OPACITY,
        zorder=10,
    ).set_in_layout(False)


def save(figure: Figure, stem: Path) -> None:
    """Write ``stem.pdf`` (vector) and ``stem.png`` (300 dpi), without date or machine."""
    texts = figure.findobj(Text)
    # Type 42 is for TrueType outlines. Those of the fallback are PostScript: embedded that way,
    # readers of PDF may refuse the font.
    fallback = any(needs_fallback(text.get_text()) for text in texts if isinstance(text, Text))
    kind = 3 if fallback else matplotlib.rcParams["pdf.fonttype"]
    for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
        buffer = io.BytesIO()
        with matplotlib.rc_context({"pdf.fonttype": kind}):
            figure.savefig(buffer, format=suffix[1:], dpi=300, metadata=metadata)
        write_bytes(stem.with_suffix(suffix), buffer.getvalue())
