"""Films as DICOM objects: polarity, padding, overlay, encodings, and a validator's verdict."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from osteohip.synthetic.dicom_writer import (
    Header,
    collimate,
    film_dataset,
    polarity,
    write_dicom,
)
from osteohip.synthetic.scanners import DEVELOPMENT_SCANNERS, EXTERNAL_SCANNERS, Scanner

ALL = (*DEVELOPMENT_SCANNERS, *EXTERNAL_SCANNERS)
ENCODED = [(scanner, uid) for scanner in ALL for uid, _ in scanner.transfer_syntaxes]
HEADER = Header(
    sop_instance_uid="2.25.1",
    study_instance_uid="2.25.2",
    series_instance_uid="2.25.3",
    patient_id="D1-000001",
    patient_name="SYNTHETIC^P000001",
    sex="F",
    birth_date=date(1940, 2, 29),
    day=date(2012, 2, 28),
    second_of_day=8 * 3600 + 5,
    accession="00000001",
    institution="Synthetic Hospital A",
    body_part="hip",
    projection="AP",
    view="AP",
    side="L",
    kvp=75.0,
    tube_current_ma=320,
    exposure_time_ms=80,
    pixel_spacing_mm=0.28,
)


def ramp(bits: int, shape: tuple[int, int] = (90, 81)) -> npt.NDArray[np.uint16]:
    values = np.linspace(0, 2**bits - 1, shape[0] * shape[1]).round()
    return values.reshape(shape).astype(np.uint16)


def name(scanner: Scanner) -> str:
    return f"{scanner.model_name}-{scanner.software}"


@pytest.mark.parametrize(
    ("scanner", "syntax"), ENCODED, ids=[f"{name(s)}-{uid}" for s, uid in ENCODED]
)
def test_what_is_stored_comes_back_in_every_encoding(
    tmp_path: Path, scanner: Scanner, syntax: pydicom.uid.UID
) -> None:
    bone_bright = ramp(scanner.bits)
    stored = polarity(bone_bright, scanner)
    ds = film_dataset(stored, HEADER, scanner, padded=False, marker=None)
    write_dicom(tmp_path / "film", ds, syntax)
    read = pydicom.dcmread(tmp_path / "film")
    assert read.file_meta.TransferSyntaxUID == syntax
    assert read.SOPInstanceUID == read.file_meta.MediaStorageSOPInstanceUID == "2.25.1"
    pixels = read.pixel_array
    np.testing.assert_array_equal(pixels, stored)
    shown = 2**scanner.bits - 1 - pixels if scanner.photometric == "MONOCHROME1" else pixels
    np.testing.assert_array_equal(shown, bone_bright)


@pytest.mark.parametrize("scanner", ALL, ids=name)
def test_polarity_tags_agree(scanner: Scanner) -> None:
    ds = film_dataset(ramp(scanner.bits), HEADER, scanner, padded=True, marker=None)
    inverted = ds.PhotometricInterpretation == "MONOCHROME1"
    # Low values are bone, so little X-ray, in MONOCHROME1: sign +1 (PS3.3 C.8.11.3.1.2).
    assert ds.PixelIntensityRelationshipSign == (1 if inverted else -1)
    shape = ds.get("PresentationLUTShape", "INVERSE" if inverted else "IDENTITY")
    assert shape == ("INVERSE" if inverted else "IDENTITY")
    assert ds.PixelPaddingValue == (2**scanner.bits - 1 if inverted else 0)


def test_the_header_says_what_it_was_told() -> None:
    ds = film_dataset(ramp(14), HEADER, DEVELOPMENT_SCANNERS[0], padded=False, marker=None)
    assert ds.PatientAge == "071Y"  # the day before the 72nd birthday
    assert ds.StudyTime == "080005"
    assert (ds.ImageLaterality, ds.ViewPosition, ds.BodyPartExamined) == ("L", "AP", "HIP")
    assert "PixelPaddingValue" not in ds


@pytest.mark.parametrize(
    ("side", "cr", "dx"),
    [("R", ("R", None), "R"), ("B", (None, "B"), "B"), (None, ("", None), "U")],
)
def test_side_tags(side: str | None, cr: tuple[str | None, str | None], dx: str) -> None:
    header = replace(HEADER, side=side)
    by_modality = {s.modality: s for s in DEVELOPMENT_SCANNERS}
    ds = film_dataset(ramp(10), header, by_modality["CR"], padded=False, marker=None)
    assert (ds.get("Laterality"), ds.get("ImageLaterality")) == cr
    ds = film_dataset(ramp(10), header, by_modality["DX"], padded=False, marker=None)
    assert ds.ImageLaterality == dx


def test_the_border_keeps_off_the_boxes_and_is_all_that_is_zero() -> None:
    rng = np.random.default_rng(3)
    film = np.zeros((300, 400), dtype=np.uint16)
    film[150, 200] = 7
    framed = collimate(film, [(60, 40, 200, 180), (220, 50, 360, 240)], rng)
    assert framed[28:252, 48:372].min() == 1
    assert framed[150, 200] == 7
    assert framed[0].max() == framed[:, 0].max() == framed[-1].max() == framed[:, -1].max() == 0


def test_the_border_vanishes_where_a_box_fills_the_film() -> None:
    film = np.full((50, 50), 3, dtype=np.uint16)
    framed = collimate(film, [(0, 0, 50, 50)], np.random.default_rng(0))
    np.testing.assert_array_equal(framed, film)


def test_the_overlay_shows_the_letter() -> None:
    ds = film_dataset(ramp(14), HEADER, DEVELOPMENT_SCANNERS[2], padded=False, marker="L")
    plane = ds.overlay_array(0x6000)
    assert plane.shape == (90, 81)
    assert plane[30:79, 30:37].all()  # the upright
    assert plane[72:79, 30:65].all()  # the foot
    assert plane.sum() == (7 + 4) * 49


def test_same_film_same_bytes(tmp_path: Path) -> None:
    for place in ("a", "b"):
        ds = film_dataset(ramp(12), HEADER, DEVELOPMENT_SCANNERS[1], padded=False, marker=None)
        write_dicom(tmp_path / place, ds, ExplicitVRLittleEndian)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("scanner", "syntax"), ENCODED, ids=[f"{name(s)}-{uid}" for s, uid in ENCODED]
)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"body_part": "pelvis", "side": "B"},
        {"view": None, "side": None},
        {"projection": "lateral", "view": "LL"},
    ],
    ids=["hip", "pelvis", "untagged", "lateral"],
)
def test_dciodvfy_finds_no_error(
    tmp_path: Path,
    scanner: Scanner,
    syntax: pydicom.uid.UID,
    changes: dict[str, str | None],
) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian's dicom3tools) is not installed")
    ds = film_dataset(
        polarity(ramp(scanner.bits), scanner),
        replace(HEADER, **changes),  # type: ignore[arg-type]
        scanner,
        padded=scanner.collimated > 0,
        marker="L" if scanner.overlay else None,
    )
    write_dicom(tmp_path / "film", ds, syntax)
    done = subprocess.run(
        ["dciodvfy", str(tmp_path / "film")], capture_output=True, text=True, check=False
    )
    verdict = done.stdout + done.stderr
    assert "Image" in verdict  # the IOD was recognised
    assert [line for line in verdict.splitlines() if line.startswith("Error")] == []
