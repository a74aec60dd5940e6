"""What a supplement shows: its hips by site and outcome, each with its two pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image, ImageDraw

from osteohip.explanation.attention import ZERO
from osteohip.explanation.colours import colours
from osteohip.explanation.maps import Maps, read_maps
from osteohip.explanation.outcomes import OUTCOMES
from osteohip.explanation.overlays import SYNTHETIC, shown_cases
from osteohip.files import read_json
from osteohip.report.attention import Looked, read_looked
from osteohip.writing.table import mark_of
from osteohip.writing.wording import number, percent

LEAST_SIDE = 192
QUALITY = 85


@dataclass(frozen=True)
class Hip:
    """One hip.

    Parameters
    ----------
    case_id, outcome
        The study's own number, and TP, FP, FN or TN.
    lines
        What stands below its pictures.
    crop, overlay
        JPEG pictures of `Supplement.side` pixels a side, marked where they are synthetic.
    """

    case_id: str
    outcome: str
    lines: tuple[str, ...]
    crop: bytes
    overlay: bytes


@dataclass(frozen=True)
class Part:
    """The hips of one cohort.

    Parameters
    ----------
    id, name
        Of the cohort.
    synthetic
        Whether its films or the model are.
    hips
        By outcome and then number.
    """

    id: str
    name: str
    synthetic: bool
    hips: tuple[Hip, ...]

    def of(self, outcome: str) -> list[Hip]:
        """Return the hips of one outcome."""
        return [hip for hip in self.hips if hip.outcome == outcome]

    def sections(self) -> list[tuple[str, str, list[Hip]]]:
        """Return for each outcome its letters, its name and its hips."""
        return [(outcome, name, self.of(outcome)) for outcome, name in OUTCOMES.items()]


@dataclass(frozen=True)
class Supplement:
    """One supplement.

    Parameters
    ----------
    key
        S1 or S2.
    title
        What it shows.
    parts
        By cohort.
    side
        Pixels a side of its pictures.
    """

    key: str
    title: str
    parts: tuple[Part, ...]
    side: int

    @property
    def mark(self) -> str:
        """Empty, or that it shows synthetic data, wholly or in part."""
        return mark_of(part.synthetic for part in self.parts)

    @property
    def hips(self) -> int:
        """Number of hips."""
        return sum(len(part.hips) for part in self.parts)

    @property
    def zero(self) -> int:
        """How many maps are 0 everywhere."""
        return sum(ZERO in hip.lines for part in self.parts for hip in part.hips)


ORIGIN = (
    "Pictures are marked as synthetic where the film was computed or the model learned from "
    "computed films."
)


def bar_colours() -> list[str]:
    """Return the colours of the bar from no heat to the most, as CSS has them."""
    return [f"#{bytes(colours()[level]).hex()}" for level in range(0, 256, 15)]


def read_part(
    looked: Looked, maps: Maps, *, cohort: str, name: str, synthetic: bool
) -> tuple[Part, int]:
    """Return a cohort's hips with their pictures, and the pixels a side of these.

    Parameters
    ----------
    looked, maps
        What is known of the maps, and the maps.
    cohort, name
        Id and name of the cohort.
    synthetic
        Whether films or model are.
    """
    table = ordered(looked.table[looked.table["layer"] == maps.shown])
    shown = shown_cases(maps, table["case_id"].tolist(), crops=looked.crops, least=LEAST_SIDE)
    hips = tuple(
        Hip(
            case_id=case,
            outcome=str(row["outcome"]),
            lines=tuple(lines_of({str(key): value for key, value in row.items()})),
            crop=picture(found.crop, synthetic=synthetic),
            overlay=picture(found.overlay, synthetic=synthetic),
        )
        for (case, found), row in zip(shown.items(), table.to_dict(orient="records"), strict=True)
    )
    side = max(len(found.crop) for found in shown.values())
    return Part(cohort, name, synthetic, hips), side


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows by outcome, as `OUTCOMES` has them, then by case."""
    place = {outcome: i for i, outcome in enumerate(OUTCOMES)}
    keyed = table.assign(place=table["outcome"].map(place))
    return keyed.sort_values(["place", "case_id"], kind="stable")


def lines_of(row: dict[str, object]) -> list[str]:
    """Return what stands below a hip's pictures; the map of the negated logit is named."""
    logit = "logit" if int(str(row["target"])) > 0 else "negated logit"
    lines = [f"score {number(float(str(row['score'])), 3)}, map of the {logit}"]
    if row["zero"] == "yes":
        return [*lines, ZERO]
    heat = float(str(row["heat_bone"]))
    if not np.isnan(heat):
        area = float(str(row["area_bone"]))
        lines.append(f"{percent(heat)} of heat on bone, {percent(area)} of area")
    return lines


def picture(pixels: npt.NDArray[np.uint8], *, synthetic: bool) -> bytes:
    """Return a picture as JPEG, marked in it where it is synthetic."""
    shown = Image.fromarray(pixels)
    if synthetic:
        white, black = ("white", "black") if shown.mode == "RGB" else (255, 0)
        ImageDraw.Draw(shown).text(
            (shown.width - 4, shown.height - 4),
            SYNTHETIC,
            fill=white,
            anchor="rs",
            font_size=max(9, shown.width // 20),
            stroke_width=1,
            stroke_fill=black,
        )
    stream = io.BytesIO()
    shown.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()


def read_supplements(
    explanation: Path, *, development: Path | None, externals: Sequence[Path], model_synthetic: bool
) -> list[Supplement]:
    """Return the supplements that the study has: S1 of the test set, S2 of all external sites.

    Parameters
    ----------
    explanation
        Maps of the run, a folder a cohort.
    development, externals
        Results of the sites.
    model_synthetic
        Whether the model was trained on synthetic films.
    """

    def part(cohort: str, site: Path, name: str | None = None) -> tuple[Part, int]:
        looked = read_looked(explanation / cohort, site=site)
        facts = read_json(site / "site.json")
        return read_part(
            looked,
            read_maps(looked.maps),
            cohort=cohort,
            name=name or str(facts["name"]),
            synthetic=model_synthetic or bool(facts["synthetic"]),
        )

    groups = []
    if development is not None:
        title = "What the network looked at in every hip of the test set"
        groups.append(("S1", title, [part("test", development, "Test set")]))
    if externals:
        title = "What the network looked at in every hip of the external " + (
            "site" if len(externals) == 1 else "sites"
        )
        groups.append(("S2", title, [part(site.name, site) for site in externals]))
    return [
        Supplement(key, title, tuple(found for found, _ in parts), parts[0][1])
        for key, title, parts in groups
    ]
