"""What the baselines see of a hip: literal thumbnails and devices."""

import numpy as np
import pandas as pd
import pytest

from osteohip.baselines.hips import NOT_STATED, devices, hips_of, thumbnails
from osteohip.baselines.plan import SIDE
from osteohip.errors import StudyError
from osteohip.model.cases import Cases

SIZE = 32


def halves(low: float, high: float) -> np.ndarray:
    """A crop whose left half is dark and whose right half is bright."""
    return np.where(np.arange(SIZE) < SIZE // 2, low, high) * np.ones((SIZE, 1))


def test_a_thumbnail_is_the_mean_of_each_area_in_standard_deviations() -> None:
    pixels = np.stack([halves(10, 30), halves(-1, 1)]).astype(np.float32)
    found = thumbnails(pixels, np.ones(pixels.shape, bool)).reshape(2, SIDE, SIDE)
    # Brightness and contrast are gone: both are -1 on the left and 1 on the right.
    expected = np.where(np.arange(SIDE) < SIDE // 2, -1.0, 1.0) * np.ones((SIDE, 1))
    assert found == pytest.approx(np.stack([expected, expected]))


def test_one_bright_pixel_lands_in_its_area() -> None:
    pixels = np.zeros((1, SIZE, SIZE), np.float32)
    pixels[0, 5, 30] = 1
    found = thumbnails(pixels, np.ones(pixels.shape, bool)).reshape(SIDE, SIDE)
    assert np.unravel_index(found.argmax(), found.shape) == (2, 15)


def test_invalid_pixels_do_not_count() -> None:
    pixels, valid = halves(10, 30)[None].astype(np.float32), np.ones((1, SIZE, SIZE), bool)
    spoilt = pixels.copy()
    valid[0, :4], spoilt[0, :4] = False, 9999
    clean = pixels.copy()
    clean[0, :4] = 0
    assert thumbnails(spoilt, valid) == pytest.approx(thumbnails(clean, valid))
    assert thumbnails(spoilt, valid).reshape(SIDE, SIDE)[:2] == pytest.approx(0)


@pytest.mark.parametrize("size", [32, 33, 40, 96])
def test_any_size_gives_a_thumbnail_of_mean_zero(size: int) -> None:
    pixels = np.random.default_rng(1).normal(50, 9, (3, size, size)).astype(np.float32)
    found = thumbnails(pixels, np.ones(pixels.shape, bool))
    assert found.shape == (3, SIDE * SIDE)
    assert found.mean(axis=1) == pytest.approx(0, abs=1e-6)


def test_a_crop_of_equal_pixels_is_zero() -> None:
    flat = np.full((1, SIZE, SIZE), 0.1, np.float32)
    assert (thumbnails(flat, np.ones(flat.shape, bool)) == 0).all()
    assert (thumbnails(flat, np.zeros(flat.shape, bool)) == 0).all()


def test_a_device_is_manufacturer_and_model() -> None:
    rows = pd.DataFrame(
        {"manufacturer": ["GE", "GE", None, " "], "model_name": ["XR656", None, "9000", None]}
    )
    assert devices(rows).tolist() == ["GE XR656", "GE", "9000", NOT_STATED]


def cases(*names: str) -> Cases:
    n = len(names)
    pixels = np.zeros((n, SIZE, SIZE), np.float32)
    return Cases(np.array(names), np.arange(n) % 2, pixels, np.ones(pixels.shape, bool))


COHORT = pd.DataFrame(
    {
        "case_id": ["b", "a", "c"],
        "age_years": [70.5, 60.0, 80.0],
        "side": ["R", "L", "R"],
        "year": [2015, None, 2012],
        "manufacturer": ["GE", "Canon", None],
        "model_name": ["XR656", "CXDI", None],
    }
)


def test_facts_stand_in_the_order_of_the_cases() -> None:
    hips = hips_of(cases("a", "b"), COHORT)
    assert hips.facts["age_years"].tolist() == [60.0, 70.5]
    assert hips.facts["right"].tolist() == [0.0, 1.0]
    assert np.isnan(hips.facts["year"][0])
    assert hips.facts["device"].tolist() == ["Canon CXDI", "GE XR656"]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(StudyError, match="expected the columns side, year"):
        hips_of(cases("a"), COHORT.drop(columns=["side", "year"]))
