"""The fonts that figures and PDFs are drawn with, none of them the machine's, and what they draw.

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

# Draws Hangul, Chinese and kana, in regular weight alone; Typst knows it by this name.
FALLBACK = "Noto Sans CJK JP"
# What text from outside may be written in, as the end of a sentence.
DRAWABLE = (
    "characters that the fonts of figures and PDFs draw (Latin, Greek, Cyrillic, Hangul, Chinese, "
    "kana and the like, written from left to right)"
)
# Right-to-left scripts. The fonts have Arabic and Hebrew, but in a line that begins with them the
# report's English words and numbers change places: "(117 hips)" is drawn as "(hips 117)".
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_MOST_NAMED = 3


def font_folders() -> list[Path]:
    """Return the folders of all fonts but those that Typst has built in."""
    return [_text_folder(), fallback_file().parent]


def fallback_file() -> Path:
    """Return the file of the font that draws what the others lack."""
    package = distribution("notojp-matplotlib")
    return Path(str(package.locate_file("notojp_matplotlib/fonts/NotoSansCJKjp-Regular.otf")))


def needs_fallback(text: str) -> bool:
    """Tell whether a figure's text holds characters that matplotlib's own font lacks."""
    return any(not sign.isascii() and ord(sign) not in _text_characters() for sign in text)


def undrawable(text: str) -> str:
    """Return the characters of ``text`` that cannot be drawn, by code point and name.

    Returns
    -------
    As ``U+0E01 THAI CHARACTER KO KAI, U+E000``: each once, and of many the first and their count.
    Empty where all can be drawn.
    """
    wrong = [
        f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
        for character in dict.fromkeys(text)
        if not is_drawn(character)
    ]
    named = ", ".join(wrong[:_MOST_NAMED])
    return named if len(wrong) <= _MOST_NAMED else f"{named} and {len(wrong) - _MOST_NAMED} more"


def one_line(text: str) -> str:
    """Return text from outside on one line and in one Unicode form, to be drawn.

    Raises
    ------
    ValueError
        With what is expected and which characters are others.
    """
    line = unicodedata.normalize("NFC", " ".join(text.split()))
    if wrong := undrawable(line):
        raise ValueError(f"{DRAWABLE}, not {wrong}")
    return line


def is_drawn(character: str) -> bool:
    """Tell whether a character is seen in figures and PDFs where it is put."""
    if character.isascii():
        return character.isprintable()
    # Control, format and private characters draw nothing, or something else on each machine.
    if unicodedata.category(character).startswith("C"):
        return False
    if unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return False
    return ord(character) in _text_characters() or ord(character) in _characters(fallback_file())


def _text_folder() -> Path:
    return Path(str(distribution("matplotlib").locate_file("matplotlib/mpl-data/fonts/ttf")))


@cache
def _text_characters() -> frozenset[int]:
    """Return what matplotlib's own font draws, bold as well as regular."""
    regular, bold = (
        _characters(_text_folder() / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
    )
    return regular & bold


@cache
def _characters(file: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(file, lazy=True) as font:
        return frozenset(font.getBestCmap())
