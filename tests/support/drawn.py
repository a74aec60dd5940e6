"""Which font draws which character of a PDF."""

from __future__ import annotations

import io
from typing import Any

import pypdf


def font_of_characters(pdf: bytes) -> dict[str, set[str]]:
    """Return for each character of a PDF's text the fonts that draw it, without their prefix.

    A box for a missing sign is drawn by a font that lacks the sign, so it shows here.
    """
    drawn: dict[str, set[str]] = {}

    def note(text: str, _matrix: Any, _place: Any, font: Any, _size: float) -> None:
        for character in text if font is not None else "":
            name = str(font["/BaseFont"]).partition("+")[2]
            drawn.setdefault(character, set()).add(name.removesuffix("-Identity-H"))

    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=note)
    return drawn
