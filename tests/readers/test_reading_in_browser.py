"""Two readers read their decks in a real browser by keyboard, and get the agreement they gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from osteohip.readers.deck import build_deck
from osteohip.readers.reading_page import reading_page
from osteohip.readers.readings import Deck, read_key

pytestmark = pytest.mark.slow

CASES = 20
RNG = np.random.default_rng(8)
ARRAYS = {
    "crops": RNG.random((CASES, 32, 32)),
    "valid": np.ones((CASES, 32, 32), bool),
    "maps": RNG.random((CASES, 3, 3)),
    "decoy_maps": RNG.random((CASES, 3, 3)),
}
NO, TYPED = ["H0002", "H0007", "H0011", "H0012", "H0013", "H0019"], "한글, 2"


def wanted(reader: str, case: str, kind: str) -> bool:
    """What a reader answers; Lee differs in one case, Kim in each case that comes again."""
    if kind == "decoy":
        return case.endswith(("0", "5"))
    adequate = case not in NO and not (reader == "Lee" and case == "H0003")
    return not adequate if (reader, kind) == ("Kim", "repeat") else adequate


def test_two_decks_are_read_and_give_the_agreement_of_their_answers(
    open_browser: Callable[..., Any],
    make_cohort: Callable[..., Path],
    run_command: Callable[..., str],
) -> None:
    cohort = make_cohort(cases=CASES)
    said = run_command(
        "kit",
        cohort,
        maps=cohort / "maps.npz",
        crops=cohort / "crops.npz",
        reader=("Kim", "Lee"),
        seed=1,
        out_dir=cohort / "kit",
    )
    assert said == ""
    key = cohort / "kit" / "private" / "key.csv"
    decks = read_key(key)
    for deck in decks:
        read(open_browser, cohort / "kit" / f"{deck.reader}.html", deck, cohort / "readings")
    out = cohort / "agreement.json"
    assert run_command("agree", cohort, key=key, readings=cohort / "readings", out=out) == ""
    facts = json.loads(out.read_text())
    between = facts["between"]
    assert (between["agreement"]["k"], between["agreement"]["n"]) == (19, 20)
    # Kim calls 14 adequate and Lee 13 of them; by chance they agree in (14 * 13 + 6 * 7) / 400.
    assert between["kappa"]["estimate"] == pytest.approx((0.95 - 0.56) / (1 - 0.56))
    assert (facts["adequate_by_all"]["k"], facts["adequate_by_all"]["n"]) == (13, 20)
    assert [case["case_id"] for case in facts["disagreements"]] == ["H0003"]
    for deck, found in zip(sorted(decks, key=lambda d: d.reader), facts["by_reader"], strict=True):
        assert found["reader"] == deck.reader
        decoys = [case for case, kind in deck.items if kind == "decoy"]
        kept = sum(not wanted(deck.reader, case, "decoy") for case in decoys)
        assert (found["decoys"]["k"], found["decoys"]["n"]) == (kept, 2)
        again = found["repeats"]["agreement"]
        assert (again["k"], again["n"]) == ((0 if deck.reader == "Kim" else 2), 2)
        assert set(found["reasons"]) <= {"outside the bone", "another reason", "no reason given"}
        assert sum(found["reasons"].values()) == 20 - found["adequate"]["k"]
        assert 0 <= found["seconds"] < 60
    text = "".join(path.read_text("utf-8") for path in (cohort / "readings").iterdir())
    assert TYPED in text
    assert TYPED not in out.read_text("utf-8")


def read(open_browser: Callable[..., Any], path: Path, deck: Deck, folder: Path) -> None:
    """Read a deck to its end by keyboard alone; tab and browser are closed on the way."""
    tab = open_browser(path)
    page = tab.page
    items = len(deck.items)
    for number, (case, kind) in enumerate(deck.items, start=1):
        if number == 9:
            # Back, and the answer once more; then the tab is closed in the middle.
            page.keyboard.press("b")
            said = page.locator("#said").inner_text()
            page.keyboard.press("y" if said == "Adequate" else "n")
            if said != "Adequate":
                page.wait_for_selector("#why[open]")
                page.keyboard.press("n")
            page.wait_for_function(
                "() => document.querySelector('#name').innerText.includes(' 9 ')"
            )
        if number in (9, 14):
            assert tab.errors == []
            assert tab.requests == []
            tab = tab.reopen() if number == 9 else tab.restart()
            page = tab.page
            assert page.locator("#count").inner_text() == f"{number - 1} of {items} read"
        assert page.locator("#name").inner_text() == f"Picture {number} of {items}"
        if wanted(deck.reader, case, kind):
            page.keyboard.press("y")
        else:
            page.keyboard.press("n")
            page.wait_for_selector("#why[open]")
            if kind == "decoy" or case == NO[0]:
                page.keyboard.press("6")
                page.fill("#reason", TYPED)
                page.keyboard.press("Enter")
            else:
                page.keyboard.press({"H0007": "1", "H0011": "Enter"}.get(case, "n"))
        page.locator("#count", has_text=f"{number} of {items} read").wait_for(timeout=5000)
    assert page.locator("#finished").is_visible()
    with page.expect_download() as download:
        page.keyboard.press("e")
    assert download.value.suggested_filename == f"reading-{deck.reader}-{deck.deck}.csv"
    download.value.save_as(folder / download.value.suggested_filename)
    assert tab.errors == []
    assert tab.requests == []


@pytest.fixture
def page_of(tmp_path: Path) -> Callable[..., Path]:
    """Write a deck's page."""

    def write(reader: str = "Kim", cases: int = CASES, **arrays: Any) -> Path:
        items = build_deck(cases, reader=reader, seed=1)
        text, _ = reading_page(items, **(arrays or ARRAYS), reader=reader, synthetic=True)
        path = tmp_path / f"{reader}.html"
        path.write_text(text, encoding="utf-8")
        return path

    return write


# A key with Hangul switched on, as the browser tells it.
HANGUL = """([key, code]) => {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true }));
}"""


def test_keys_are_understood_with_hangul_switched_on(
    open_browser: Callable[..., Any], page_of: Callable[..., Path]
) -> None:
    page = open_browser(page_of()).page
    page.evaluate(HANGUL, ["ㅛ", "KeyY"])
    assert page.locator("#name").inner_text().startswith("Picture 2 ")
    page.evaluate(HANGUL, ["Process", "KeyY"])
    assert page.locator("#count").inner_text().startswith("2 of")
    # A German keyboard has y and z exchanged, and means what stands on the key.
    page.evaluate(HANGUL, ["z", "KeyY"])
    assert page.locator("#count").inner_text().startswith("2 of")
    page.evaluate(HANGUL, ["y", "KeyZ"])
    assert page.locator("#count").inner_text().startswith("3 of")


def test_what_was_left_out_comes_last(
    open_browser: Callable[..., Any], page_of: Callable[..., Path]
) -> None:
    page = open_browser(page_of(), width=1920, height=1080).page
    page.keyboard.press("y")
    page.keyboard.press("ArrowRight")
    for _ in range(22):
        page.keyboard.press("y")
    assert page.locator("#name").inner_text() == "Picture 2 of 24"
    assert page.locator("#count").inner_text() == "23 of 24 read"
    assert not page.locator("#finished").is_visible()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert page.locator("#name").inner_text() == "Picture 2 of 24"
    page.keyboard.press("y")
    assert page.locator("#finished").is_visible()


def test_in_a_narrow_window_the_panel_lies_below_the_pictures(
    open_browser: Callable[..., Any], page_of: Callable[..., Path]
) -> None:
    page = open_browser(page_of(), width=390, height=844).page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    pictures, side, no = (page.locator(f).bounding_box() for f in ("#pictures", "#side", "#no"))
    assert side["y"] >= pictures["y"] + pictures["height"]
    assert no["y"] + no["height"] <= 844
    frames = [frame.bounding_box() for frame in page.locator(".frame").all()]
    assert all(frame["width"] == pytest.approx(frame["height"]) for frame in frames)
    for part in ("#count", "#export", *(f".frame >> nth={i}" for i in range(len(frames)))):
        box = page.locator(part).bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390


def test_a_simulated_readers_deck_says_so(
    open_browser: Callable[..., Any], page_of: Callable[..., Path]
) -> None:
    page = open_browser(page_of("simulated-1")).page
    assert "a simulated reader's" in page.locator("#simulated").inner_text()
    assert open_browser(page_of("Kim")).page.locator("#simulated").count() == 0


def test_a_thousand_cases_open_and_stay_quick(
    open_browser: Callable[..., Any], page_of: Callable[..., Path]
) -> None:
    """Crops of photographs do not compress, so that this deck is larger than any of films."""
    arrays = {
        "crops": RNG.random((1000, 96, 96), np.float32),
        "valid": np.ones((1000, 96, 96), bool),
        "maps": RNG.random((1000, 6, 6)),
        "decoy_maps": RNG.random((1000, 6, 6)),
    }
    tab = open_browser(page_of(cases=1000, **arrays))
    page = tab.page
    assert page.locator("#name").inner_text() == "Picture 1 of 1200"
    took = page.evaluate(
        """async () => {
          const images = [...document.querySelectorAll(".frame img")];
          const shown = () => Promise.all(images.map((image) => image.decode()));
          const start = performance.now();
          for (let i = 0; i < 50; i += 1) {
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "y", bubbles: true }));
            await shown();
          }
          return (performance.now() - start) / 50;
        }"""
    )
    assert page.locator("#count").inner_text() == "50 of 1200 read"
    assert took < 200  # ms from the key to the next picture; some 5 where nothing else runs
    assert tab.errors == []


def test_heat_can_be_taken_away_and_looked_into(
    open_browser: Callable[..., Any], page_of: Callable[..., Path]
) -> None:
    path = page_of()
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
    assert page.locator("#name").inner_text() == "Picture 2 of 24"
    page.keyboard.press("r")
    assert "Answer first" in page.locator("#message").inner_text()


def test_two_tabs_of_one_deck_do_not_lose_answers(
    open_browser: Callable[..., Any], page_of: Callable[..., Path]
) -> None:
    path = page_of()
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
