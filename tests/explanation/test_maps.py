import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from osteohip.errors import StudyError
from osteohip.explanation.maps import (
    Maps,
    area_under,
    enlarged,
    heat_ranks,
    is_constant,
    read_maps,
    write_maps,
)
from osteohip.files import write_arrays

HEAT = st.floats(0, 100, width=32)


def test_a_map_is_enlarged_between_the_middles_of_its_cells():
    row = np.array([[[0.0, 1.0]]], dtype=np.float32)
    np.testing.assert_allclose(enlarged(row, 4)[0], np.tile([0, 0.25, 0.75, 1], (4, 1)))
    # Middles of the cells at 1.5 and 4.5 of 6; those of the pixels at 0.5, 1.5 and so on.
    column = enlarged(row.transpose(0, 2, 1), 6)[0, :, 0]
    np.testing.assert_allclose(column, [0, 0, 1 / 3, 2 / 3, 1, 1], rtol=1e-6)


def test_rows_stay_rows():
    tall = np.zeros((1, 3, 2), dtype=np.float32)
    tall[0, 2, 0] = 1
    assert np.unravel_index(enlarged(tall, 12)[0].argmax(), (12, 12)) == (10, 0)


def test_a_map_of_the_size_of_the_crop_stays():
    maps = np.random.default_rng(0).random((2, 5, 5), dtype=np.float32)
    np.testing.assert_array_equal(enlarged(maps, 5), maps)


@given(arrays(np.float32, (2, 3, 4), elements=HEAT), st.integers(1, 20))
def test_enlarged_stays_within_the_map(maps, size):
    found = enlarged(maps, size)
    assert (found.shape, found.dtype) == ((2, size, size), np.float32)
    for large, small in zip(found, maps, strict=True):
        assert small.min() * (1 - 1e-6) <= large.min()
        assert large.max() <= small.max() * (1 + 1e-6)


@given(arrays(np.float32, (2, 3, 4), elements=HEAT))
def test_a_map_does_not_depend_on_those_beside_it(maps):
    np.testing.assert_array_equal(enlarged(maps, 9)[1], enlarged(maps[1:], 9)[0])


def test_the_hottest_comes_first_and_ties_by_position():
    maps = np.array([[[1, 3], [3, 0]], [[0, 0], [0, 0]]], dtype=np.float32)
    assert heat_ranks(maps).tolist() == [[[2, 0], [1, 3]], [[0, 1], [2, 3]]]


def test_a_map_of_one_value_is_constant():
    maps = np.array([[[1, 1]], [[0, 0]], [[0, 1]]], dtype=np.float32)
    assert is_constant(maps).tolist() == [True, True, False]


def some_maps() -> Maps:
    rng = np.random.default_rng(1)
    return Maps(
        case_ids=np.array(["case1", "case2"]),
        score=np.array([0.2, 0.9]),
        target=np.array([-1, 1], dtype=np.int8),
        layers={
            "block5_conv3": rng.random((2, 3, 3), dtype=np.float32),
            "block4_pool": rng.random((2, 4, 4), dtype=np.float32),
        },
        randomised=rng.random((2, 3, 3), dtype=np.float32),
        fraction=np.array([0, 1], dtype=np.float32),
        deletion=np.array([[0.8, 0.5], [np.nan, np.nan]], dtype=np.float32),
        insertion=np.array([[0.5, 0.8], [np.nan, np.nan]], dtype=np.float32),
    )


def test_maps_come_back_from_their_file(tmp_path):
    maps = some_maps()
    write_maps(tmp_path / "maps.npz", maps)
    found = read_maps(tmp_path / "maps.npz")
    assert (list(found.layers), found.shown) == (["block5_conv3", "block4_pool"], "block5_conv3")
    assert found.case_ids.tolist() == ["case1", "case2"]
    for name in ("score", "target", "randomised", "fraction", "deletion", "insertion"):
        np.testing.assert_array_equal(getattr(found, name), getattr(maps, name))
        assert getattr(found, name).dtype == getattr(maps, name).dtype
    for name, array in maps.layers.items():
        np.testing.assert_array_equal(found.layers[name], array)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "maps.npz"
    with pytest.raises(StudyError, match="there is no file"):
        read_maps(path)
    write_arrays(path, case_id=np.array(["a"]))
    with pytest.raises(StudyError, match="expected the maps of a run"):
        read_maps(path)
    path.write_bytes(b"text")
    with pytest.raises(StudyError, match="expected the maps of a run"):
        read_maps(path)


def test_areas_under_curves_are_those_of_trapezoids():
    fraction = np.array([0, 0.25, 1])
    curves = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [np.nan] * 3])
    np.testing.assert_allclose(area_under(fraction, curves), [1, 0.125, 0.5, np.nan])
