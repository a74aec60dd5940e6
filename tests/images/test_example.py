"""The film that is shown whole: chosen by its number, and only if nothing is burnt into it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from osteohip.images import example
from osteohip.images.crop import Task
from osteohip.images.example import find_example
from osteohip.images.pixels import Box

MakeFilm = Callable[..., bytes]
PIXELS = np.random.default_rng(1).integers(0, 4096, (60, 80)).astype(np.uint16)
BOX = Box(10, 20, 50, 60)


def task(case_id: str, file: str, box: Box | None = BOX) -> Task:
    return Task(case_id, file, "", 2, "L", box, "", 60, 80)


@pytest.fixture
def site(tmp_path: Path, make_film: MakeFilm) -> Path:
    films: dict[str, dict[str, Any]] = {
        "silent": {},
        "empty": {"BurnedInAnnotation": ""},
        "yes": {"BurnedInAnnotation": "YES"},
        "no": {"BurnedInAnnotation": "NO", "PatientName": "Kim^A"},
    }
    (tmp_path / "radiographs").mkdir()
    for name, tags in films.items():
        (tmp_path / "radiographs" / name).write_bytes(make_film(PIXELS, **tags))
    return tmp_path


def opened(picture: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(picture)))


def test_the_first_case_whose_film_says_no_is_shown(site: Path) -> None:
    tasks = [
        task("H5", "no"),
        task("H4", "no", None),
        task("H6", "no"),
        *(task(f"H{i}", name) for i, name in enumerate(("silent", "empty", "yes", "gone"))),
    ]
    picture, facts = find_example(tasks, site=site)
    assert facts == {
        "rule": example.RULE,
        "case_id": "H5",
        "side": "L",
        "box": [10, 20, 50, 60],
        "rows": 60,
        "columns": 80,
        "reason": None,
    }
    shown = opened(picture)
    assert shown.shape == (60, 80)
    assert np.corrcoef(shown.ravel(), PIXELS.ravel())[0, 1] > 0.99
    assert b"Kim" not in picture


def test_a_large_film_is_made_smaller_and_its_box_with_it(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example, "LONGEST", 40)
    picture, facts = find_example([task("H1", "no")], site=site)
    assert (facts["box"], facts["rows"], facts["columns"]) == ([5, 10, 25, 30], 30, 40)
    assert opened(picture).shape == (30, 40)


def test_without_such_a_film_none_is_shown(site: Path) -> None:
    picture, facts = find_example([task("H1", "silent"), task("H2", "yes")], site=site)
    assert facts["reason"] == example.NONE_SAYS_SO
    assert {facts[name] for name in ("case_id", "side", "box", "rows", "columns")} == {None}
    assert opened(picture).shape == (240, 320)  # a sentence
