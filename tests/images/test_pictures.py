from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import RLELossless

from osteohip.images.pictures import encode_grey, film_picture, windowed

MakeFilm = Callable[..., bytes]
RAMP = np.arange(201, dtype=np.uint16).reshape(3, 67) * 20


def pixels(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    assert (image.format, image.mode) == ("PNG", "L")
    return np.asarray(image)


def test_each_pixel_of_the_matrix_is_one_of_the_picture(make_film: MakeFilm) -> None:
    shown = pixels(film_picture(make_film(RAMP)))
    assert shown.shape == (3, 67)
    # 201 values: the percentiles 0.5 and 99.5 are the second and the last but one.
    assert shown.ravel()[[0, 1, 100, 199, 200]].tolist() == [0, 0, 128, 255, 255]
    assert (np.diff(shown.ravel().astype(int)) >= 0).all()


def test_bone_is_bright_in_both_photometric_interpretations(make_film: MakeFilm) -> None:
    plain = film_picture(make_film(RAMP))
    inverse = make_film(
        65535 - RAMP,
        syntax=RLELossless,
        PhotometricInterpretation="MONOCHROME1",
        PresentationLUTShape="INVERSE",
    )
    np.testing.assert_array_equal(pixels(film_picture(inverse)), pixels(plain))


def test_padding_does_not_set_black_and_white(make_film: MakeFilm) -> None:
    padded = np.vstack([RAMP, np.full((9, 67), 60000, np.uint16)])
    shown = pixels(film_picture(make_film(padded, PixelPaddingValue=60000)))
    np.testing.assert_array_equal(shown[:3], pixels(film_picture(make_film(RAMP))))


@pytest.mark.parametrize("valid", [True, False])
def test_a_film_of_one_value_is_black(valid: bool) -> None:
    shown = windowed(np.full((2, 3), 7.0), np.full((2, 3), valid))
    assert shown.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert pixels(encode_grey(shown)).tolist() == shown.tolist()


def test_contradictory_polarity_is_no_picture(make_film: MakeFilm) -> None:
    with pytest.raises(ValueError, match="Presentation LUT Shape"):
        film_picture(make_film(RAMP, PresentationLUTShape="INVERSE"))
