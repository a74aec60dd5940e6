"""Maps as pictures: the crop, the map over it, and a colour bar."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image, ImageDraw

from osteohip.explanation.colours import colours, heat_levels, opacity
from osteohip.explanation.maps import Maps, enlarged
from osteohip.explanation.outcomes import OUTCOMES
from osteohip.files import read_arrays_of, write_bytes
from osteohip.images.pictures import windowed
from osteohip.model.cases import Cases

Grey = npt.NDArray[np.uint8]
Colour = npt.NDArray[np.uint8]

COVER = 0.6
"""Largest share of the heat's colour where the map is laid over the crop."""
LEAST_SIDE = 288
GAP, BAR, MARGIN, HEAD = 10, 16, 12, 40
LABELS = 44
INK, PAPER, RED = (34, 34, 34), (255, 255, 255), (176, 0, 32)
SYNTHETIC = "SYNTHETIC"
ZERO = "this map is 0 everywhere"


@dataclass(frozen=True)
class Case:
    """One case as its picture names it.

    Parameters
    ----------
    case_id
        The study's own number.
    outcome
        TP, FP, FN or TN.
    score
        Of the network.
    target
        1 where the map is that of the logit, -1 where it is that of the negated logit.
    synthetic
        Whether film or model is synthetic.
    """

    case_id: str
    outcome: str
    score: float
    target: int
    synthetic: bool

    @property
    def lines(self) -> tuple[str, str]:
        """What stands above the picture."""
        logit = "logit" if self.target > 0 else "negated logit"
        return (
            f"{self.case_id}   {OUTCOMES[self.outcome]}",
            f"score {self.score:.3f}   map of the {logit}",
        )


def grey(crop: npt.NDArray[np.floating], valid: npt.NDArray[np.bool_], side: int) -> Grey:
    """Return a crop as 0 to 255 at ``side`` pixels a side; what is not valid is black."""
    shown = np.where(valid, windowed(crop.astype(np.float64), valid), np.uint8(0))
    if side == len(shown):
        return shown.astype(np.uint8)
    picture = Image.fromarray(shown.astype(np.uint8))
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC))


def laid_over(crop: Grey, heat: npt.NDArray[np.floating]) -> Colour:
    """Lay a map over a crop.

    Parameters
    ----------
    crop
        Shape (side, side).
    heat
        Shape (rows, columns), at least 0; its largest value has the brightest colour.

    Returns
    -------
    Shape (side, side, 3).
    """
    return _mixed(crop, heat_levels(enlarged(heat[None], len(crop))[0]))


def _mixed(crop: Grey, levels: Grey) -> Colour:
    share = (COVER / 255 * opacity()[levels].astype(np.float32))[..., None]
    mixed = share * colours()[levels] + (1 - share) * crop[..., None]
    return np.rint(mixed).astype(np.uint8)


def side_of(size: int, *, least: int = LEAST_SIDE) -> int:
    """Return the pixels a side at which a crop of ``size`` is shown: a whole multiple of it."""
    return size * max(1, -(-least // size))


@dataclass(frozen=True)
class Shown:
    """A crop, and its map over it: shapes (side, side) and (side, side, 3)."""

    crop: Grey
    overlay: Colour


def shown_cases(
    maps: Maps, case_ids: Sequence[str], *, crops: Path, least: int = LEAST_SIDE
) -> dict[str, Shown]:
    """Return the pictures of some cases of the maps, of the layer that is shown.

    Parameters
    ----------
    crops
        ``crops.npz``.
    least
        Least pixels a side.

    Raises
    ------
    StudyError
        If a case has no crop.
    """
    pixels, valid = read_arrays_of(crops, case_ids, "pixels", "valid")
    side = side_of(pixels.shape[1], least=least)
    heat = dict(zip(maps.case_ids.tolist(), maps.layers[maps.shown], strict=True))
    found = {}
    for i, case in enumerate(case_ids):
        crop = grey(pixels[i], valid[i], side)
        found[case] = Shown(crop, laid_over(crop, heat[case]))
    return found


def blank(side: int) -> Image.Image:
    """Return the sheet that all pictures of one size have in common: the colour bar and its ends.

    The bar shows the colours as they look over a film of middle grey.
    """
    left = MARGIN + 2 * side + 2 * GAP
    sheet = Image.new("RGB", (left + BAR + LABELS + MARGIN, HEAD + side + 2 * MARGIN), PAPER)
    steps = np.linspace(255, 0, side).round().astype(np.uint8)
    levels = np.repeat(steps[:, None], BAR, axis=1)
    bar = _mixed(np.full_like(levels, 128), levels)
    sheet.paste(Image.fromarray(bar), (left, HEAD + MARGIN))
    draw = ImageDraw.Draw(sheet)
    at = left + BAR + 5
    draw.text((at, HEAD + MARGIN), "most", fill=INK, anchor="lt", font_size=13)
    draw.text((at, HEAD + MARGIN + side / 2), "heat", fill=INK, anchor="lm", font_size=13)
    draw.text((at, HEAD + MARGIN + side), "none", fill=INK, anchor="lb", font_size=13)
    return sheet


def overlay(
    case: Case,
    crop: npt.NDArray[np.floating],
    valid: npt.NDArray[np.bool_],
    heat: npt.NDArray[np.floating],
    *,
    sheet: Image.Image,
) -> bytes:
    """Return the picture of one case as a PNG.

    Parameters
    ----------
    crop, valid
        Shape (size, size).
    heat
        Shape (rows, columns), at least 0.
    sheet
        As `blank` gives it for the crop's `side_of`.
    """
    side = side_of(len(crop))
    shown = grey(crop, valid, side)
    picture = sheet.copy()
    top = HEAD + MARGIN
    picture.paste(Image.fromarray(shown).convert("RGB"), (MARGIN, top))
    picture.paste(Image.fromarray(laid_over(shown, heat)), (MARGIN + side + GAP, top))
    draw = ImageDraw.Draw(picture)
    for i, line in enumerate(case.lines):
        draw.text((MARGIN, MARGIN + 18 * i), line, fill=INK, font_size=14)
    if case.synthetic:
        right = picture.width - MARGIN
        draw.text((right, MARGIN), SYNTHETIC, fill=RED, anchor="ra", font_size=14)
        for left in (MARGIN, MARGIN + side + GAP):
            place = (left + side - 6, top + side - 6)
            draw.text(
                place,
                SYNTHETIC,
                fill=PAPER,
                anchor="rs",
                font_size=12,
                stroke_width=1,
                stroke_fill=INK,
            )
    if not heat.any():
        middle = (MARGIN + side + GAP + side / 2, top + side / 2)
        draw.text(
            middle, ZERO, fill=PAPER, anchor="mm", font_size=15, stroke_width=2, stroke_fill=INK
        )
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def write_overlays(
    folder: Path, maps: Maps, table: pd.DataFrame, cases: Cases, *, synthetic: bool
) -> None:
    """Write the picture of every case, and nothing else, into a folder.

    Parameters
    ----------
    folder
        For ``CASE.png``; pictures of other cases that lie there go.
    maps, table, cases
        The maps, their rows of ``attention.csv`` and their crops, in one order; the layer that is
        shown comes first in the table.
    synthetic
        Whether film or model is synthetic.
    """
    sheet = blank(side_of(cases.size))
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{case}.png" for case in maps.case_ids.tolist()}
    for path in folder.glob("*.png"):
        if path.name not in wanted:
            path.unlink()
    for i, case_id in enumerate(maps.case_ids.tolist()):
        case = Case(
            case_id=case_id,
            outcome=str(table["outcome"].iloc[i]),
            score=float(maps.score[i]),
            target=int(maps.target[i]),
            synthetic=synthetic,
        )
        picture = overlay(
            case, cases.pixels[i], cases.valid[i], maps.layers[maps.shown][i], sheet=sheet
        )
        write_bytes(folder / f"{case_id}.png", picture)
