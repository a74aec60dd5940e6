"""Numbers as text: literal cases."""

from typing import Any

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteohip.writing.wording import (
    Markdown,
    capital,
    escape,
    estimate,
    exact,
    mean_sd,
    number,
    p_value,
    part_of,
    plain,
    plural,
    sequence,
    span,
)

ACCURACY = {"estimate": 82 / 101, "low": 0.72478, "high": 0.87613, "k": 82, "n": 101}
AREA = {"estimate": 0.8674, "low": 0.79, "high": 0.9206, "k": None, "n": 101}


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1012, 0, "1012"),
        (12345, 0, "12,345"),
        (-2.25, 1, "−2.2"),
        (-0.04, 1, "0.0"),
        (0.7, 3, "0.700"),
        (None, 1, "–"),
    ],
)
def test_number(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (ACCURACY, "81.2 % (72.5–87.6; 82/101)"),
        (AREA, "0.867 (0.790–0.921)"),
        (
            {"estimate": None, "low": None, "k": 0, "n": 0, "reason": "the denominator is zero"},
            "not defined (the denominator is zero)",
        ),
        (
            {"estimate": 0.25, "low": None, "k": None, "n": 4, "reason": "one case"},
            "0.250 (no interval: one case)",
        ),
        (
            {"estimate": 11.667, "low": 5.0, "high": None, "k": None, "n": 9, "reason": "no end"},
            "11.667 (5.000 and above: no end)",
        ),
        (
            {"estimate": 1.0, "low": 0.7225, "high": 1.0, "k": 10, "n": 10},
            "100.0 % (72.2–100.0; 10/10)",
        ),
    ],
)
def test_estimate(item: dict[str, Any], text: str) -> None:
    assert estimate(item) == text


def test_estimate_of_a_share_without_counts_and_with_fewer_decimals() -> None:
    assert estimate(AREA, share=True) == "86.7 % (79.0–92.1)"
    assert estimate(AREA, digits=2) == "0.87 (0.79–0.92)"


def test_other_forms() -> None:
    assert exact(5e-4) == "0.0005"
    assert exact(1e-6) == "1e−06"
    assert part_of({"k": 504, "n": 1001, "share": 504 / 1001}) == "504 (50.3 %)"
    assert part_of({"k": 0, "n": 0, "share": None}) == "0"
    assert mean_sd({"mean": -2.23, "sd": 1.3}, 1) == "−2.2 ± 1.3"
    assert mean_sd({"mean": None, "sd": None}, 1) == "–"
    assert span(2010, 2019) == "2010–2019"
    assert span(-6.5, 3.1, 1) == "−6.5 to 3.1"
    assert span(4, 4) == "4"


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 hips"), (1, "1 hip"), (2, "2 hips"), (12000, "12,000 hips")]
)
def test_plural(n: int, text: str) -> None:
    assert plural(n, "hip") == text


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c")]
)
def test_sequence(items: list[str], text: str) -> None:
    assert sequence(items) == text


def test_a_capital_keeps_the_rest_and_whether_it_is_markdown() -> None:
    assert capital("women aged 55") == "Women aged 55"
    assert capital("") == ""
    assert not isinstance(capital("at Busan"), Markdown)
    assert isinstance(capital(Markdown("at Busan")), Markdown)


def test_control_characters_become_spaces() -> None:
    assert plain("GE\n# Healthcare\x00\u202e") == "GE # Healthcare"


NASTY = st.text(alphabet=st.sampled_from("a1 <>&|*_`#[](){}\\$~^!@'\"-+=:.%\n"), min_size=1)


@given(st.lists(NASTY, min_size=20, max_size=20))
@settings(max_examples=5, deadline=None)
def test_pandoc_shows_escaped_text_as_it_is(texts: list[str]) -> None:
    source = "\n\n".join(f"x{escape(text)}x" for text in texts)
    shown = pypandoc.convert_text(
        source, "plain", format="markdown-smart", extra_args=["--wrap=none"]
    )
    expected = [" ".join(f"x{text}x".split()) for text in texts]
    found = [" ".join(line.replace("\u00a0", " ").split()) for line in shown.split("\n\n")]
    assert found == expected


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "p < 0.001"),
        (0.00099, "p < 0.001"),
        (0.001, "p = 0.001"),
        (0.0073, "p = 0.007"),
        (0.0213, "p = 0.02"),
        (0.0486, "p = 0.049"),
        (0.0504, "p = 0.050"),
        (0.845, "p = 0.84"),
        (0.9901, "p > 0.99"),
        (1.0, "p > 0.99"),
        (None, "p –"),
    ],
)
def test_p_values(p: float | None, text: str) -> None:
    assert p_value(p) == text
