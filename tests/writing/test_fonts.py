"""What the shipped fonts draw, and that PDFs are drawn with them."""

import unicodedata

import pytest
from drawn import font_of_characters

from osteohip.writing.documents.pdf import to_pdf
from osteohip.writing.documents.source import Source
from osteohip.writing.fonts import needs_fallback, one_line, undrawable

NAMES = "부산대학교병원 北京协和医院 ひろしま"


@pytest.mark.parametrize(
    "text",
    [
        "Asan Medical Center",
        NAMES,
        "𠮷野病院 Đà Nẵng",
        "Ιατρικό Κέντρο – Клиника",
        "ÅÄÖ’s (n ≥ 3) – 5 µGy",
        "Хирургия №1, 부산 ＡＢＣ、。",
    ],
)
def test_text_that_is_drawn(text: str) -> None:
    assert undrawable(text) == ""
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("โรงพยาบาล", "U+0E42 THAI CHARACTER SARA O, U+0E23 THAI CHARACTER RO RUA, "
                      "U+0E07 THAI CHARACTER NGO NGU and 5 more"),
        ("a🏥a🏥", "U+1F3E5 HOSPITAL"),
        ("\ue000", "U+E000"),
        ("𠮷\U000e0001", "U+E0001 LANGUAGE TAG"),
        ("א", "U+05D0 HEBREW LETTER ALEF"),
        ("م", "U+0645 ARABIC LETTER MEEM"),
        ("٣", "U+0663 ARABIC-INDIC DIGIT THREE"),
        ("a\u200bb", "U+200B ZERO WIDTH SPACE"),
        ("a\u202eb", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a\x07b", "U+0007"),
        ("अ", "U+0905 DEVANAGARI LETTER A"),
    ],
)  # fmt: skip
def test_text_that_is_not(text: str, wrong: str) -> None:
    assert undrawable(text) == wrong
    with pytest.raises(ValueError, match="not U\\+") as caught:
        one_line(text)
    assert str(caught.value).endswith(f"not {wrong}")


def test_text_comes_on_one_line_and_in_one_form() -> None:
    assert one_line(f" {unicodedata.normalize('NFD', '부산')}\n\tÅ ") == "부산 Å"


def test_every_syllable_of_korean_is_drawn() -> None:
    assert undrawable("".join(map(chr, range(0xAC00, 0xD7A4)))) == ""


@pytest.mark.parametrize(
    ("text", "needed"), [("Busan", False), ("Đà Nẵng\n≥ −1", False), ("Busan 부산", True)]
)
def test_the_fallback_is_for_what_the_font_of_the_text_lacks(text: str, needed: bool) -> None:
    assert needs_fallback(text) is needed


def test_a_pdf_draws_every_character_with_a_font_that_has_it() -> None:
    parts = (f"## In {NAMES}", f"Of {NAMES}: **{NAMES}**, `{NAMES}`.", f"| {NAMES} |\n|-|\n| 1 |")
    pdf = to_pdf(Source("\n\n".join(parts), title=NAMES, subtitle=NAMES, mark="Synthetic data"))
    drawn = font_of_characters(pdf)
    for character in NAMES.replace(" ", ""):
        assert drawn[character] == {"NotoSansCJKjp-Regular"}
    assert len(pdf) < 200_000
