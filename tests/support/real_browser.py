"""A real browser: Chromium without a window, and what its tabs complain of."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Tab:
    """One tab of the browser with what it complained of and asked the network for."""

    page: Any
    context: Any
    launch: Callable[[], Any]
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def reopen(self) -> Tab:
        """Close the tab and open its page in a new one of the same browser."""
        url = self.page.url
        self.page.close()
        # What a tab kept reaches others a moment later; nobody opens a page faster.
        time.sleep(1)
        return open_tab(self.context, url, self.launch)

    def restart(self) -> Tab:
        """Close the whole browser and open the page again, with what the browser kept."""
        url = self.page.url
        self.context.close()
        self.context = self.launch()
        return open_tab(self.context, url, self.launch)

    def another(self) -> Tab:
        """Open the same page in a second tab."""
        return open_tab(self.context, self.page.url, self.launch)


def open_tab(context: Any, url: str, launch: Callable[[], Any]) -> Tab:
    tab = Tab(context.new_page(), context, launch)
    tab.page.on("console", lambda m: tab.errors.append(m.text) if m.type != "log" else None)
    tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))

    def note(request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            tab.requests.append(request.url)

    tab.page.on("request", note)
    tab.page.goto(url)
    # A browser that just started shows its own first tab for a moment, which would get the keys.
    tab.page.bring_to_front()
    tab.page.wait_for_function("() => document.hasFocus()")
    return tab


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    """A function that starts Chromium with an empty profile and opens a file in it."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium (Debian's package chromium) is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        contexts = []
        profiles = count()

        def start(path: Path, *, width: int = 1280, height: int = 800) -> Tab:
            profile = tmp_path / f"profile-{next(profiles)}"

            def launch() -> Any:
                context = driver.chromium.launch_persistent_context(
                    profile,
                    executable_path=program,
                    args=list(FLAGS),
                    viewport={"width": width, "height": height},
                    accept_downloads=True,
                )
                contexts.append(context)
                return context

            return open_tab(launch(), path.as_uri(), launch)

        yield start
        for context in contexts:
            context.close()
