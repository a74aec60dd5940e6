"""Films: boxes, masks, sides, values, and what they do and do not say about the bone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from osteohip.synthetic.radiography import Exposure
from osteohip.synthetic.rendering import Patient, Rendering, Side, View, render

USUAL = Exposure(
    pixel_spacing_mm=0.28,
    kvp=74,
    noise=1.0,
    scatter=1.0,
    blur_mm=0.25,
    tone_gamma=1.0,
    tone_toe=0.3,
    edge_enhancement=0.3,
    bits=12,
    gain=1.0,
    offset=0.0,
)
WOMAN = Patient(bone_state=-2.0, soft_tissue_cm=19, size=1.0, findings=frozenset())


def film(
    patient: Patient = WOMAN,
    exposure: Exposure = USUAL,
    *,
    view: View = "hip",
    side: Side = "L",
    poor_quality: bool = False,
    seed: int = 1,
) -> Rendering:
    rng = np.random.default_rng(seed)
    return render(patient, exposure, view=view, side=side, poor_quality=poor_quality, rng=rng)


@pytest.mark.parametrize(
    ("view", "spacing", "size", "seed"),
    [
        ("hip", 0.25, 1.1, 1),
        ("hip", 0.32, 0.9, 2),
        ("hip", 0.28, 1.0, 3),
        ("pelvis", 0.32, 0.9, 4),
        ("pelvis", 0.29, 1.1, 5),
    ],
)
def test_boxes_lie_in_a_film_of_enough_pixels(
    view: View, spacing: float, size: float, seed: int
) -> None:
    taken = film(
        replace(WOMAN, size=size),
        replace(USUAL, pixel_spacing_mm=spacing),
        view=view,
        side="R",
        seed=seed,
    )
    rows, columns = taken.stored.shape
    assert rows * columns >= 700_000
    assert set(taken.boxes) == ({"R", "L"} if view == "pelvis" else {"R"})
    for x0, y0, x1, y1 in taken.boxes.values():
        assert 0 <= x0 < x1 <= columns
        assert 0 <= y0 < y1 <= rows
        assert min(x1 - x0, y1 - y0) >= 300
        assert taken.bone[y0:y1, x0:x1].mean() > 0.3
        assert taken.cortex[y0:y1, x0:x1].any()


def test_a_pelvis_shows_the_right_hip_on_the_left() -> None:
    for side in ("R", "L"):
        boxes = film(view="pelvis", side=side).boxes
        assert boxes["R"][2] < boxes["L"][0]


def test_equal_generators_give_equal_films_and_others_do_not() -> None:
    first, again, other = film(seed=5), film(seed=5), film(seed=6)
    np.testing.assert_array_equal(first.stored, again.stored)
    assert first.boxes == again.boxes
    assert (first.stored != other.stored).mean() > 0.5


@pytest.mark.parametrize("view", ["hip", "pelvis"])
def test_a_right_hip_is_the_mirror_image_of_a_left_one(view: View) -> None:
    left, right = film(view=view, side="L"), film(view=view, side="R")
    np.testing.assert_array_equal(left.stored, right.stored[:, ::-1])
    np.testing.assert_array_equal(left.bone, right.bone[:, ::-1])
    columns = left.stored.shape[1]
    x0, y0, x1, y1 = left.boxes["L"]
    assert right.boxes["R"] == (columns - x1, y0, columns - x0, y1)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_values_fill_the_stored_bits_and_no_more(bits: int) -> None:
    stored = film(exposure=replace(USUAL, bits=bits)).stored
    assert stored.dtype == np.uint16
    assert stored.max() < 2**bits
    assert stored.max() - stored.min() > 0.5 * 2**bits


def test_bone_is_brighter_than_what_lies_around_it() -> None:
    taken = film()
    x0, y0, x1, y1 = taken.boxes["L"]
    level = taken.stored[y0:y1, x0:x1].astype(float)
    bone = taken.bone[y0:y1, x0:x1]
    cortex = taken.cortex[y0:y1, x0:x1]
    assert level[bone].mean() > level[~bone].mean() + 0.03 * 4096
    shaft = slice(-60, None)
    assert level[shaft][cortex[shaft]].mean() > level[shaft][~cortex[shaft]].mean() + 0.03 * 4096


def test_lower_density_thins_the_cortex() -> None:
    share = [
        film(replace(WOMAN, bone_state=state)).cortex.mean() for state in (1.0, -1.0, -3.0, -5.0)
    ]
    assert share == sorted(share, reverse=True)
    assert share[-1] < 0.55 * share[0]


def test_mean_brightness_does_not_tell_the_bone_state() -> None:
    rng = np.random.default_rng(9)
    means, states = [], []
    for seed in range(24):
        state = rng.normal(-2.2, 1.3)
        taken = film(
            replace(WOMAN, bone_state=state, soft_tissue_cm=rng.uniform(15, 23)),
            replace(USUAL, gain=rng.uniform(0.85, 1.15), offset=rng.uniform(-0.1, 0.1)),
            seed=seed,
        )
        x0, y0, x1, y1 = taken.boxes["L"]
        means.append(taken.stored[y0:y1, x0:x1].mean())
        states.append(state)
    assert abs(np.corrcoef(means, states)[0, 1]) < 0.5


def test_a_failed_exposure_is_blurred_and_noisy() -> None:
    def edges(taken: Rendering) -> float:
        x0, y0, x1, y1 = taken.boxes["L"]
        part = taken.stored[y0:y1, x0:x1].astype(float)
        rows, columns = (part.shape[0] // 8 * 8, part.shape[1] // 8 * 8)
        coarse = part[:rows, :columns].reshape(rows // 8, 8, columns // 8, 8).mean(axis=(1, 3))
        return float(np.abs(np.diff(coarse, n=2, axis=1)).mean() / coarse.std())

    assert edges(film(poor_quality=True)) < 0.7 * edges(film())


@pytest.mark.parametrize(
    "finding",
    [
        "osteoarthritis",
        "osteonecrosis",
        "tumour",
        "calcific_tendinitis",
        "operated_hip",
        "foreign_body",
        "vascular_calcification",
        "foley_catheter",
        "dysplasia",
    ],
)
def test_a_finding_shows(finding: str) -> None:
    clean = replace(USUAL, noise=0.0)
    without = film(exposure=clean).stored.astype(int)
    shown = film(replace(WOMAN, findings=frozenset({finding})), clean).stored.astype(int)
    assert shown.shape == without.shape
    assert (np.abs(shown - without) > 0.02 * 4096).mean() > 0.0005
