"""Hips whose label hangs on what a test wants it to hang on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from osteohip.baselines.hips import Hips
from osteohip.baselines.plan import SIDE

MODELS = ("GE XR656", "Canon CXDI", "Samsung GM85")


def make(n: int = 200, *, seed: int = 1, on: str = "age", ill: float = 0.5) -> Hips:
    """Return hips whose log-odds rise with one thing: age, device, pixels or nothing."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(55, 90, n)
    device = rng.integers(0, len(MODELS), n)
    thumbnails = rng.normal(0, 1, (n, SIDE * SIDE))
    signal = {
        "age": (age - 72.5) / 5,
        "device": 3.0 * (device == 0) - 1.5,
        "pixels": 2 * thumbnails[:, 100] - 2 * thumbnails[:, 101],
        "nothing": np.zeros(n),
    }[on]
    chance = 1 / (1 + np.exp(-(signal + np.log(ill / (1 - ill)))))
    facts = pd.DataFrame(
        {
            "age_years": age,
            "year": rng.integers(2010, 2020, n).astype(float),
            "right": rng.integers(0, 2, n).astype(float),
            "device": np.array(MODELS)[device],
        }
    )
    labels = (rng.uniform(size=n) < chance).astype(np.int64)
    return Hips(np.array([f"c{i:04d}" for i in range(n)]), labels, facts, thumbnails)


@pytest.fixture(scope="session")
def make_hips() -> Callable[..., Any]:
    """The function `make`."""
    return make
