"""A real browser for the pages of the kits, and what a reading kit is made of."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from osteohip.cli import app
from osteohip.errors import StudyError
from osteohip.explanation.maps import Maps, write_maps
from osteohip.files import write_arrays, write_json

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


def write_cohort(
    folder: Path, *, cases: int = 20, size: int = 32, seed: int = 8, synthetic: bool = True
) -> Path:
    """Write crops, masks, maps and facts of a cohort into a folder; the site has one case more."""
    rng = np.random.default_rng(seed)
    case_ids = np.array([f"H{case:04d}" for case in range(cases + 1)])
    crops = rng.random((cases + 1, size, size), np.float32)
    write_arrays(
        folder / "crops.npz",
        case_id=case_ids,
        pixels=crops,
        valid=np.ones(crops.shape, bool),
    )
    bone = np.tile(np.repeat([0.0, 1.0], size // 2), (cases + 1, size, 1)).astype(np.float32)
    write_arrays(folder / "masks.npz", case_id=case_ids, bone=bone, cortex=bone / 2)
    maps = Maps(
        case_ids=case_ids[:cases],
        score=rng.random(cases),
        target=rng.choice([-1, 1], cases).astype(np.int8),
        layers={name: rng.random((cases, 3, 3), np.float32) for name in ("last", "before")},
        randomised=rng.random((cases, 3, 3), np.float32),
        fraction=np.linspace(0, 1, 3, dtype=np.float32),
        deletion=rng.random((cases, 3), np.float32),
        insertion=rng.random((cases, 3), np.float32),
    )
    write_maps(folder / "maps.npz", maps)
    for facts in ("run.json", "site.json"):
        write_json(folder / facts, {"synthetic": synthetic})
    return folder


@pytest.fixture
def make_cohort(tmp_path: Path) -> Callable[..., Path]:
    """Write what the kit of a cohort is made of below the test's own folder."""

    def make(name: str = "cohort", **keywords: Any) -> Path:
        return write_cohort(tmp_path / name, **keywords)

    return make


@pytest.fixture
def run_command() -> Callable[..., str]:
    """Run a command on the facts of a cohort, by the options' names, and return what went wrong."""

    def run(command: str, cohort: Path, **options: Any) -> str:
        words = [command]
        if command != "simulate":
            words += [f"--model-facts={cohort}/run.json", f"--site-facts={cohort}/site.json"]
        for name, value in options.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                words.append(f"--{name.replace('_', '-')}={one}")
        done = CliRunner().invoke(app, words)
        if done.exception and not isinstance(done.exception, (SystemExit, StudyError)):
            raise done.exception
        return str(done.exception or "")

    return run
