"""A supplement on paper, set by Typst with the fonts of the environment."""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from osteohip.report.supplements.content import ORIGIN, Supplement, bar_colours
from osteohip.writing.fonts import FALLBACK, font_folders
from osteohip.writing.wording import plain, plural


def supplement_pdf(found: Supplement) -> bytes:
    """Return the supplement as a PDF: a grid of hips under a heading for each outcome.

    The same content gives the same bytes: no date, no machine, no font of the system.
    """
    with tempfile.TemporaryDirectory(prefix="osteohip-") as name:
        folder = Path(name)
        data = _data(found, folder)
        (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
        main = folder / "main.typ"
        source = files(__package__ or "").joinpath("supplement.typ")
        main.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        return bytes(
            typst.compile(
                main,
                format="pdf",
                font_paths=list(font_folders()),
                ignore_system_fonts=True,
                timestamp=0,
            )
        )


def _data(found: Supplement, folder: Path) -> dict[str, Any]:
    """Write the pictures into a folder and return what the page says."""
    parts = []
    count = 0
    for part in found.parts:
        sections = []
        for _, name, hips in part.sections():
            entries = []
            for hip in hips:
                names = {}
                for kind, content in (("crop", hip.crop), ("overlay", hip.overlay)):
                    names[kind] = f"{count}-{kind}.jpg"
                    (folder / names[kind]).write_bytes(content)
                count += 1
                lines = [plain(line) for line in hip.lines]
                alt = [
                    f"Crop of hip {plain(hip.case_id)}",
                    f"Map over the crop of hip {plain(hip.case_id)}, {name}: {'; '.join(lines)}",
                ]
                entries.append({**names, "case_id": plain(hip.case_id), "lines": lines, "alt": alt})
            title = f"{name.capitalize()}: {plural(len(hips), 'hip')}"
            sections.append({"title": title, "hips": entries})
        mark = " (synthetic)" if part.synthetic else ""
        parts.append({"name": f"{plain(part.name)}{mark}", "sections": sections})
    zero = (
        f" {plural(found.zero, 'map')} {'is' if found.zero == 1 else 'are'} 0 everywhere."
        if found.zero
        else ""
    )
    return {
        "key": found.key,
        "title": found.title,
        "fallback": FALLBACK,
        "mark": found.mark,
        "origin": ORIGIN,
        "legend": f"{plural(found.hips, 'hip')}. For each, on the left the crop that the network "
        "sees; on the right the same crop under its map, whose colours go from no heat to the most "
        "heat of that map. For a hip called osteoporotic the map is that of the logit, for any "
        f"other that of the negated logit: what spoke for the call that was made.{zero}",
        "bar": bar_colours(),
        "parts": parts,
    }
