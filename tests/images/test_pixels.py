from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from osteohip.images.pixels import (
    Box,
    bone_bright,
    cut,
    is_padding,
    overlay_mask,
    stored_range,
    valid_pixels,
)
from osteohip.site.film import decode, read_dataset

MakeFilm = Callable[..., bytes]
M1: dict[str, Any] = {"PhotometricInterpretation": "MONOCHROME1"}
VALUES = np.array([[0, 1, 1000], [7, 2047, 4095]], dtype=np.uint16)
TWELVE: dict[str, Any] = {"BitsStored": 12, "HighBit": 11}


def opened(make_film: MakeFilm, pixels: Any = VALUES, **tags: Any) -> tuple[Any, Dataset]:
    dataset = read_dataset(make_film(pixels, **tags))
    return decode(dataset), dataset


def bright(make_film: MakeFilm, pixels: Any = VALUES, *, voi: bool = False, **tags: Any) -> Any:
    return bone_bright(*opened(make_film, pixels, **tags), voi=voi)


def lut(descriptor: list[int], data: list[int]) -> Dataset:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", descriptor)
    table.add_new("LUTData", "US", data)
    return table


def test_cut_is_half_open_rows_and_columns() -> None:
    array = np.arange(20).reshape(4, 5)
    assert cut(array, Box(x0=1, y0=2, x1=3, y1=4)).tolist() == [[11, 12], [16, 17]]


@pytest.mark.parametrize(
    ("bits", "signed", "ends"), [(12, 0, (0, 4095)), (16, 1, (-32768, 32767)), (8, 1, (-128, 127))]
)
def test_stored_range(bits: int, signed: int, ends: tuple[int, int]) -> None:
    dataset = Dataset()
    dataset.BitsStored, dataset.PixelRepresentation = bits, signed
    assert stored_range(dataset) == ends


def test_one_film_in_both_photometric_interpretations_is_equal(make_film: MakeFilm) -> None:
    plain = bright(make_film, **TWELVE)
    np.testing.assert_array_equal(plain, VALUES)
    inverse = bright(make_film, 4095 - VALUES, **TWELVE, **M1)
    np.testing.assert_array_equal(inverse, plain)
    rescaled: dict[str, Any] = {"RescaleSlope": "0.5", "RescaleIntercept": "-100"}
    np.testing.assert_array_equal(
        bright(make_film, 4095 - VALUES, **TWELVE, **M1, **rescaled),
        bright(make_film, **TWELVE, **rescaled),
    )


def test_signed_monochrome1(make_film: MakeFilm) -> None:
    values = np.array([[-32768, 0, 32767]], dtype=np.int16)
    assert bright(make_film, values, **M1).tolist() == [[32767, -1, -32768]]


def test_a_falling_modality_lut_turns_the_sign_round(make_film: MakeFilm) -> None:
    falling: dict[str, Any] = {"RescaleSlope": "-1", "RescaleIntercept": "4095"} | TWELVE
    # stored: higher where more radiation came through; after the LUT higher means bone
    found = bright(make_film, PixelIntensityRelationshipSign=1, **falling)
    np.testing.assert_array_equal(found, 4095.0 - VALUES)
    with pytest.raises(ValueError, match="Sign"):
        bright(make_film, PixelIntensityRelationshipSign=-1, **falling)


def test_a_falling_voi_table_inverts_even_when_it_is_not_applied(make_film: MakeFilm) -> None:
    falling: dict[str, Any] = {"VOILUTSequence": [lut([3, 0, 16], [200, 100, 0])]}
    values = np.array([[0, 1, 2]], dtype=np.uint8)
    assert bright(make_film, values, **falling).tolist() == [[255, 254, 253]]
    assert bright(make_film, values, **falling, **M1).tolist() == [[0, 1, 2]]
    assert bright(make_film, values, voi=True, **falling).tolist() == [[1, 0.5, 0]]
    assert bright(make_film, values, voi=True, **falling, **M1).tolist() == [[0, 0.5, 1]]


@pytest.mark.parametrize("voi", [False, True])
@pytest.mark.parametrize(
    ("photometric", "modality_falls", "voi_falls", "sign"),
    [
        # sign -1: bone is high in what is stored; each fall turns it, MONOCHROME1 shows low bright
        ("MONOCHROME2", False, False, -1),
        ("MONOCHROME2", False, True, 1),
        ("MONOCHROME2", True, False, 1),
        ("MONOCHROME2", True, True, -1),
        ("MONOCHROME1", False, False, 1),
        ("MONOCHROME1", False, True, -1),
        ("MONOCHROME1", True, False, -1),
        ("MONOCHROME1", True, True, 1),
    ],
)
def test_bone_is_bright_where_the_sign_says_that_it_lies(
    make_film: MakeFilm,
    voi: bool,
    photometric: str,
    modality_falls: bool,
    voi_falls: bool,
    sign: int,
) -> None:
    bone, air = (2, 0) if sign == -1 else (0, 2)
    tags: dict[str, Any] = {"PhotometricInterpretation": photometric}
    tags["VOILUTSequence"] = [lut([3, 0, 16], [200, 100, 0] if voi_falls else [0, 100, 200])]
    if modality_falls:
        # The table then has its entries at 0, 1 and 2 again.
        tags |= {"RescaleSlope": "-1", "RescaleIntercept": "2"}
    pixels = np.array([[bone, air]], dtype=np.uint8)
    found = bright(make_film, pixels, voi=voi, PixelIntensityRelationshipSign=sign, **tags)
    assert found[0, 0] > found[0, 1]
    with pytest.raises(ValueError, match="Sign"):
        bright(make_film, pixels, voi=voi, PixelIntensityRelationshipSign=-sign, **tags)


def test_window(make_film: MakeFilm) -> None:
    window: dict[str, Any] = {"WindowCenter": "1000.5", "WindowWidth": "1001"} | TWELVE
    found = bright(make_film, voi=True, **window)
    np.testing.assert_allclose(found, np.array([[0, 0, 0.5], [0, 1, 1]]))
    np.testing.assert_allclose(bright(make_film, voi=True, **window, **M1), 1 - found)
    np.testing.assert_array_equal(bright(make_film, **window), VALUES)


@pytest.mark.parametrize(
    ("tags", "padding"),
    [
        ({}, []),
        ({"PixelPaddingValue": 0}, [0]),
        ({"PixelPaddingValue": 4095}, [4095]),
        ({"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 7}, [0, 1, 7]),
        ({"PixelPaddingValue": 4095, "PixelPaddingRangeLimit": 2047}, [2047, 4095]),
        ({"PixelPaddingValue": 99}, []),
        ({"PixelPaddingValue": 65535, "BitsStored": 12, "HighBit": 11}, [4095]),
        ({"PixelPaddingValue": 65535}, []),
    ],
)
def test_padding(make_film: MakeFilm, tags: dict[str, int], padding: list[int]) -> None:
    stored, dataset = opened(make_film, **tags)
    assert sorted(VALUES[is_padding(stored, dataset)].tolist()) == padding


def test_padding_of_signed_pixels_may_be_written_unsigned() -> None:
    dataset = Dataset()
    dataset.PixelRepresentation, dataset.BitsAllocated, dataset.BitsStored = 1, 16, 16
    dataset.add_new("PixelPaddingValue", "US", 63536)
    stored = np.array([[-2000, 0]], dtype=np.int16)
    assert is_padding(stored, dataset).tolist() == [[True, False]]


def overlay(
    rows: int, columns: int, bits: list[int], origin: tuple[int, int] = (1, 1), frames: int = 1
) -> Dataset:
    """A film of 3 rows and 4 columns with one overlay plane."""
    dataset = Dataset()
    dataset.Rows, dataset.Columns = 3, 4
    dataset.add_new(0x60020010, "US", rows)
    dataset.add_new(0x60020011, "US", columns)
    if frames > 1:
        dataset.add_new(0x60020015, "IS", frames)
    dataset.add_new(0x60020050, "SS", list(origin))
    dataset.add_new(0x60023000, "OW", np.packbits(bits, bitorder="little").tobytes())
    return dataset


@pytest.mark.parametrize(
    ("plane", "covered"),
    [
        (overlay(3, 4, [1] + [0] * 10 + [1]), [(0, 0), (2, 3)]),
        (overlay(2, 2, [1, 0, 0, 1], origin=(2, 2)), [(1, 1), (2, 2)]),
        (overlay(2, 2, [1, 0, 0, 1], origin=(0, 0)), [(0, 0)]),
        (overlay(2, 2, [1, 1, 1, 1], origin=(3, 4)), [(2, 3)]),
        (overlay(2, 2, [1, 1, 1, 1], origin=(4, 5)), []),
        (overlay(2, 2, [1, 1, 1, 1], origin=(-5, 1)), []),
        (overlay(1, 4, [1, 0, 0, 0, 0, 0, 0, 1], frames=2), [(0, 0), (0, 3)]),
        (overlay(3, 4, [0] * 12), []),
    ],
)
def test_overlay(plane: Dataset, covered: list[tuple[int, int]]) -> None:
    mask = overlay_mask(plane, 0x6002)
    assert mask.shape == (3, 4)
    assert list(zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True)) == covered


def test_overlay_with_too_few_bits() -> None:
    with pytest.raises(ValueError, match="as many overlay bits"):
        overlay_mask(overlay(3, 4, [1] * 8), 0x6002)


def test_padding_and_overlays_of_a_file_are_invalid(make_film: MakeFilm) -> None:
    dataset = read_dataset(make_film(VALUES, PixelPaddingValue=1000))
    for tag, vr, value in (
        (0x60000010, "US", 2),
        (0x60000011, "US", 3),
        (0x60000050, "SS", [1, 1]),
        (0x60003000, "OW", b"\x28\x00"),
    ):
        dataset.add_new(tag, vr, value)
    assert valid_pixels(decode(dataset), dataset).tolist() == [
        [True, True, False],
        [False, True, False],
    ]


def test_padding_above_bits_stored(make_film: MakeFilm) -> None:
    words = np.array([[0xFFFF, 0x0FFE], [0xF000, 7]], dtype=np.uint16)
    stored, dataset = opened(make_film, words, PixelPaddingValue=0xFFFF, **TWELVE)
    assert stored[0, 0] == 4095
    assert is_padding(stored, dataset).tolist() == [[True, False], [False, False]]
    signed = words.astype(np.int16)
    stored, dataset = opened(make_film, signed, PixelPaddingValue=-1, **TWELVE)
    assert is_padding(stored, dataset).tolist() == [[True, False], [False, False]]


def test_a_padding_value_too_large_for_a_pixel_pads_nothing() -> None:
    dataset = Dataset()
    dataset.PixelRepresentation, dataset.BitsAllocated, dataset.BitsStored = 0, 8, 8
    dataset.add_new("PixelPaddingValue", "US", 65535)
    assert not is_padding(np.array([[0, 255]], dtype=np.uint8), dataset).any()
