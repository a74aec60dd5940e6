"""Shapes: landmarks in their places, and variation within limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from osteohip.synthetic import anatomy


def hip(seed: int = 0, size: float = 1.0) -> anatomy.Hip:
    return anatomy.draw_hip(size, np.random.default_rng(seed))


def test_a_smooth_curve_passes_its_points() -> None:
    points = np.array([(0.0, 0.0), (4.0, 1.0), (5.0, 6.0), (1.0, 5.0)])
    closed = anatomy.smooth(points, closed=True, steps=3)
    assert closed.shape == (12, 2)
    np.testing.assert_allclose(closed[::3], points)
    open_line = anatomy.smooth(points, closed=False, steps=3)
    assert open_line.shape == (10, 2)
    np.testing.assert_allclose(open_line[::3], points)


@pytest.mark.parametrize("seed", range(20))
def test_the_crop_holds_head_neck_and_trochanters(seed: int) -> None:
    drawn = hip(seed)
    x0, y0, x1, y1 = anatomy.crop_edges(drawn)
    assert x0 < -drawn.head_radius
    assert y0 < -drawn.head_radius
    assert 85 < x1 - x0 < 125
    assert 90 < y1 - y0 < 140
    trochanters = anatomy.intertrochanteric_crest(drawn)
    assert trochanters[:, 0].max() < x1
    assert trochanters[:, 1].max() < y1


def test_a_larger_neck_shaft_angle_lifts_the_head_over_the_trochanter() -> None:
    steep, flat = (
        anatomy.femur_outline(replace(hip(), neck_shaft_angle=angle, abduction=0.0))
        for angle in (138, 120)
    )
    assert steep[:60, 1].min() < flat[:60, 1].max()
    top_of_trochanter = [
        outline[outline[:, 0] > 40 * hip().scale][:, 1].min() for outline in (steep, flat)
    ]
    assert top_of_trochanter[0] > top_of_trochanter[1]


def test_abduction_turns_the_shaft_to_lateral() -> None:
    ends = [
        anatomy.femur_outline(replace(hip(), abduction=angle))[:, 0][
            anatomy.femur_outline(replace(hip(), abduction=angle))[:, 1].argmax()
        ]
        for angle in (-10.0, 0.0, 10.0)
    ]
    assert ends == sorted(ends)


def test_size_scales_the_outlines() -> None:
    small, large = hip(size=0.9), hip(size=1.1)
    ratio = np.ptp(anatomy.femur_outline(large), axis=0) / np.ptp(
        anatomy.femur_outline(small), axis=0
    )
    np.testing.assert_allclose(ratio, 1.1 / 0.9, rtol=0.02)


def test_the_other_hip_is_nearly_the_same() -> None:
    one = hip()
    other = anatomy.other_side(one, np.random.default_rng(1))
    assert other != one
    assert other.head_radius == one.head_radius
    assert abs(other.neck_shaft_angle - one.neck_shaft_angle) < 6
    assert other.midline == one.midline
