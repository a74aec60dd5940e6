"""A real browser for the pages of the kits, and what a reading kit is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real_browser import open_browser
from typer.testing import CliRunner

from osteohip.cli import app
from osteohip.errors import StudyError
from osteohip.explanation.maps import Maps, write_maps
from osteohip.files import write_arrays, write_json

__all__ = ["open_browser"]


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
