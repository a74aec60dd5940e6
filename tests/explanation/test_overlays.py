"""Maps as pictures: colours at known places, marks, and the files of a cohort."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from osteohip.explanation.colours import colours
from osteohip.explanation.overlays import (
    COVER,
    GAP,
    HEAD,
    MARGIN,
    Case,
    blank,
    grey,
    laid_over,
    overlay,
    side_of,
)

SIZE = 96
CROP = np.random.default_rng(1).normal(size=(SIZE, SIZE)).astype(np.float32)
VALID = np.ones((SIZE, SIZE), bool)


def case(**changed: object) -> Case:
    given = {"case_id": "H1", "outcome": "FN", "score": 0.25, "target": -1, "synthetic": False}
    return Case(**(given | changed))


def drawn(heat: np.ndarray, **changed: object) -> np.ndarray:
    side = side_of(SIZE)
    content = overlay(case(**changed), CROP, VALID, heat, sheet=blank(side))
    return np.asarray(Image.open(io.BytesIO(content))).astype(int)


@pytest.mark.parametrize(("size", "side"), [(32, 288), (96, 288), (224, 448), (512, 512)])
def test_a_crop_is_shown_at_a_whole_multiple(size: int, side: int) -> None:
    assert side_of(size) == side


def test_invalid_pixels_are_black() -> None:
    valid = VALID.copy()
    valid[:10] = False
    shown = grey(CROP + 100, valid, SIZE)
    assert not shown[:10].any()
    assert shown[10:].max() == 255


def test_heat_covers_where_it_is_and_lets_the_film_through_elsewhere() -> None:
    heat = np.zeros((2, 2), np.float32)
    heat[0, 0] = 7
    crop = np.full((8, 8), 100, np.uint8)
    mixed = laid_over(crop, heat).astype(int)
    hottest = COVER * colours()[255].astype(float) + (1 - COVER) * 100
    np.testing.assert_allclose(mixed[0, 0], hottest, atol=1)
    assert mixed[7, 7].tolist() == [100, 100, 100]
    nothing = laid_over(crop, np.zeros((2, 2), np.float32))
    assert (nothing == 100).all()


def test_crop_and_map_stand_side_by_side() -> None:
    heat = np.eye(6, dtype=np.float32)
    picture, side = drawn(heat), side_of(SIZE)
    top = HEAD + MARGIN
    left = picture[top : top + side, MARGIN : MARGIN + side]
    shown = grey(CROP, VALID, side)
    np.testing.assert_array_equal(left, shown[..., None].repeat(3, axis=2))
    start = MARGIN + side + GAP
    right = picture[top : top + side, start : start + side]
    np.testing.assert_array_equal(right, laid_over(shown, heat))


def test_synthetic_and_zero_are_marked_in_the_picture() -> None:
    heat, zero = np.ones((6, 6), np.float32), np.zeros((6, 6), np.float32)
    plain, marked = drawn(heat), drawn(heat, synthetic=True)
    side = side_of(SIZE)
    for start in (MARGIN, MARGIN + side + GAP):
        panel = np.s_[HEAD + MARGIN : HEAD + MARGIN + side, start : start + side]
        assert (plain[panel] != marked[panel]).any()
    assert (plain[:HEAD] != marked[:HEAD]).any()
    start = MARGIN + side + GAP
    panel = drawn(zero)[HEAD + MARGIN : HEAD + MARGIN + side, start : start + side]
    assert (panel != laid_over(grey(CROP, VALID, side), zero)).any()


def test_the_case_says_whose_map_it_is() -> None:
    assert case().lines == ("H1   false negative", "score 0.250   map of the negated logit")
    assert case(target=1, outcome="TP").lines[1] == "score 0.250   map of the logit"
