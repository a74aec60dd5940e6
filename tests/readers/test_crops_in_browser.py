"""A doctor marks crops in a real browser: what is drawn is what crops.csv gets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from osteohip.cli import app

pytestmark = pytest.mark.slow

Open = Callable[..., Any]
MakeFilm = Callable[..., bytes]
MakeSite = Callable[..., Path]

HEADER = ["sop_instance_uid", "side", "x0", "y0", "x1", "y1", "status", "reason", "annotator"]


def osteohip(*words: object) -> str:
    done = CliRunner().invoke(app, ["site", *(str(word) for word in words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def picture(rows: int, columns: int, *, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(100, 4000, (rows, columns)).astype(np.uint16)


@pytest.fixture
def site(make_site: MakeSite, make_film: MakeFilm) -> Path:
    """A left hip, a right hip and a pelvis, with nothing marked."""
    films = {
        "a.dcm": make_film(picture(480, 400, seed=1)),
        "b.dcm": make_film(picture(500, 420, seed=2), SOPInstanceUID="2.25.2", ImageLaterality="R"),
        "c.dcm": make_film(
            picture(400, 700, seed=3),
            SOPInstanceUID="2.25.3",
            ImageLaterality="B",
            BodyPartExamined="PELVIS",
        ),
    }
    return make_site(radiographs=films, crops=None)


class Doctor:
    """Hands on the page: the mouse is told pixels of the film, and keys."""

    def __init__(self, tab: Any):
        self.page = tab.page

    @property
    def zoom(self) -> float:
        """Screen pixels for one of the film."""
        return self.page.evaluate(
            "(i => i.getBoundingClientRect().width / i.naturalWidth)"
            "(document.querySelector('#stage img'))"
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        left, top = self.page.evaluate(
            "(r => [r.left, r.top])(document.querySelector('#stage img').getBoundingClientRect())"
        )
        return left + x * self.zoom, top + y * self.zoom

    def drag(self, start: tuple[float, float], end: tuple[float, float], **button: str) -> None:
        self.page.mouse.move(*self.at(*start))
        target = self.at(*end)
        self.page.mouse.down(**button)
        self.page.mouse.move(*target, steps=3)
        self.page.mouse.up(**button)

    def keys(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def notes(self, text: str) -> None:
        """Wait for a note; a dialog closes a moment after its key."""
        self.page.wait_for_function(
            "text => document.querySelector('#note').textContent === text", arg=text, timeout=5000
        )

    def where(self) -> str:
        return self.page.locator("#where").inner_text()

    def sign(self, name: str) -> None:
        self.page.fill("#initials", name)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(
            "name => document.querySelector('#annotator').textContent === `Marked by ${name}`",
            arg=name,
        )

    def export(self, folder: Path) -> Path:
        with self.page.expect_download() as download:
            self.page.keyboard.press("e")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_boxes_come_back_exactly(site: Path, open_browser: Open, tmp_path: Path) -> None:
    osteohip("crops", site, "--all-films")
    page = site / "crops-pages" / "page-001.html"
    tab = open_browser(page)
    doctor = Doctor(tab)
    doctor.sign('Kim, "J"')
    assert tab.page.locator("#count").inner_text() == "0 of 4 marked"
    assert tab.page.locator("#name").inner_text() == "Left hip"

    # The left hip at 1:1; names stand outside the right borders.
    doctor.keys("1")
    assert doctor.zoom == 1
    doctor.drag((101, 57), (303, 401))
    assert doctor.where().startswith("x 101 to 303, y 57 to 401")
    edges = {
        name: tab.page.locator(f"#border-{name}").bounding_box()
        for name in ("superior", "inferior", "medial", "lateral")
    }
    left, top = doctor.at(101, 57)
    right, bottom = doctor.at(303, 401)
    assert edges["lateral"]["x"] > right
    assert edges["medial"]["x"] + edges["medial"]["width"] < left
    assert edges["superior"]["y"] < top
    assert edges["inferior"]["y"] > bottom - edges["inferior"]["height"]

    # The right hip at 2:1: drawn backwards, moved, an edge and a corner dragged, then by keys.
    doctor.keys("n", "1", "+")
    assert doctor.zoom == 2
    assert tab.page.locator("#name").inner_text() == "Right hip"
    doctor.drag((261, 351), (153, 203))
    assert doctor.where().startswith("x 153 to 261, y 203 to 351")
    doctor.drag((200, 270), (207, 259))
    assert doctor.where().startswith("x 160 to 268, y 192 to 340")
    doctor.drag((160, 260), (151, 260))
    doctor.drag((268, 340), (277, 331))
    assert doctor.where().startswith("x 151 to 277, y 192 to 331")
    doctor.keys("ArrowRight", "Control+ArrowUp", "Shift+ArrowDown", "Control+Shift+ArrowLeft")
    assert doctor.where().startswith("x 152 to 268, y 182 to 322")
    doctor.keys("z")
    assert doctor.where().startswith("x 152 to 278, y 182 to 322")
    lateral = tab.page.locator("#border-lateral").bounding_box()
    assert lateral["x"] + lateral["width"] < doctor.at(152, 182)[0]

    # Closed in the middle, and taken up again.
    assert tab.errors == []
    assert tab.requests == []
    tab = tab.reopen()
    doctor = Doctor(tab)
    assert tab.page.locator("#who").is_hidden()
    assert tab.page.locator("#count").inner_text() == "2 of 4 marked"

    # The pelvis, half the size on the screen; the film is shifted before the box is drawn.
    assert tab.page.locator("#name").inner_text() == "Right hip"
    doctor.keys("1", "-")
    assert doctor.zoom == 0.5
    doctor.drag((300, 300), (360, 320), button="right")
    doctor.drag((60, 80), (282, 344))
    assert doctor.where().startswith("x 60 to 282, y 80 to 344")

    # Its left hip cannot be cropped: a word of the list, then a reason of one's own.
    doctor.keys("n", "u", "3")
    doctor.notes("Cannot be cropped: incomplete")
    doctor.keys("u", "5")
    tab.page.fill("#reason", "한글, <b>cut</b>")
    doctor.keys("Enter")
    doctor.notes("Cannot be cropped: 한글, <b>cut</b>")
    assert tab.page.locator("#count").inner_text() == "4 of 4 marked"

    export = doctor.export(tmp_path)
    assert export.name == "crops.csv"
    assert rows(export) == [
        HEADER,
        ["2.25.1", "L", "101", "57", "303", "401", "cropped", "", 'Kim, "J"'],
        ["2.25.2", "R", "152", "182", "278", "322", "cropped", "", 'Kim, "J"'],
        ["2.25.3", "R", "60", "80", "282", "344", "cropped", "", 'Kim, "J"'],
        ["2.25.3", "L", "", "", "", "", "uncroppable", "한글, <b>cut</b>", 'Kim, "J"'],
    ]
    assert tab.errors == []
    assert tab.requests == []

    said = osteohip("crops", site, export, "--collect")
    assert "4 rows added, 0 replaced, 0 unchanged; 0 hips of the pages have no row" in said
    assert (site / "crops.csv").read_bytes() == export.read_bytes()
    osteohip("check", site)


def test_boxes_of_crops_csv_are_adjusted(site: Path, open_browser: Open, tmp_path: Path) -> None:
    header = ",".join(HEADER)
    given = "2.25.1,L,20,30,220,330,cropped,,Ann\n2.25.2,R,,,,,uncroppable,quality,Ann\n"
    (site / "crops.csv").write_text(f"{header}\n{given}", encoding="utf-8")
    osteohip("crops", site, "--all-films", "--films-per-page", "2")
    tab = open_browser(site / "crops-pages" / "index.html")
    tab.page.click("text=page 1")
    doctor = Doctor(tab)
    doctor.sign("Bo")
    assert tab.page.locator("#count").inner_text() == "2 of 2 marked"
    assert doctor.where().startswith("x 20 to 220, y 30 to 330")
    doctor.keys("n")
    doctor.notes("Cannot be cropped: quality")
    doctor.keys("p", "Shift+ArrowRight", "n")
    export = doctor.export(tmp_path)
    assert export.name == "crops-001.csv"
    assert rows(export)[1:] == [
        ["2.25.1", "L", "20", "30", "221", "330", "cropped", "", "Bo"],
        ["2.25.2", "R", "", "", "", "", "uncroppable", "quality", "Ann"],
    ]
    osteohip("crops", site, "--collect", "--replace", export)
    osteohip("check", site)
    # Pages written anew begin with the row as it is now, not with what the browser kept.
    osteohip("crops", site, "--all-films", "--films-per-page", "2")
    tab.page.goto((site / "crops-pages" / "page-001.html").as_uri())
    assert doctor.where().startswith("x 20 to 221, y 30 to 330")
    assert "marked by Bo" in tab.page.locator("#film").inner_text()
    assert tab.errors == []
    assert tab.requests == []


def test_a_browser_that_keeps_nothing_is_told_of(
    site: Path, open_browser: Open, tmp_path: Path
) -> None:
    osteohip("crops", site, "--all-films")
    tab = open_browser(site / "crops-pages" / "page-001.html")
    doctor = Doctor(tab)
    doctor.sign("A")
    assert tab.page.locator("#warning").is_hidden()
    tab.page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error(); }; }")
    doctor.keys("b")
    assert "Export before you close it" in tab.page.locator("#warning").inner_text()
    # The left film has 400 columns and 480 rows; a third of it, in the middle.
    assert rows(doctor.export(tmp_path))[1:] == [
        ["2.25.1", "L", "133", "160", "266", "320", "cropped", "", "A"]
    ]


def test_text_of_the_site_is_shown_and_never_run(
    make_site: MakeSite, make_film: MakeFilm, open_browser: Open
) -> None:
    bad = "</script><img src=x onerror=alert(1)>"
    name = bad.replace("/", "_")
    site = make_site(
        radiographs={f"{name}.dcm": make_film(picture(60, 80, seed=1))},
        site_yaml=f"name: '{bad}'\n",
        crops=f"{','.join(HEADER)}\n2.25.1,L,,,,,uncroppable,{bad},{bad}\n",
    )
    osteohip("crops", site)
    tab = open_browser(site / "crops-pages" / "page-001.html")
    doctor = Doctor(tab)
    doctor.sign("A")
    assert tab.page.locator("h1").inner_text() == f"Crops · {bad}"
    doctor.notes(f"Cannot be cropped: {bad}")
    assert name in tab.page.locator("#film").inner_text()
    assert tab.errors == []
    assert tab.requests == []
