"""Two readers read their decks in a real browser by keyboard, and get the agreement they gave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from osteohip.files import write_csv
from osteohip.readers.deck import build_deck
from osteohip.readers.reading_page import reading_page
from osteohip.readers.readings import agreement_facts, key_table, read_exports, read_key

pytestmark = pytest.mark.slow

CASES = 20
RNG = np.random.default_rng(8)
ARRAYS = {
    "crops": RNG.random((CASES, 32, 32)),
    "valid": np.ones((CASES, 32, 32), bool),
    "maps": RNG.random((CASES, 32, 32)),
    "decoy_maps": RNG.random((CASES, 32, 32)),
}
IDS = [f"H{case:04d}" for case in range(CASES)]


def wanted(reader: str, case: int, kind: str) -> bool:
    """What a reader answers: Lee differs in case 3, Kim in the repeats of even cases."""
    if kind == "decoy":
        return case % 5 == 0
    if kind == "repeat" and reader == "Kim" and case % 2 == 0:
        return case % 4 == 1
    return case % 4 != 1 and not (reader == "Lee" and case == 3)


def test_two_decks_are_read(open_browser: Callable[..., Any], tmp_path: Path) -> None:
    decks, exports = [], []
    for reader in ("Kim", "Lee"):
        items = build_deck(CASES, reader=reader, seed=1)
        text, deck = reading_page(items, **ARRAYS, reader=reader, synthetic=True)
        path = tmp_path / f"{reader}.html"
        path.write_text(text, encoding="utf-8")
        write_csv(tmp_path / "key.csv", key_table(deck, reader, items, IDS))
        decks += read_key(tmp_path / "key.csv")
        exports.append(read(open_browser, path, reader, items, tmp_path))
    readings = read_exports(exports, decks)
    assert {(r.reader, r.case_id, r.kind): r.adequate for r in readings} == {
        (reader, IDS[item.case], item.kind): wanted(reader, item.case, item.kind)
        for reader in ("Kim", "Lee")
        for item in build_deck(CASES, reader=reader, seed=1)
    }
    assert {r.reason for r in readings if not r.adequate} == {"", "outside the bone", "한글, 2"}
    assert all(0 <= r.seconds < 60 for r in readings)
    facts = agreement_facts(readings)
    assert (facts["between"]["agreement"]["k"], facts["between"]["n"]) == (19, 20)
    assert [case["case_id"] for case in facts["disagreements"]] == ["H0003"]


def read(
    open_browser: Callable[..., Any], path: Path, reader: str, items: list[Any], folder: Path
) -> Path:
    tab = open_browser(path)
    page = tab.page
    for number, item in enumerate(items, start=1):
        if number == 9:
            # Back to change an answer and again; then the tab is closed in the middle.
            page.keyboard.press("b")
            said = page.locator("#said").inner_text()
            page.keyboard.press("y" if said == "Adequate" else "n")
            if said != "Adequate":
                page.wait_for_selector("#why[open]")
                page.keyboard.press("Enter")
            page.wait_for_function(
                "() => document.querySelector('#name').innerText.includes('9 of')"
            )
            assert tab.errors == []
            assert tab.requests == []
            tab = tab.reopen()
            page = tab.page
            assert page.locator("#count").inner_text() == f"8 of {len(items)} read"
        assert page.locator("#name").inner_text() == f"Picture {number} of {len(items)}"
        if wanted(reader, item.case, item.kind):
            page.keyboard.press("y")
        else:
            page.keyboard.press("n")
            page.wait_for_selector("#why[open]")
            if number == len(items) or item.kind == "decoy":
                page.keyboard.press("6")
                page.fill("#reason", "한글, 2")
                page.keyboard.press("Enter")
            else:
                page.keyboard.press("1" if item.case % 8 == 1 else "Enter")
            page.wait_for_function(
                "n => document.querySelector('#count').innerText.startsWith(n + ' of')", arg=number
            )
    assert page.locator("#finished").is_visible()
    with page.expect_download() as download:
        page.keyboard.press("e")
    export = folder / f"{reader}-{download.value.suggested_filename}"
    download.value.save_as(export)
    assert tab.errors == []
    assert tab.requests == []
    return export


def test_heat_can_be_taken_away_and_looked_into(
    open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    items = build_deck(CASES, reader="Kim", seed=1)
    path = tmp_path / "Kim.html"
    path.write_text(reading_page(items, **ARRAYS, reader="Kim", synthetic=False)[0], "utf-8")
    page = open_browser(path).page

    def opacity() -> float:
        return float(page.evaluate("getComputedStyle(document.querySelector('#heat')).opacity"))

    before = opacity()
    page.keyboard.press(".")
    assert opacity() == pytest.approx(before + 0.1)
    page.keyboard.down("Space")
    assert opacity() == 0
    page.keyboard.up("Space")
    assert opacity() == pytest.approx(before + 0.1)
    frame = page.locator(".frame").last.bounding_box()
    page.mouse.move(frame["x"] + 2, frame["y"] + 2)
    page.mouse.wheel(0, -100)
    page.wait_for_function("() => document.querySelector('#zoom').value > 100")
    # What was under the mouse stays there, in both pictures.
    for image in page.locator(".frame img").all():
        assert image.bounding_box()["width"] == pytest.approx(1.2 * frame["width"], rel=0.01)
    assert page.locator("#heat").bounding_box()["x"] == pytest.approx(frame["x"], abs=1)
    page.keyboard.press("0")
    assert page.locator("#heat").bounding_box() == pytest.approx(frame, abs=1)
    page.keyboard.press("ArrowRight")
    assert page.locator("#name").inner_text() == f"Picture 2 of {len(items)}"
    page.keyboard.press("r")
    assert "Answer first" in page.locator("#message").inner_text()


def test_two_tabs_of_one_deck_do_not_lose_answers(
    open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    items = build_deck(CASES, reader="Kim", seed=1)
    path = tmp_path / "Kim.html"
    path.write_text(reading_page(items, **ARRAYS, reader="Kim", synthetic=False)[0], "utf-8")
    one = open_browser(path)
    two = one.another()
    one.page.keyboard.press("ArrowRight")
    for read, tab in enumerate((one, two, one), start=1):
        tab.page.keyboard.press("y")
        for either in (one, two):
            either.page.wait_for_function(
                "n => document.querySelector('#count').innerText.startsWith(n + ' of')",
                arg=read,
                timeout=10000,
            )
