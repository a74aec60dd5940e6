"""Open one DICOM file: is it a film of this study, what do its tags say, what are its pixels."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

Reason = Literal[
    "not_dicom",
    "unreadable_header",
    "no_pixel_data",
    "undecodable_pixels",
    "wrong_modality",
    "not_for_presentation",
    "derived",
    "multiframe",
    "colour",
    "missing_tag",
    "unknown_photometric",
    "duplicate_file",
]
Stored = npt.NDArray[np.integer[Any]]

FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
COLOURS = ("RGB", "YBR", "PALETTE COLOR", "HSV", "ARGB", "CMYK")
MAX_PIXELS = 100_000_000
MAX_TEXT = 64
# The first tags that a data set without file meta information can begin with (PS3.5, 7.1).
FIRST_TAGS = (b"\x02\x00\x00\x00", b"\x02\x00\x01\x00", b"\x08\x00")
NEEDED = (
    "SOPInstanceUID",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)
# The day of the exposure first, then the next best; a study may be filed under another day.
FILM_DATES = ("AcquisitionDate", "AcquisitionDateTime", "ContentDate", "SeriesDate", "StudyDate")
# Codes of (PS3.16) CID 4010 "DX View" and CID 4009 "DX Anatomy Imaged", SNOMED CT and older SRT.
AP_CODES = ("399348003", "R-10206")
BODY_PARTS = {
    "29836001": "HIP",
    "T-D2500": "HIP",
    "24136001": "HIP",
    "T-15710": "HIP",
    "816092008": "PELVIS",
    "12921003": "PELVIS",
    "T-D6000": "PELVIS",
}


class RefusedError(Exception):
    """A file that is no film of this study.

    Parameters
    ----------
    reason
        One of the reasons of ``refused.csv``.
    detail
        What was found; it may hold text from the file and is private.
    """

    def __init__(self, reason: Reason, detail: str):
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True)
class FilmFacts:
    """What the tags say of a film; text is cleaned, and empty where the tags are silent."""

    sop_instance_uid: str
    patient_id: str
    film_date: str
    birth_date: str
    sex: str
    view: str
    side: str
    body_part: str
    modality: str
    manufacturer: str
    model_name: str
    institution: str
    kvp: str
    rows: int
    columns: int
    bits_stored: int
    photometric: str


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep warnings of the DICOM library away from logs: they quote values of the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_dataset(content: bytes) -> Dataset:
    """Read the bytes of a DICOM file, with or without preamble and file meta information.

    Raises
    ------
    RefusedError
        ``not_dicom`` where the bytes begin neither with a preamble nor with a first data element,
        ``unreadable_header`` where they do and cannot be parsed.
    """
    has_preamble = content[128:132] == b"DICM"
    if not has_preamble and not content.startswith(FIRST_TAGS):
        raise RefusedError("not_dicom", "no DICOM preamble and no first data element")
    try:
        with _quietly():
            dataset = pydicom.dcmread(io.BytesIO(content), force=not has_preamble)
            # pydicom parses values when they are first used: use all, so that a broken one shows
            # here; a nested sequence is parsed with its parent.
            for tag in dataset.keys():  # noqa: SIM118 (iterating a Dataset yields elements)
                if tag.group in (0x0008, 0x0010, 0x0018, 0x0020, 0x0028):
                    dataset[tag]
    except Exception as error:
        reason: Reason = "unreadable_header" if has_preamble else "not_dicom"
        raise RefusedError(reason, _describe(error)) from None
    if not has_preamble and "Modality" not in dataset and "SOPClassUID" not in dataset:
        raise RefusedError("not_dicom", "no preamble, and neither Modality nor SOP Class UID")
    return dataset


def check_film(dataset: Dataset, modalities: Collection[str]) -> None:
    """Refuse what is no projection film of this study; the first of these reasons counts.

    The order goes from what the object is to what it lacks: ``wrong_modality``,
    ``no_pixel_data``, ``missing_tag`` (modality or photometric interpretation), ``multiframe``,
    ``colour``, ``unknown_photometric``, ``not_for_presentation``, ``derived``, ``missing_tag``
    (everything else). Pixels are decoded only afterwards.

    Notes
    -----
    ``derived`` is an image made after the examination: Image Type value 2 SECONDARY, or value 1
    DERIVED without PRIMARY in value 2 (PS3.3, C.7.6.1.1.2). DERIVED with PRIMARY serves: several
    vendors mark ordinary processed films so, and so does a loss-free change of the encoding.
    A film that the hospital's archive compressed with loss serves too: it is what was read.

    Raises
    ------
    RefusedError
        With the reason and, as private detail, what was found.
    """
    try:
        with _quietly():
            _check_film(dataset, modalities)
    except RefusedError:
        raise
    except Exception as error:
        raise RefusedError("unreadable_header", _describe(error)) from None


def _check_film(dataset: Dataset, modalities: Collection[str]) -> None:
    modality = clean(dataset.get("Modality"))
    if modality and modality not in modalities:
        raise RefusedError("wrong_modality", f"Modality {modality}")
    if not dataset.get("PixelData"):
        raise RefusedError("no_pixel_data", "Pixel Data absent or empty")
    photometric = clean(dataset.get("PhotometricInterpretation"))
    absent = [
        name
        for name, text in (("Modality", modality), ("PhotometricInterpretation", photometric))
        if not text
    ]
    if absent:
        raise RefusedError("missing_tag", ", ".join(absent))
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise RefusedError("multiframe", f"{frames} frames")
    if photometric.startswith(COLOURS) or int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise RefusedError("colour", f"PhotometricInterpretation {photometric}")
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise RefusedError("unknown_photometric", f"PhotometricInterpretation {photometric}")
    intent = clean(dataset.get("PresentationIntentType"))
    if dataset.get("SOPClassUID") == FOR_PROCESSING or intent not in ("", "FOR PRESENTATION"):
        raise RefusedError("not_for_presentation", f"PresentationIntentType {intent}")
    origin, examination = image_type(dataset)
    if examination == "SECONDARY" or (origin == "DERIVED" and examination != "PRIMARY"):
        raise RefusedError("derived", f"ImageType {origin}\\{examination}")
    absent = [name for name in NEEDED if dataset.get(name) in (None, "")]
    if not film_date(dataset):
        absent.append("a date (AcquisitionDate, ContentDate, SeriesDate or StudyDate)")
    if absent:
        raise RefusedError("missing_tag", ", ".join(absent))
    pixels = int(dataset.Rows) * int(dataset.Columns)
    if not 0 < pixels <= MAX_PIXELS:
        raise RefusedError("undecodable_pixels", f"a matrix of {pixels} pixels")


def image_type(dataset: Dataset) -> tuple[str, str]:
    """Return values 1 and 2 of Image Type, empty where absent.

    Films older than DICOM part both values with a space.
    """
    value = dataset.get("ImageType") or ""
    text = value if isinstance(value, str) else "\\".join(str(item) for item in value)
    parts = re.split(r"[\\ ]", text.strip().upper())
    return parts[0], parts[1] if len(parts) > 1 else ""


def decode(dataset: Dataset) -> Stored:
    """Decode the stored values of a film, as they are before any LUT.

    Returns
    -------
    Array of shape (rows, columns) of the integer type that Bits Allocated and Pixel
    Representation say. Bits outside Bits Stored are cleared in uncompressed data, because films
    may keep overlays or rubbish there (PS3.5, 8.1.1).

    Raises
    ------
    RefusedError
        ``undecodable_pixels``.
    """
    try:
        with _quietly():
            _supply_transfer_syntax(dataset)
            values = cast("Stored", dataset.pixel_array)
            shape = (int(dataset.Rows), int(dataset.Columns))
            if values.shape != shape or values.dtype.kind not in "iu":
                raise ValueError(f"{values.dtype} values of shape {values.shape}, not {shape}")
            if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
                values = stored_bits(
                    values, bits_stored=int(dataset.BitsStored), high_bit=int(dataset.HighBit)
                )
    except Exception as error:
        raise RefusedError("undecodable_pixels", _describe(error)) from None
    return values


def _supply_transfer_syntax(dataset: Dataset) -> None:
    """Fill in the transfer syntax of a file without one, from how its header was readable."""
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
    if "TransferSyntaxUID" not in dataset.file_meta:
        expected = (int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated) + 7) // 8
        if len(dataset.PixelData) != expected + expected % 2:
            raise ValueError("no transfer syntax, and the pixels have not the size of plain ones")
        implicit = bool(dataset.original_encoding[0])
        dataset.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        )


def stored_bits(words: Stored, *, bits_stored: int, high_bit: int) -> Stored:
    """Return the stored values inside allocated ``words``: bits ``high_bit`` and below.

    Examples
    --------
    >>> stored_bits(np.array([0xF123], dtype=np.uint16), bits_stored=12, high_bit=11)
    array([291], dtype=uint16)
    """
    above = words.dtype.itemsize * 8 - 1 - high_bit
    below = high_bit + 1 - bits_stored
    if above < 0 or below < 0:
        raise ValueError(f"{bits_stored} bits stored up to bit {high_bit} of {words.dtype}")
    if above + below == 0:
        return words
    # Shifting up drops the bits above; shifting down again extends the sign of signed words.
    return cast("Stored", (words << above) >> (above + below))


def pixel_digest(values: Stored) -> str:
    """Return the SHA-256 of decoded stored values: C order, little-endian."""
    plain = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return hashlib.sha256(plain.tobytes()).hexdigest()


def read_facts(dataset: Dataset) -> FilmFacts:
    """Read the facts of a film that passed `check_film`.

    Raises
    ------
    RefusedError
        ``unreadable_header`` where a tag cannot be read.
    """
    try:
        with _quietly():
            return FilmFacts(
                sop_instance_uid=clean(dataset.SOPInstanceUID),
                patient_id=clean(dataset.get("PatientID")),
                film_date=film_date(dataset),
                birth_date=iso_date(dataset.get("PatientBirthDate")),
                sex=clean(dataset.get("PatientSex")).upper(),
                view=view_of(dataset),
                side=side_of(dataset),
                body_part=body_part_of(dataset),
                modality=clean(dataset.Modality),
                manufacturer=clean(dataset.get("Manufacturer")),
                model_name=clean(dataset.get("ManufacturerModelName")),
                institution=clean(dataset.get("InstitutionName")),
                kvp=clean(dataset.get("KVP")),
                rows=int(dataset.Rows),
                columns=int(dataset.Columns),
                bits_stored=int(dataset.BitsStored),
                photometric=clean(dataset.PhotometricInterpretation),
            )
    except Exception as error:
        raise RefusedError("unreadable_header", _describe(error)) from None


def clean(value: object) -> str:
    """Return a tag's value as one line of text: composed, no control characters, not long.

    ``MAX_TEXT`` is the longest that DICOM allows for the identifiers read here.
    """
    if value is None:
        return ""
    text = unicodedata.normalize("NFC", str(value))
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(visible.split())[:MAX_TEXT].strip()


def iso_date(value: object) -> str:
    """Return a DICOM date (YYYYMMDD, a date-time, or the older YYYY.MM.DD) as ISO, else empty."""
    found = re.fullmatch(r"(\d{4})\.?(\d{2})\.?(\d{2})[\d.+-]*", clean(value))
    if not found:
        return ""
    try:
        return date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        return ""


def film_date(dataset: Dataset) -> str:
    """Return the day on which the film was taken as ISO, empty where no tag has a date."""
    return next((day for day in (iso_date(dataset.get(name)) for name in FILM_DATES) if day), "")


def side_of(dataset: Dataset) -> str:
    """Return R, L or both as the tags say; empty where they are silent or contradict another.

    Image Laterality (0020,0062) B means both; U (unpaired) is both for a pelvis only. Nothing
    is guessed from descriptions.
    """
    image = clean(dataset.get("ImageLaterality")).upper()
    series = clean(dataset.get("Laterality")).upper()
    if image == "U" and body_part_of(dataset) == "PELVIS":
        image = "B"
    said = {side for side in (image, series) if side in ("R", "L", "B")}
    return {"R": "R", "L": "L", "B": "both"}[said.pop()] if len(said) == 1 else ""


def view_of(dataset: Dataset) -> str:
    """Return AP, another view's code, or empty where the tags are silent or contradict another.

    View Position (0018,5101) or the View Code Sequence (0054,0220).
    """
    position = clean(dataset.get("ViewPosition")).upper()
    code = _first_code(dataset, "ViewCodeSequence")
    coded = "" if not code else "AP" if code in AP_CODES else "OTHER"
    if position and coded and (position == "AP") != (coded == "AP"):
        return ""
    return position or coded


def body_part_of(dataset: Dataset) -> str:
    """Return Body Part Examined (0018,0015), else what the Anatomic Region Sequence says."""
    examined = clean(dataset.get("BodyPartExamined")).upper()
    return examined or BODY_PARTS.get(_first_code(dataset, "AnatomicRegionSequence"), "")


def _first_code(dataset: Dataset, keyword: str) -> str:
    items = dataset.get(keyword)
    return clean(items[0].get("CodeValue")) if items else ""


def overlay_groups(dataset: Dataset) -> list[int]:
    """Return the groups (60xx) of a film's overlay planes."""
    groups = {tag.group for tag in dataset.keys()}  # noqa: SIM118 (see above)
    return sorted(g for g in groups if 0x6000 <= g <= 0x60FF and Tag(g, 0x0010) in dataset)


def _describe(error: Exception) -> str:
    return clean(f"{type(error).__name__}: {error}")
