from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteohip.images.resample import overlap, resample_square


@pytest.mark.parametrize(
    ("length", "side", "size", "weights"),
    [
        (4, 4, 2, [[1, 1, 0, 0], [0, 0, 1, 1]]),
        (3, 3, 2, [[1, 0.5, 0], [0, 0.5, 1]]),
        (2, 2, 4, [[0.5, 0], [0.5, 0], [0, 0.5], [0, 0.5]]),
        (2, 4, 4, [[0, 0], [1, 0], [0, 1], [0, 0]]),
        (3, 4, 4, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]),
        (2, 4, 2, [[1, 0], [0, 1]]),
        (1, 1, 1, [[1]]),
    ],
)
def test_overlap(length: int, side: int, size: int, weights: list[list[float]]) -> None:
    np.testing.assert_array_equal(overlap(length, side, size), weights)


def resample(rows: list[list[float]], size: int) -> tuple[list[list[float]], list[list[bool]]]:
    """Resample an image whose invalid pixels are nan."""
    values = np.array(rows, dtype=np.float64)
    valid = ~np.isnan(values)
    found, kept = resample_square(values, valid, size)
    return found.tolist(), kept.tolist()


NAN = float("nan")


@pytest.mark.parametrize(
    ("rows", "size", "values", "valid"),
    [
        ([[1, 2], [3, 4]], 2, [[1, 2], [3, 4]], [[True, True], [True, True]]),
        ([[1, 2], [3, 4]], 1, [[2.5]], [[True]]),
        ([[1, 2, 3]] * 3, 2, [[4 / 3, 8 / 3]] * 2, [[True, True]] * 2),
        # a wide image: the rows above and below are padding
        (
            [[1, 2, 3, 4]] * 2,
            4,
            [[0] * 4, [1, 2, 3, 4], [1, 2, 3, 4], [0] * 4],
            [[False] * 4, [True] * 4, [True] * 4, [False] * 4],
        ),
        # each output pixel is half padding: still valid, and padding is not averaged in
        ([[1, 2, 3, 4]] * 2, 2, [[1.5, 3.5]] * 2, [[True, True]] * 2),
        # a tall image: its one column is the second of four, half of the left output pixels
        ([[1], [2], [3], [4]], 2, [[1.5, 0], [3.5, 0]], [[True, False], [True, False]]),
        ([[8, NAN], [NAN, 4]], 1, [[6]], [[True]]),
        ([[8, NAN], [NAN, NAN]], 1, [[0]], [[False]]),
        ([[NAN, NAN], [NAN, NAN]], 2, [[0, 0], [0, 0]], [[False, False]] * 2),
    ],
)
def test_resample(
    rows: list[list[float]],
    size: int,
    values: list[list[float]],
    valid: list[list[bool]],
) -> None:
    found, kept = resample(rows, size)
    np.testing.assert_allclose(found, values, atol=1e-12)
    assert kept == valid


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 24), st.integers(0, 2**31))
def test_properties(rows: int, columns: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-5, 5, (rows, columns))
    valid = rng.random((rows, columns)) < 0.7
    found, kept = resample_square(values, valid, size)
    assert found.shape == kept.shape == (size, size)
    assert not found[~kept].any()
    # A mean lies between the values that it is made of, and invalid values are of no account.
    if kept.any():
        assert values[valid].min() - 1e-9 <= found[kept].min()
        assert found[kept].max() <= values[valid].max() + 1e-9
    changed = np.where(valid, values, 1e6)
    np.testing.assert_array_equal(resample_square(changed, valid, size)[0], found)
    # Resampling is linear, so inverting before or after is the same.
    inverted, _ = resample_square(3 - values, valid, size)
    np.testing.assert_allclose(inverted[kept], 3 - found[kept], atol=1e-9)


def test_mean_of_a_square_is_kept() -> None:
    values = np.random.default_rng(0).uniform(0, 1, (37, 37))
    found, kept = resample_square(values, np.ones((37, 37), bool), 11)
    assert kept.all()
    assert found.mean() == pytest.approx(values.mean(), abs=1e-12)


def test_against_counting_small_squares() -> None:
    """Blow both grids up to their common one and average there."""
    values = np.random.default_rng(1).uniform(0, 1, (6, 6))
    found, _ = resample_square(values, np.ones((6, 6), bool), 4)
    fine = np.kron(values, np.ones((2, 2)))
    expected = fine.reshape(4, 3, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found, expected, atol=1e-12)
