"""Numbers as text, in journal style, and text from data made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MISSING = "–"
# Letters that go on one line of a telephone.
UNBROKEN = 42
# Measures that are shares although they have no counts, and the decimals of those that need other
# than three.
SHARES = ("balanced_accuracy",)
DECIMALS = {"lr_positive": 2, "lr_negative": 2, "diagnostic_odds_ratio": 1}
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Markdown(str):
    """Text that is Markdown already and is not escaped again."""

    __slots__ = ()


def escape(text: object) -> Markdown:
    """Return ``text`` as Markdown that shows just that text, whatever is in it.

    Pandoc takes a backslash before any ASCII sign as that sign. Line ends and other control
    characters, among them those that turn the reading direction, become spaces.
    """
    if isinstance(text, Markdown):
        return text
    return Markdown(_MARKUP.sub(r"\\\1", _CONTROL.sub(" ", str(text))))


def plain(text: object) -> str:
    """Return ``text`` on one line, for places that know no markup."""
    return _CONTROL.sub(" ", str(text)).strip()


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with a true minus sign; from 10,000 on with commas."""
    if value is None:
        return MISSING
    text = f"{abs(value):,.{digits}f}" if abs(value) >= 10_000 else f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text.replace(",", "")) != 0 else text


def exact(value: float) -> str:
    """Return a setting in its shortest form."""
    return f"{value:g}".replace("-", "−")


def percent(share: float | None) -> str:
    """Return a share in per cent with one decimal."""
    return MISSING if share is None else f"{number(100 * share, 1)} %"


def exact_percent(share: float) -> str:
    """Return a setting that is a share in per cent, in its shortest form."""
    return f"{exact(100 * share)} %"


def p_value(p: float | None) -> str:
    """Return a p value with its sign, in journal style: ``p = 0.12``, ``p = 0.007``, ``p < 0.001``.

    Two decimals, three below the border of two; nothing is rounded up to 1 or over a border.
    """
    if p is None:
        return f"p {MISSING}"
    if p < 0.001:
        return "p < 0.001"
    if p > 0.99:
        return "p > 0.99"
    near = 0.045 <= p < 0.055
    return f"p = {number(p, 3 if p < 0.01 or near else 2)}"


def part_of(item: Mapping[str, Any]) -> str:
    """Return a count with its share."""
    counted = number(item["k"])
    return counted if item["share"] is None else f"{counted} ({percent(item['share'])})"


def estimate(item: Mapping[str, Any], *, share: bool = False, digits: int = 3) -> str:
    """Return a statistic with its interval, a proportion in per cent with k/n.

    ``81.2 % (72.5–87.6; 82/101)`` or ``0.867 (0.790–0.921)``; what is undefined says why.

    Parameters
    ----------
    share
        Print in per cent although there are no counts.
    digits
        Decimals of what is not in per cent.
    """
    value = item["estimate"]
    if value is None:
        return f"not defined ({item['reason']})"
    proportion = item["k"] is not None
    scale, digits = (100, 1) if proportion or share else (1, digits)
    shown = percent(value) if proportion or share else number(value, digits)
    counts = f"; {number(item['k'])}/{number(item['n'])}" if proportion else ""
    if item["low"] is None:
        return f"{shown} (no interval: {item['reason']}{counts})"
    if item["high"] is None:
        low = number(scale * item["low"], digits)
        return f"{shown} ({low} and above: {item['reason']}{counts})"
    limits = interval(scale * item["low"], scale * item["high"], digits)
    return f"{shown} ({limits}{counts})"


def measure(name: str, item: Mapping[str, Any]) -> str:
    """Return a measure by its name in ``metrics.json`` with its interval, in its own decimals."""
    share = name in SHARES or "_at_" in name
    return estimate(item, share=share, digits=DECIMALS.get(name, 3))


def interval(low: float, high: float, digits: int) -> str:
    """Return the limits of an interval, with a word between where one is negative."""
    link = " to " if low < 0 or high < 0 else "–"
    return f"{number(low, digits)}{link}{number(high, digits)}"


def difference(found: Mapping[str, Any], *, percents: bool = False) -> str:
    """Return a difference with interval and p value; of shares in per cent points."""
    if found["difference"] is None:
        return f"not defined ({found['reason']})"
    scale, digits = (100, 1) if percents else (1, 3)
    shown = number(scale * found["difference"], digits)
    if found["low"] is None:
        return f"{shown} (no interval: {found['reason']})"
    limits = span(scale * found["low"], scale * found["high"], digits)
    p = f"; {p_value(found['p'])}" if found["p"] is not None else ""
    return f"{shown} ({limits}{p})"


def mean_sd(moments: Mapping[str, Any], digits: int) -> str:
    """Return mean ± standard deviation."""
    if moments["mean"] is None:
        return MISSING
    return f"{number(moments['mean'], digits)} ± {number(moments['sd'], digits)}"


def span(low: float | None, high: float | None, digits: int = 0) -> str:
    """Return a range; one value where both ends are equal."""
    if low is None or high is None:
        return MISSING
    if low == high:
        return number(low, digits)
    return interval(low, high, digits)


def plural(n: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun in the right number."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


def sequence(items: Iterable[object]) -> Markdown:
    """Return items as "a, b and c", each escaped."""
    texts = [escape(item) for item in items]
    if len(texts) < 2:
        return Markdown("".join(texts))
    return Markdown(", ".join(texts[:-1]) + " and " + texts[-1])


def capital(text: str) -> str:
    """Return ``text`` with its first letter as a capital; what is Markdown stays so."""
    changed = text[:1].upper() + text[1:]
    return Markdown(changed) if isinstance(text, Markdown) else changed


def words(code: str) -> str:
    """Return a coded value as words."""
    return code.replace("_", " ").replace("dicom", "DICOM")


def unbroken(text: object) -> Markdown:
    """Keep a number and its interval on one line, unless they would not fit into a narrow one."""
    shown = escape(text)
    return Markdown(f"[{shown}]{{.unbroken}}") if len(str(text)) <= UNBROKEN else shown
