import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from osteohip.model.preprocessing import Normalise, normalise

PIXELS = np.array([[[0.0, 2.0], [4.0, 100.0]]], dtype="float32")
VALID = np.array([[[True, True], [True, False]]])


def run(pixels, valid, divisor) -> np.ndarray:
    return ops.convert_to_numpy(normalise(pixels, valid, np.asarray(divisor, dtype="float32")))


@pytest.mark.parametrize(
    ("divisor", "expected"),
    [
        # mean 2, sigma sqrt(8/3) over the three valid pixels
        (2.0, [[-0.6123724, 0.0], [0.6123724, 0.0]]),
        (3.0, [[-0.4082483, 0.0], [0.4082483, 0.0]]),
        (1.0, [[-1.0, 0.0], [1.0, 0.0]]),  # 1.2247 is clipped
    ],
)
def test_literal_scores(divisor, expected):
    np.testing.assert_allclose(run(PIXELS, VALID, [divisor])[0], expected, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 60000.3, -5.0])
def test_constant_crop_is_zero(value):
    pixels = np.full((1, 9, 9), value, dtype="float32")
    assert not run(pixels, np.ones((1, 9, 9), dtype=bool), [2.0]).any()


def test_crop_without_valid_pixels_is_zero():
    assert not run(PIXELS, np.zeros_like(VALID), [2.0]).any()


def test_invalid_pixels_may_hold_anything():
    spoiled = np.where(VALID, PIXELS, np.float32("nan"))
    np.testing.assert_array_equal(run(spoiled, VALID, [2.0]), run(PIXELS, VALID, [2.0]))


def test_each_crop_has_its_own_divisor_and_moments():
    pixels = np.concatenate([PIXELS, 10 * PIXELS + 3])
    both = run(pixels, np.concatenate([VALID, VALID]), [2.0, 3.0])
    np.testing.assert_allclose(both[1] * 1.5, both[0], rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(gain=st.floats(0.01, 100), offset=st.floats(-1000, 1000), seed=st.integers(0, 99))
def test_exposure_does_not_matter(gain, offset, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.uniform(0, 4095, (1, 6, 6))
    valid = rng.random((1, 6, 6)) < 0.8
    before = run(pixels.astype("float32"), valid, [2.0])
    after = run((gain * pixels + offset).astype("float32"), valid, [2.0])
    assert np.abs(before).max() <= 1
    np.testing.assert_allclose(after, before, atol=2e-4)


def test_layer_divides_by_two_sigma_and_adds_a_channel():
    found = ops.convert_to_numpy(Normalise()(PIXELS, VALID))
    assert found.shape == (1, 2, 2, 1)
    np.testing.assert_allclose(found[..., 0], run(PIXELS, VALID, [2.0]), rtol=1e-6)
