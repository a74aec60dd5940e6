"""Small cases that the tests of the model and its explanation share; nothing needs a GPU."""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from osteohip.config import Images, settings_json
from osteohip.files import write_arrays, write_csv, write_json
from osteohip.model.cases import Cases
from osteohip.model.command import train
from osteohip.model.determinism import prepare_backend

SIZE = 32


@pytest.fixture(scope="session", autouse=True)
def backend() -> None:
    """Make Keras ready once, as a command does."""
    prepare_backend(device="cpu", seed=0)


def easy_cases(n: int, *, seed: int) -> Cases:
    """Crops with a bright bar whose width tells the label, on noise, at any exposure."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    columns = np.abs(np.arange(SIZE) - rng.uniform(12, 20, (n, 1)))
    bars = columns < np.where(labels == 1, 3, 8)[:, None]
    pixels = np.repeat(bars[:, None, :], SIZE, axis=1) + 0.1 * rng.normal(size=(n, SIZE, SIZE))
    pixels = pixels * rng.uniform(100, 300, (n, 1, 1)) + rng.uniform(0, 2000, (n, 1, 1))
    valid = np.ones((n, SIZE, SIZE), dtype=bool)
    valid[::3, :4] = False
    case_ids = np.array([f"case{i:03d}" for i in range(n)])
    return Cases(case_ids, labels, pixels.astype(np.float32), valid)


@pytest.fixture(scope="session")
def training_cases() -> Cases:
    return easy_cases(64, seed=1)


@pytest.fixture(scope="session")
def validation_cases() -> Cases:
    return easy_cases(32, seed=2)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a small synthetic development site: crops, cohort, split, facts."""
    folder = tmp_path_factory.mktemp("site")
    cases = easy_cases(64, seed=3)
    n = len(cases)
    write_arrays(
        folder / "crops.npz",
        case_id=cases.case_ids,
        pixels=cases.pixels,
        valid=cases.valid,
        settings=np.array(settings_json(Images(size=SIZE))),
    )
    rng = np.random.default_rng(4)
    cohort = pd.DataFrame(
        {
            "case_id": [*cases.case_ids, "uncropped"],
            "side": ["R", "L"] * (n // 2) + ["R"],
            "age_years": rng.uniform(55, 90, n + 1).round(1),
            "t_score": rng.normal(-2.2, 1.3, n + 1).round(1),
            "label": [*cases.labels, 1],
            "manufacturer": "Maker",
            "model_name": ["A"] * (n - 3) + ["B"] * 4,
        }
    )
    write_csv(folder / "cohort.csv", cohort)
    parts = ["training"] * 48 + ["validation"] * 8 + ["test"] * 8
    write_csv(folder / "split.csv", pd.DataFrame({"case_id": cases.case_ids, "part": parts}))
    write_json(folder / "site.json", {"id": "development", "synthetic": True})
    return folder


@pytest.fixture(scope="session")
def train_at(site: Path) -> Callable[..., None]:
    """Train a small network on the site into a folder, as the command does."""

    def train_into(folder: Path, **changed: Any) -> None:
        options: dict[str, Any] = {
            "crops": site / "crops.npz",
            "cohort": site / "cohort.csv",
            "split": site / "split.csv",
            "site_facts": site / "site.json",
            "out_dir": folder,
            "checkpoint": folder.parent / f"{folder.name}.npz",
            "speed_out": folder.parent / f"{folder.name}.speed.json",
            "network": '{"width": 0.0625, "dropout": 0.2}',
            "training": '{"epochs": 2}',
            "images": f'{{"size": {SIZE}}}',
            "seed": 7,
        }
        train(**(options | changed))

    return train_into


@pytest.fixture(scope="session")
def bundle(train_at: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained bundle; copy it before changing it."""
    folder = tmp_path_factory.mktemp("models") / "primary"
    train_at(folder)
    return folder
