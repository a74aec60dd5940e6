import numpy as np
import pytest

from osteohip.explanation.curves import FRACTIONS, deletion_insertion
from osteohip.model.prediction import scores

SIZE = 10


def corner(inputs: np.ndarray) -> np.ndarray:
    """A network whose logit is the sum over the first row."""
    return inputs[:, 0, :, 0].sum(axis=1).astype(np.float64)


def curves(maps: np.ndarray, target: list[int]) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.full((len(maps), SIZE, SIZE, 1), 0.5, dtype=np.float32)
    signs = np.array(target, dtype=np.int8)
    return deletion_insertion(corner, inputs=inputs, maps=maps.astype(np.float32), target=signs)


def of_rows(*rows: int) -> np.ndarray:
    """Maps with heat in one row of the crop."""
    maps = np.zeros((len(rows), SIZE, SIZE))
    maps[np.arange(len(rows)), list(rows)] = 1
    return maps


def test_the_score_falls_at_once_where_the_map_is_right():
    deletion, insertion = curves(of_rows(0), [1])
    # A twentieth of the pixels is half a row.
    left = np.array([5, 2.5, *[0] * (len(FRACTIONS) - 2)])
    np.testing.assert_allclose(deletion[0], scores(left), rtol=1e-6)
    np.testing.assert_allclose(insertion[0], scores(5 - left), rtol=1e-6)


def test_the_score_falls_late_where_the_map_is_wrong():
    deletion, _ = curves(of_rows(9), [1])
    # The last row goes first, then the others from the top.
    left = np.array([5, 5, 5, 2.5, *[0] * (len(FRACTIONS) - 4)])
    np.testing.assert_allclose(deletion[0], scores(left), rtol=1e-6)


def test_a_negative_call_has_the_score_of_no_osteoporosis():
    deletion, insertion = curves(of_rows(0, 0), [1, -1])
    for curve in (deletion, insertion):
        np.testing.assert_allclose(curve[1], 1 - curve[0], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("value", [0, 3])
def test_a_map_of_one_value_has_no_curve(value):
    maps = of_rows(0, 1)
    maps[1] = value
    for curve in curves(maps, [1, 1]):
        assert np.isnan(curve).all(axis=1).tolist() == [False, True]


def test_fractions_and_types():
    deletion, insertion = curves(of_rows(0, 3, 9), [1, 1, -1])
    assert FRACTIONS[[0, -1]].tolist() == [0, 1]
    for curve in (deletion, insertion):
        assert (curve.shape, curve.dtype) == ((3, len(FRACTIONS)), np.float32)
