from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.explanation.regions import border_band, share_of_area, share_of_heat


def test_heat_and_area_of_a_region() -> None:
    maps = np.array([[[1, 3], [0, 4]], [[0, 0], [0, 0]]], np.float32)
    bone = np.array([[[0, 1], [0, 0.5]], [[1, 1], [0, 0]]], np.float32)
    assert share_of_heat(maps, bone)[0] == (3 + 2) / 8
    assert np.isnan(share_of_heat(maps, bone)[1])
    assert share_of_area(bone).tolist() == [1.5 / 4, 0.5]
    assert share_of_heat(maps[:1], bone[1]).tolist() == [0.5]


def test_even_heat_lies_in_a_region_as_the_area_does() -> None:
    bone = np.random.default_rng(1).random((3, 8, 8))
    assert share_of_heat(np.full((3, 8, 8), 0.2), bone) == pytest.approx(share_of_area(bone))


def test_the_band_along_the_border() -> None:
    assert border_band(4, 0.25).tolist() == [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    # A pixel that the band takes by half, on one side and on two.
    assert border_band(4, 0.125)[0].tolist() == [0.75, 0.5, 0.5, 0.75]


@given(st.integers(2, 100), st.floats(0.001, 0.499))
def test_the_band_has_its_area_whatever_the_pixels(size: int, width: float) -> None:
    band = border_band(size, width)
    assert share_of_area(band) == pytest.approx(1 - (1 - 2 * width) ** 2)
    assert (band == band.T).all()
    assert band == pytest.approx(band[::-1])
    assert band.min() >= 0
    assert band.max() <= 1
