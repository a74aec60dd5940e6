"""Bone states of the two populations, and the area under the ROC curve."""

from __future__ import annotations

import numpy as np
import pytest

from osteohip.synthetic.recipes import DEVELOPMENT, EXTERNAL
from osteohip.synthetic.states import auc, draw_ages, draw_states


def test_moments_are_near_the_paper() -> None:
    rng = np.random.default_rng(5)
    ages = draw_ages(DEVELOPMENT.age_shape, 50_000, rng)
    states = draw_states(ages, DEVELOPMENT.bone, rng)
    total_hip = states.t_scores[:, 0]
    assert ages.mean() == pytest.approx(72.5, abs=0.3)
    assert 9 <= ages.std() <= 12.5
    assert ages.min() >= 55.2
    assert ages.max() <= 100.5
    assert total_hip.mean() == pytest.approx(-2.2, abs=0.05)
    assert total_hip.std() == pytest.approx(1.3, abs=0.05)
    assert states.label.mean() == pytest.approx(504 / 1001, abs=0.01)


def test_external_patients_are_older_and_lower() -> None:
    rng = np.random.default_rng(5)
    ages = draw_ages(EXTERNAL.age_shape, 50_000, rng)
    states = draw_states(ages, EXTERNAL.bone, rng)
    assert ages.mean() > 75
    assert states.t_scores[:, 0].mean() < -2.7
    assert states.label.mean() == pytest.approx(86 / 117, abs=0.015)


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], 1.0),
        ([4.0, 3.0, 2.0, 1.0], [0, 0, 1, 1], 0.0),
        ([1.0, 1.0, 1.0, 1.0], [0, 0, 1, 1], 0.5),
        ([1.0, 3.0, 2.0, 4.0], [0, 0, 1, 1], 0.75),
        ([1.0, 2.0, 2.0], [0, 0, 1], 0.75),
    ],
)
def test_auc(scores: list[float], labels: list[int], expected: float) -> None:
    assert auc(np.array(scores), np.array(labels) == 1) == expected
