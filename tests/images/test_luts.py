from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_voi_lut

from osteohip.images.luts import apply_modality, apply_voi, apply_window, look_up, read_table
from osteohip.site.film import read_dataset

MakeFilm = Callable[..., bytes]


def item(descriptor: list[int], data: bytes | list[int]) -> Dataset:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", descriptor)
    table.add_new("LUTData", "OW" if isinstance(data, bytes) else "US", data)
    return table


def film(make_film: MakeFilm, **tags: object) -> Dataset:
    return read_dataset(make_film(**tags))


@pytest.mark.parametrize(
    ("center", "width", "function", "values"),
    [
        # PS3.3, C.11.2.1.2.1: c 2048, w 4096 is 0 at 0 and 1 at 4095
        (2048, 4096, "LINEAR", {0: 0, 4095: 1, 2047.5: 0.5, -9: 0, 9999: 1}),
        (0, 100, "LINEAR", {-50: 0, 49: 1}),
        (10, 1, "LINEAR", {9: 0, 9.5: 0, 9.6: 1, 10: 1}),
        (0, 100, "LINEAR_EXACT", {-50: 0, 0: 0.5, 50: 1, 25: 0.75}),
        (0, 100, "SIGMOID", {0: 0.5, 25: 1 / (1 + np.exp(-1)), -1e9: 0, 1e9: 1}),
    ],
)
def test_window(center: float, width: float, function: str, values: dict[float, float]) -> None:
    found = apply_window(
        np.array(list(values), dtype=np.float64), center=center, width=width, function=function
    )
    np.testing.assert_allclose(found, list(values.values()), atol=1e-12)


@pytest.mark.parametrize(
    ("width", "function"), [(0, "LINEAR"), (0.5, "LINEAR"), (0, "SIGMOID"), (9, "CUBIC")]
)
def test_wrong_windows(width: float, function: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        apply_window(np.zeros(1), center=0, width=width, function=function)


def test_look_up_holds_its_ends() -> None:
    table = np.array([5.0, 6.0, 9.0])
    found = look_up(np.array([-100.0, 9.0, 10.0, 11.0, 12.0, 500.0]), 10, table)
    assert found.tolist() == [5, 5, 5, 6, 9, 9]


@pytest.mark.parametrize(
    ("descriptor", "data", "signed", "first", "table"),
    [
        ([3, 0, 16], [1, 2, 3], 0, 0, [1, 2, 3]),
        ([3, 0, 16], b"\x01\x00\x02\x00\x00\x01", 0, 0, [1, 2, 256]),
        ([3, 0, 8], b"\x01\x02\x03\x00", 0, 0, [1, 2, 3]),
        ([4, 0, 8], b"\x01\x00\x02\x00\x03\x00\x04\x00", 0, 0, [1, 2, 3, 4]),
        ([2, 65535, 16], [1, 2], 1, -1, [1, 2]),
        ([2, 65535, 16], [1, 2], 0, 65535, [1, 2]),
    ],
)
def test_read_table(
    make_film: MakeFilm,
    descriptor: list[int],
    data: bytes | list[int],
    signed: int,
    first: int,
    table: list[float],
) -> None:
    dataset = film(make_film, PixelRepresentation=signed)
    found_first, found = read_table(item(descriptor, data), dataset)
    assert (found_first, found.tolist()) == (first, table)


def test_table_of_the_wrong_length(make_film: MakeFilm) -> None:
    with pytest.raises(ValueError, match="as many LUT entries"):
        read_table(item([4, 0, 16], [1, 2, 3]), film(make_film))


def test_modality(make_film: MakeFilm) -> None:
    stored = np.array([0, 1, 10], dtype=np.uint16)
    assert apply_modality(stored, film(make_film)).tolist() == [0, 1, 10]
    rescaled = film(make_film, RescaleSlope="-2", RescaleIntercept="100.5")
    assert apply_modality(stored, rescaled).tolist() == [100.5, 98.5, 80.5]
    assert apply_modality(stored, film(make_film, RescaleSlope="4")).tolist() == [0, 4, 40]
    table = film(make_film, ModalityLUTSequence=[item([3, 1, 16], [7, 8, 9])])
    assert apply_modality(stored, table).tolist() == [7, 7, 9]


def test_voi_takes_the_table_then_the_first_window(make_film: MakeFilm) -> None:
    values = np.array([0.0, 50.0, 100.0])
    assert apply_voi(values, film(make_film)).tolist() == [0, 50, 100]
    windows = film(make_film, WindowCenter=["50.5", "0"], WindowWidth=["101", "9"])
    assert apply_voi(values, windows).tolist() == [0, 0.5, 1]
    both = film(
        make_film,
        WindowCenter="50",
        WindowWidth="1",
        VOILUTSequence=[item([2, 50, 16], [10, 40])],
    )
    assert apply_voi(values, both).tolist() == [0.25, 0.25, 1]


def test_voi_table_of_a_real_file_is_as_another_library_applies_it(shared: Path) -> None:
    dataset = pydicom.dcmread(shared / "dicom" / "edge" / "vlut_04.dcm")
    stored = dataset.pixel_array
    expected = apply_voi_lut(stored, dataset)
    found = apply_voi(stored.astype(np.float64), dataset)
    np.testing.assert_allclose(found * found_max(dataset), expected, atol=1e-9)
    assert len(np.unique(expected)) > 10


def found_max(dataset: Dataset) -> float:
    return float(read_table(dataset.VOILUTSequence[0], dataset)[1].max())
