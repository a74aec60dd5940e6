from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from osteohip.explanation.colours import colours
from osteohip.readers.deck import Item
from osteohip.readers.question import QUESTION
from osteohip.readers.reading_page import encode_heat, reading_page

RNG = np.random.default_rng(5)
CROPS = RNG.random((3, 32, 32)).astype(np.float32)
VALID = np.ones((3, 32, 32), bool)
MAPS = RNG.random((3, 32, 32))
DECOYS = RNG.random((3, 32, 32))
ITEMS = [Item(1, "case"), Item(1, "decoy"), Item(0, "case"), Item(2, "case"), Item(1, "repeat")]


def page(reader: str = "Kim", **changes: object) -> tuple[str, str]:
    given = {"crops": CROPS, "valid": VALID, "maps": MAPS, "decoy_maps": DECOYS} | changes
    return reading_page(ITEMS, reader=reader, synthetic=False, **given)


def pictures(text: str, kind: str) -> list[bytes]:
    found = re.findall(rf'id="{kind}-(\d+)">([^<]*)<', text)
    assert [number for number, _ in found] == ["1", "2", "3", "4", "5"]
    return [base64.b64decode(content) for _, content in found]


def test_heat_is_scaled_to_its_maximum() -> None:
    heat = np.array([[0.0, 0.1], [0.2, 0.4]])
    shown = np.asarray(Image.open(io.BytesIO(encode_heat(heat))).convert("RGB"))
    assert shown.tolist() == colours()[[[0, 64], [128, 255]]].tolist()
    nothing = np.asarray(Image.open(io.BytesIO(encode_heat(np.zeros((2, 2))))).convert("RGB"))
    assert nothing.tolist() == colours()[[[0, 0], [0, 0]]].tolist()
    # Perceptually uniform colours rise in lightness all the way.
    lightness = colours() @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > -0.5).all()


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_heat_that_is_none(bad: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        encode_heat(np.array([[0.0, bad]]))


def test_pictures_are_those_of_the_items() -> None:
    text, _ = page()
    crops, heats = pictures(text, "crop"), pictures(text, "heat")
    assert heats == [encode_heat(m) for m in (MAPS[1], DECOYS[1], MAPS[0], MAPS[2], MAPS[1])]
    assert crops[0] == crops[1] == crops[4]
    assert len(set(crops)) == 3


def test_the_page_says_nothing_of_cases_and_kinds() -> None:
    """Five cases that look like the five items make the same page, byte for byte."""
    order = [item.case for item in ITEMS]
    maps = MAPS[order]
    maps[1] = DECOYS[1]
    plain = reading_page(
        [Item(case, "case") for case in range(5)],
        crops=CROPS[order],
        valid=VALID[order],
        maps=maps,
        decoy_maps=maps,
        reader="Kim",
        synthetic=False,
    )
    assert page() == plain


def test_a_deck_is_known_by_all_that_it_shows() -> None:
    text, deck = page()
    assert page() == (text, deck)
    assert deck in text
    assert page(reader="Lee")[1] != deck
    assert page(decoy_maps=MAPS)[1] != deck
    assert f'<p id="question">{QUESTION}</p>' in page()[0]
    assert "&lt;b&gt;" in page(reader="<b>")[0]
