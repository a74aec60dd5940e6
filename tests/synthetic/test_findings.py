"""Findings change the bone that they should, where they should."""

from __future__ import annotations

import numpy as np
import pytest

from osteohip.synthetic import anatomy
from osteohip.synthetic.density import Grid
from osteohip.synthetic.findings import DRAWINGS, Overlay, changed_shape, draw_findings

HIP = anatomy.draw_hip(1.0, np.random.default_rng(0))
GRID = Grid(x0=-110.0, y0=-60.0, step=0.6, columns=330, rows=360)


def drawn(name: str, seed: int = 0) -> Overlay:
    overlay = Overlay(
        GRID,
        np.ones((GRID.rows, GRID.columns), np.float32),
        np.zeros((GRID.rows, GRID.columns), np.float32),
    )
    draw_findings(frozenset({name}), HIP, overlay, np.random.default_rng(seed))
    return overlay


def test_shapes_change_with_arthrosis_and_dysplasia_only() -> None:
    assert changed_shape(HIP, frozenset({"osteoarthritis"})).joint_space < 0.5 * HIP.joint_space
    assert changed_shape(HIP, frozenset({"dysplasia"})).cover < HIP.cover
    assert changed_shape(HIP, frozenset({"tumour", "foley_catheter"})) == HIP


@pytest.mark.parametrize("seed", range(4))
def test_only_implants_and_foreign_bodies_are_metal(seed: int) -> None:
    for name in DRAWINGS:
        assert drawn(name, seed).metal.any() == (name in {"operated_hip", "foreign_body"})


def test_tumours_eat_and_calcium_adds() -> None:
    assert drawn("tumour").areal.min() < 0.6
    assert drawn("tumour").areal.max() <= 1
    for name in ("calcific_tendinitis", "vascular_calcification", "foley_catheter"):
        areal = drawn(name).areal
        assert areal.min() >= 1
        assert areal.max() > 1.2


def test_a_finding_that_no_film_shows_is_left_out() -> None:
    overlay = drawn("lumbago")
    assert (overlay.areal == 1).all()
    assert not overlay.metal.any()
