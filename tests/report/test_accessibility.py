"""The report in a real browser: no serious finding of accessibility, nothing beyond the edge."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.slow

WIDTHS = {"desktop": 1280, "telephone": 390}


@pytest.fixture(scope="module")
def open_report() -> Iterator[Callable[..., Any]]:
    """A function that opens a report's page at a width, without a network."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])

        def open_page(tree: Any, width: int) -> Any:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.context.set_offline(True)
            page.goto((tree.reports / "report.html").as_uri())
            return page

        yield open_page
        browser.close()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
@pytest.mark.parametrize("name", ["study", "real_study"])
def test_axe_finds_nothing_serious(
    name: str, width: int, open_report: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_report(request.getfixturevalue(name), width)
    found = Axe().run(page).response
    assert len(found["passes"]) > 20
    serious = {
        violation["id"]: [node["html"][:200] for node in violation["nodes"][:3]]
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
    }
    page.close()
    assert serious == {}


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_the_page_never_scrolls_sideways(
    width: int, open_report: Callable[..., Any], real_study: Any
) -> None:
    page = open_report(real_study, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """() => [...document.querySelectorAll('p, h1, h2, h3, li, figcaption')]
            .filter(e => !e.closest('.table, figure, .watermark'))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.textContent.slice(0, 80))"""
    )
    page.close()
    assert wide == []
