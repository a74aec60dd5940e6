"""DXA readings: what is printed, what is osteoporosis, how densities follow T-scores."""

from __future__ import annotations

import numpy as np
import pytest

from osteohip.synthetic import dxa


@pytest.mark.parametrize(
    ("total_hip", "neck", "wards", "label"),
    [
        (-2.5, -1.0, 0.0, True),
        (-1.0, -2.5, 0.0, True),
        (-2.4, -2.4, 0.0, False),
        (-2.46, -1.0, 0.0, True),  # printed as -2.5
        (-2.44, -1.0, 0.0, False),
        (-1.0, -1.0, -4.0, False),  # Ward's triangle makes no label
    ],
)
def test_label_is_read_from_the_printed_lowest_of_neck_and_total_hip(
    total_hip: float, neck: float, wards: float, label: bool
) -> None:
    row = dict.fromkeys(dxa.REGIONS, 0.0) | {
        "total_hip": total_hip,
        "femoral_neck": neck,
        "wards": wards,
    }
    assert dxa.osteoporosis(np.array([list(row.values())])).tolist() == [label]


def test_a_report_prints_no_negative_zero() -> None:
    assert [str(x) for x in dxa.printed(np.array([-0.04, 0.04, -2.349, -2.351]))] == [
        "0.0",
        "0.0",
        "-2.3",
        "-2.4",
    ]


@pytest.mark.parametrize(
    ("score", "density"), [(0.0, 0.989), (-2.2, 0.715), (-2.5, 0.677), (-9.0, 0.05)]
)
def test_total_hip_density_of_a_t_score(score: float, density: float) -> None:
    assert dxa.density(score, dxa.REGIONS["total_hip"]) == density


def test_errors_have_the_sizes_asked_for() -> None:
    latent = np.full(40_000, -2.0)
    rng = np.random.default_rng(1)
    scores = dxa.t_scores(latent, region_error=0.3, exam_error=0.4, rng=rng)
    assert scores.shape == (40_000, 5)
    assert scores[:, 0].std() == pytest.approx(0.5, abs=0.01)
    shared = np.cov(scores[:, 0], scores[:, 1])[0, 1]
    assert shared == pytest.approx(0.16, abs=0.01)
    assert scores.mean(axis=0) == pytest.approx([-2.0, -2.1, -1.85, -1.9, -2.3], abs=0.02)
