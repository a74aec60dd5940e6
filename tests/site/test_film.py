from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from osteohip.site.film import (
    RefusedError,
    check_film,
    clean,
    decode,
    image_type,
    iso_date,
    pixel_digest,
    read_dataset,
    read_facts,
    side_of,
    stored_bits,
    view_of,
)

MakeFilm = Callable[..., bytes]
ACCEPTED = ("CR", "DX")
RAMP = np.arange(48, dtype=np.uint16).reshape(6, 8)
WIDE = np.arange(4096, dtype=np.uint16).reshape(64, 64)
# sha256sum of the numbers 0 to 4095 as 16 bit little-endian words
WIDE_DIGEST = "8500f04e6b29f9697ab60beb608e81ed0022a0613bc1d636e494029307697d08"


def look(content: bytes) -> str:
    """Return the reason of refusal, or `film`."""
    try:
        dataset = read_dataset(content)
        check_film(dataset, ACCEPTED)
        read_facts(dataset)
        decode(dataset)
    except RefusedError as refused:
        return refused.reason
    return "film"


@pytest.mark.parametrize(
    ("tags", "outcome"),
    [
        ({}, "film"),
        ({"Modality": "CR"}, "film"),
        ({"Modality": "CT"}, "wrong_modality"),
        ({"Modality": "OT"}, "wrong_modality"),
        ({"Modality": ""}, "missing_tag"),
        ({"without": ("Modality",)}, "missing_tag"),
        ({"without": ("PixelData",)}, "no_pixel_data"),
        ({"PixelData": b""}, "no_pixel_data"),
        ({"Modality": "MR", "NumberOfFrames": 2}, "wrong_modality"),
        ({"NumberOfFrames": 1}, "film"),
        ({"NumberOfFrames": 2}, "multiframe"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "film"),
        ({"PhotometricInterpretation": "RGB"}, "colour"),
        ({"PhotometricInterpretation": "YBR_FULL_422"}, "colour"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"SamplesPerPixel": 3}, "colour"),
        ({"PhotometricInterpretation": "MONOCHROME3"}, "unknown_photometric"),
        ({"PhotometricInterpretation": ""}, "missing_tag"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "not_for_presentation"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1.1"}, "not_for_presentation"),
        ({"without": ("PresentationIntentType",)}, "film"),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, "film"),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, "derived"),
        ({"ImageType": ["ORIGINAL", "SECONDARY"]}, "derived"),
        ({"ImageType": "DERIVED"}, "derived"),
        ({"without": ("ImageType",)}, "film"),
        ({"without": ("SOPInstanceUID",)}, "missing_tag"),
        ({"without": ("AcquisitionDate",)}, "missing_tag"),
        ({"without": ("AcquisitionDate",), "StudyDate": "20150616"}, "film"),
        ({"without": ("PatientID",)}, "film"),
        ({"without": ("BitsStored",)}, "missing_tag"),
        ({"Rows": 7}, "undecodable_pixels"),
        ({"Rows": 60000, "Columns": 60000}, "undecodable_pixels"),
        ({"BitsStored": 12, "HighBit": 3}, "undecodable_pixels"),
    ],
)
def test_outcome_of_one_tag(make_film: MakeFilm, tags: dict[str, Any], outcome: str) -> None:
    assert look(make_film(**tags)) == outcome


def test_a_broken_number_in_a_tag_refuses(make_film: MakeFilm) -> None:
    content = make_film(NumberOfFrames="17")
    assert content.count(b"IS\x02\x0017") == 1
    broken = content.replace(b"IS\x02\x0017", b"IS\x02\x001A")
    assert look(broken) == "unreadable_header"


def test_no_dicom(make_film: MakeFilm) -> None:
    assert look(b"") == "not_dicom"
    assert look(b"patient_id,sex\n") == "not_dicom"
    assert look(b"\x08\x00" + bytes(range(256))) == "not_dicom"
    assert look(bytes(128) + b"DICM" + b"\x02\x00\x10\x00UI\xff\xff1.2") != "film"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95, 0.999])
def test_truncated_films_are_refused(make_film: MakeFilm, share: float) -> None:
    whole = make_film(np.zeros((64, 64), np.uint16))
    assert look(whole) == "film"
    assert look(whole[: int(len(whole) * share)]) in {
        "unreadable_header",
        "missing_tag",
        "no_pixel_data",
        "undecodable_pixels",
    }


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_damaged_compressed_pixels_never_raise(make_film: MakeFilm, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
    whole = make_film(noise, syntax=JPEG2000Lossless)
    content = bytearray(whole)
    start = int(len(whole) * share)
    content[start : start + 40] = bytes(40)
    assert look(bytes(content)) in {"film", "undecodable_pixels", "unreadable_header"}


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        RLELossless,
        JPEG2000Lossless,
        JPEGLSLossless,
    ],
)
def test_one_digest_in_every_lossless_encoding(make_film: MakeFilm, syntax: UID) -> None:
    values = decode(read_dataset(make_film(WIDE, syntax=syntax)))
    np.testing.assert_array_equal(values, WIDE)
    assert pixel_digest(values) == WIDE_DIGEST


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_films_without_preamble_are_read(make_film: MakeFilm, syntax: UID) -> None:
    content = make_film(RAMP, syntax=syntax, preamble=False)
    assert look(content) == "film"
    np.testing.assert_array_equal(decode(read_dataset(content)), RAMP)
    assert look(content[:-2]) == "undecodable_pixels"


def test_digest_does_not_depend_on_memory_layout() -> None:
    expected = pixel_digest(RAMP)
    assert pixel_digest(RAMP.astype(">u2")) == expected
    assert pixel_digest(np.asfortranarray(RAMP)) == expected
    assert pixel_digest(RAMP.reshape(8, 6).T) != expected


def test_signed_values(make_film: MakeFilm) -> None:
    values = np.array([[-3, 5], [0, -2048]], dtype=np.int16)
    np.testing.assert_array_equal(decode(read_dataset(make_film(values))), values)


@pytest.mark.parametrize(
    ("word", "bits_stored", "high_bit", "value"),
    [
        (0x0123, 16, 15, 0x0123),
        (0xF123, 12, 11, 0x0123),
        (0xFFF3, 4, 3, 0x0003),
        (0x1230, 12, 15, 0x0123),
        (0xF128, 8, 10, 0x0025),
    ],
)
def test_stored_bits(word: int, bits_stored: int, high_bit: int, value: int) -> None:
    words = np.array([word], dtype=np.uint16)
    found = stored_bits(words, bits_stored=bits_stored, high_bit=high_bit)
    assert found.dtype == np.uint16
    assert found[0] == value


def test_stored_bits_extend_the_sign() -> None:
    words = np.array([0x0FFF, 0x07FF, 0x0800], dtype=np.uint16).view(np.int16)
    found = stored_bits(words, bits_stored=12, high_bit=11)
    np.testing.assert_array_equal(found, [-1, 2047, -2048])


def test_bits_above_the_stored_ones_are_cleared(make_film: MakeFilm) -> None:
    dirty = RAMP | np.uint16(0x8000)
    content = make_film(dirty, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(decode(read_dataset(content)), RAMP)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("20150615", "2015-06-15"),
        ("2015.06.15", "2015-06-15"),
        ("20150615120000.000+0900", "2015-06-15"),
        ("20150229", ""),
        ("2015-06-15", ""),
        ("150615", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_iso_date(text: str | None, iso: str) -> None:
    assert iso_date(text) == iso


def tagged(**tags: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("image", "series", "part", "side"),
    [
        ("R", None, "HIP", "R"),
        (None, "L", "HIP", "L"),
        ("B", None, "HIP", "both"),
        ("L", "L", "HIP", "L"),
        ("L", "R", "HIP", ""),
        ("U", None, "PELVIS", "both"),
        ("U", None, "HIP", ""),
        (None, None, "PELVIS", ""),
        ("X", None, "HIP", ""),
        (None, None, "HIP", ""),
    ],
)
def test_side_is_never_guessed(image: str | None, series: str | None, part: str, side: str) -> None:
    film = tagged(ImageLaterality=image, Laterality=series, BodyPartExamined=part)
    film.SeriesDescription = "Rt hip"
    assert side_of(film) == side


@pytest.mark.parametrize(
    ("position", "code", "view"),
    [
        ("AP", None, "AP"),
        ("ap ", None, "AP"),
        (None, "399348003", "AP"),
        (None, "R-10206", "AP"),
        (None, "272479007", "OTHER"),
        ("LL", "399173006", "LL"),
        ("AP", "272479007", ""),
        (None, None, ""),
    ],
)
def test_view(position: str | None, code: str | None, view: str) -> None:
    codes = [tagged(CodeValue=code)] if code else []
    assert view_of(tagged(ViewPosition=position, ViewCodeSequence=codes)) == view


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("  GM85 \x00", "GM85"),
        ("two\r\nlines\tand tab", "two lines and tab"),
        ("\u1112\u1175\u11bc", "\ud79d"),
        ("x" * 100, "x" * 64),
        ("zero\u200bwidth", "zero width"),
    ],
)
def test_clean(value: object, text: str) -> None:
    assert clean(value) == text


def test_old_image_type_is_parted_by_a_space() -> None:
    assert image_type(tagged(ImageType="ORIGINAL PRIMARY")) == ("ORIGINAL", "PRIMARY")
    assert image_type(tagged(ImageType=["DERIVED", "PRIMARY"])) == ("DERIVED", "PRIMARY")
    assert image_type(tagged()) == ("", "")


def test_facts(make_film: MakeFilm) -> None:
    region = tagged(CodeValue="24136001", CodingSchemeDesignator="SCT", CodeMeaning="Hip joint")
    content = make_film(
        SpecificCharacterSet="ISO 2022 IR 149",
        InstitutionName="\uc11c\uc6b8\ubcd1\uc6d0",
        AnatomicRegionSequence=[region],
        BodyPartExamined="",
        KVP="75",
        without=("PatientSex",),
    )
    facts = read_facts(read_dataset(content))
    assert facts.institution == "\uc11c\uc6b8\ubcd1\uc6d0"
    assert facts.body_part == "HIP"
    assert (facts.film_date, facts.birth_date, facts.sex) == ("2015-06-15", "1940-01-01", "")
    assert (facts.rows, facts.columns, facts.bits_stored, facts.kvp) == (6, 8, 16, "75")


def test_big_endian_pixels_have_the_same_digest(make_film: MakeFilm) -> None:
    dataset = read_dataset(make_film(RAMP))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = RAMP.astype(">u2").tobytes()
    assert pixel_digest(decode(dataset)) == pixel_digest(RAMP)
