"""Distances, interpolation, shells and the fading of trabeculae."""

from __future__ import annotations

import numpy as np

from osteohip.synthetic import anatomy
from osteohip.synthetic.density import (
    GROUP_FADES,
    Grid,
    beside_line,
    depth_inside,
    double,
    draw_quality,
    hip_bone,
    inside,
    profile,
)

SQUARE = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
GRID = Grid(x0=-4.5, y0=-4.5, step=1.0, columns=20, rows=20)


def test_inside_a_square() -> None:
    expected = np.zeros((20, 20), bool)
    expected[5:15, 5:15] = True
    np.testing.assert_array_equal(inside(SQUARE, GRID), expected)


def test_depth_of_a_square_is_the_distance_to_its_nearest_edge() -> None:
    depth = depth_inside(SQUARE, GRID, reach=4.0)
    assert depth[5, 5] == np.float32(0.5)
    assert depth[7, 9] == np.float32(2.5)
    assert depth[9, 9] == np.float32(4.0)
    assert depth[4, 9] == np.float32(-0.5)
    np.testing.assert_allclose(depth[2, 2], -np.hypot(2.5, 2.5), rtol=1e-6)


def test_depth_does_not_depend_on_where_the_grid_ends() -> None:
    rows, columns = slice(3, 12), slice(6, 18)
    whole = depth_inside(SQUARE, GRID, reach=6.0)
    part = depth_inside(SQUARE, GRID.part(rows, columns), reach=6.0)
    np.testing.assert_allclose(part, whole[rows, columns], atol=1e-5)


def test_beside_a_line_left_is_positive_and_the_way_along_is_counted() -> None:
    across, along = beside_line(np.array([(0.0, 0.0), (10.0, 0.0)]), GRID)
    np.testing.assert_allclose(np.abs(across[2, 8]), 2.5)
    assert across[2, 8] == -across[7, 8]
    np.testing.assert_allclose(along[2, 8], 3.5)
    assert along[2, 0] == 0
    assert along[2, -1] == 10


def test_doubling_keeps_a_slope_and_aligns_pixel_areas() -> None:
    fine = GRID.finer()
    coarse = (2 * GRID.x[None, :] + 3 * GRID.y[:, None]).astype(np.float32)
    expected = 2 * fine.x[None, :] + 3 * fine.y[:, None]
    np.testing.assert_allclose(double(coarse)[1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-4)


def test_grids_in_and_out_cover_the_same_area() -> None:
    back = GRID.finer().coarser()
    assert back == GRID


def test_profile_of_a_cylinder_is_its_chord() -> None:
    depth = np.array([-1.0, 0.0, 5.0, 10.0, 12.0], np.float32)
    np.testing.assert_allclose(profile(depth, 10.0), [0, 0, np.sqrt(0.75), 1, 1], rtol=1e-6)


def test_groups_fade_in_singhs_order() -> None:
    half_gone = [GROUP_FADES[name][0] for name in GROUP_FADES]
    assert half_gone == sorted(half_gone, reverse=True)
    quality = draw_quality(-3.0, np.random.default_rng(2))
    assert quality.groups["principal_compressive"] > quality.groups["principal_tensile"]
    assert quality.groups["principal_tensile"] > quality.groups["greater_trochanter"]


def test_low_density_thins_cortex_and_loses_trabeculae() -> None:
    rng = np.random.default_rng(3)
    low = [draw_quality(-4.0, rng) for _ in range(50)]
    high = [draw_quality(0.0, rng) for _ in range(50)]
    assert max(q.cortex for q in low) < min(q.cortex for q in high)
    for name in GROUP_FADES:
        assert np.mean([q.groups[name] for q in low]) < np.mean([q.groups[name] for q in high])


def test_a_shaft_is_a_tube_with_a_wider_canal_in_low_density() -> None:
    canals = []
    for state in (0.0, -4.0):
        rng = np.random.default_rng(4)
        hip = anatomy.draw_hip(1.0, rng)
        quality = draw_quality(state, rng)
        grid = Grid(x0=-20.0, y0=-40.0, step=1.1, columns=100, rows=150)
        bones = hip_bone(hip, quality, grid, rng)
        row = int((115 + 40) / 0.55)
        line = bones.areal[row]
        canals.append(int((bones.bone[row] & ~bones.cortex[row]).sum()))
        middle = int(np.flatnonzero(bones.bone[row]).mean())
        assert line[bones.cortex[row]].max() > 1.3 * line[middle]
        assert line[middle] > 0.1
    assert canals[1] > 1.3 * canals[0]
