"""Supplements S1 and S2: every hip once, by outcome, offline, and fluid with a thousand of them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn import font_of_characters
from explained_study import write_explained
from PIL import Image
from pypdf import PdfReader

from osteohip.explanation.overlays import side_of
from osteohip.report.command import supplement
from osteohip.report.supplements.content import (
    LEAST_SIDE,
    ZERO,
    Hip,
    Part,
    Supplement,
    lines_of,
    picture,
)
from osteohip.report.supplements.page import supplement_page
from osteohip.report.supplements.pdf import supplement_pdf

ROW = {"target": 1, "score": 0.9, "zero": "no", "heat_bone": 0.5, "area_bone": 0.25}
OUTCOMES = ("TP", "FP", "FN", "TN")


def made_up(hips: int, *, name: str = "A hospital", synthetic: bool = True) -> Supplement:
    """A supplement of hips whose pictures are noise."""
    rng = np.random.default_rng(3)
    pictures = [
        (
            picture(rng.integers(0, 255, (192, 192), np.uint8), synthetic=synthetic),
            picture(rng.integers(0, 255, (192, 192, 3), np.uint8), synthetic=synthetic),
        )
        for _ in range(8)
    ]
    found = [
        Hip(
            f"H{i:04d}",
            OUTCOMES[i * 4 // hips],
            ("score 0.500, map of the logit",),
            *pictures[i % 8],
        )
        for i in range(hips)
        for both in [pictures[i % 8]]
    ]
    return Supplement("S2", "Hips", (Part("busan", name, synthetic, tuple(found)),), 192)


def write_supplements(tree: Any) -> Path:
    results = tree.root / "results"
    supplement(
        explanation=tree.explanation,
        model_facts=results / "model" / "run.json",
        development=results / "sites" / "development" if tree.development else None,
        external=tree.externals,
        out_dir=tree.reports,
    )
    return tree.reports


@pytest.fixture(scope="module")
def explained(write_study: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A synthetic study with maps and two external sites. Not to be changed."""
    tree = write_study(tmp_path_factory.mktemp("explained"), externals=("<b>Busan", "Daegu"))
    write_explained(tree)
    write_supplements(tree)
    return tree


def outcomes_of(page: str) -> dict[str, str]:
    """The outcome under whose heading each hip of a page stands."""
    found = {}
    for section in page.split("<section")[1:]:
        heading = re.search(r"<h3[^>]*>([^:]+):", section)[1]
        for case in re.findall(r"<strong>([^<]+)</strong>", section):
            assert case not in found
            found[case] = heading
    return found


def test_every_hip_stands_once_under_its_outcome(explained: Any) -> None:
    names = {"TP": "True positive", "FP": "False positive", "FN": "False negative"}
    names["TN"] = "True negative"
    for key, cohorts in (("S1", ["test"]), ("S2", ["external", "external1"])):
        tables = [pd.read_csv(explained.explanation / c / "attention.csv") for c in cohorts]
        rows = pd.concat([table[table["layer"] == "block5_conv3"] for table in tables])
        expected = {row.case_id: names[row.outcome] for row in rows.itertuples()}
        page = (explained.reports / f"supplement-{key}.html").read_text()
        assert outcomes_of(page) == expected
        assert page.count("<img") == 2 * len(rows)
        assert page.count('alt="Map over the crop of hip') == len(rows)
        assert "Synthetic data" in page
        text = "".join(
            p.extract_text() for p in PdfReader(explained.reports / f"supplement-{key}.pdf").pages
        )
        assert all(case in text for case in expected)
        assert "SYNTHETIC DATA" in text


def test_pages_load_nothing_and_escape_what_sites_say(explained: Any) -> None:
    page = (explained.reports / "supplement-S2.html").read_text()
    assert "<b>Busan" not in page
    assert "&lt;b&gt;Busan" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page
    for cohort in ("external", "external1"):
        for outcome in OUTCOMES:
            assert f'href="#{cohort}-{outcome}"' in page
            assert f'id="{cohort}-{outcome}"' in page


def test_zero_maps_are_counted_and_named(explained: Any) -> None:
    page = (explained.reports / "supplement-S1.html").read_text()
    assert "1 map is 0 everywhere, and says so." in page
    assert page.count(f"<span>{ZERO}</span>") == 1


def test_the_same_again_and_no_supplement_of_another_study(
    explained: Any, write_study: Any, tmp_path: Path
) -> None:
    again = write_study(tmp_path, externals=("<b>Busan", "Daegu"))
    write_explained(again)
    write_supplements(again)
    names = sorted(path.name for path in again.reports.glob("supplement-*"))
    assert names == [f"supplement-S{i}.{kind}" for i in (1, 2) for kind in ("html", "pdf")]
    for name in names:
        assert (again.reports / name).read_bytes() == (explained.reports / name).read_bytes()
    again.development = False  # as where a model is received
    write_supplements(again)
    assert [path.name for path in sorted(again.reports.glob("supplement-*"))] == names[2:]


def test_what_stands_below_a_hip() -> None:
    assert lines_of(ROW) == [
        "score 0.900, map of the logit",
        "50.0 % of heat on bone, 25.0 % of area",
    ]
    assert lines_of(ROW | {"target": -1, "zero": "yes"}) == [
        "score 0.900, map of the negated logit",
        ZERO,
    ]
    assert lines_of(ROW | {"heat_bone": float("nan")}) == ["score 0.900, map of the logit"]


def test_pictures_are_marked_where_they_are_synthetic() -> None:
    grey = np.full((192, 192), 90, np.uint8)
    plain, marked = (
        np.asarray(Image.open(io.BytesIO(picture(grey, synthetic=s)))) for s in (False, True)
    )
    assert plain.min() == plain.max()
    assert marked[-20:].max() > 200
    sides = tuple(side_of(size, least=LEAST_SIDE) for size in (96, 224, 32))
    assert sides == (192, 224, 192)


def test_films_of_patients_are_not_marked() -> None:
    page = supplement_page(made_up(4, synthetic=False))
    assert "ynthetic" not in page
    pages = PdfReader(io.BytesIO(supplement_pdf(made_up(4, synthetic=False)))).pages
    assert "ynthetic" not in pages[0].extract_text()


def test_a_name_in_hangul_is_drawn_on_paper() -> None:
    drawn = font_of_characters(supplement_pdf(made_up(4, name="부산대학교병원")))
    assert {font for c in "부산대학교병원" for font in drawn[c]} == {"NotoSansCJKjp-Regular"}


LONG_TASKS = """() => {
    window.long = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.long.push(entry.duration);
    }).observe({entryTypes: ["longtask"]});
}"""
SCROLL = """async () => {
    const frames = [];
    let before = performance.now();
    const step = Math.ceil(document.documentElement.scrollHeight / 120);
    for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
        window.scrollTo({top: y, behavior: "instant"});
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        frames.push(now - before);
        before = now;
    }
    frames.sort((a, b) => a - b);
    return {median: frames[frames.length >> 1], frames: frames.length};
}"""


@pytest.mark.slow
def test_a_thousand_hips_open_at_once_and_scroll_without_long_tasks(
    open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "supplement-S2.html"
    path.write_text(supplement_page(made_up(1000)), encoding="utf-8")
    tab = open_browser(path)
    timing = tab.page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert timing < 4000
    tab.page.evaluate(LONG_TASKS)
    scrolled = tab.page.evaluate(SCROLL)
    assert scrolled["frames"] >= 100
    assert scrolled["median"] < 50
    long = tab.page.evaluate("() => window.long")
    assert sum(duration > 200 for duration in long) == 0, long
    # By keyboard alone: the fourth link leads to the true negatives.
    tab.page.evaluate("() => window.scrollTo(0, 0)")
    for _ in range(4):
        tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_timeout(300)
    place = tab.page.evaluate("() => document.getElementById('busan-TN').getBoundingClientRect().y")
    assert 0 <= place < 200
    assert tab.page.evaluate("() => document.activeElement.id") == "busan-TN"
    assert tab.errors == []
    assert tab.requests == []
