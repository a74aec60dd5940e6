"""Write a computed film as a DICOM object: Computed Radiography or Digital X-Ray."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from osteohip.synthetic.scanners import Scanner

IMPLEMENTATION_CLASS_UID = UID("2.25.297302151836541279846112041352703187413")
IMPLEMENTATION_VERSION = "OSTEOHIP_1"
NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
# SNOMED codes of the DICOM context groups for region, laterality and view.
ANATOMY = {"hip": ("24136001", "Hip joint"), "pelvis": ("12921003", "Pelvis")}
VIEWS = {"AP": ("399348003", "antero-posterior"), "lateral": ("399067008", "lateral")}

Box = tuple[int, int, int, int]
Stored = npt.NDArray[np.uint16]

# Letters of the side marker, 5 x 7 points.
GLYPHS = {
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
}
GLYPH_SCALE = 7  # pixels a point


@dataclass(frozen=True)
class Header:
    """What a film's header says of the patient and the examination.

    ``view`` is the View Position (AP, RL, LL) and ``side`` R, L or B; both None where the machine
    left them out.
    """

    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str
    patient_name: str
    sex: Literal["F", "M"]
    birth_date: date
    day: date
    second_of_day: int
    accession: str
    institution: str
    body_part: Literal["hip", "pelvis"]
    projection: Literal["AP", "lateral"]
    view: str | None
    side: str | None
    kvp: float
    tube_current_ma: int
    exposure_time_ms: int
    pixel_spacing_mm: float


def collimate(stored: Stored, boxes: list[Box], rng: np.random.Generator) -> Stored:
    """Return ``stored``, bone bright, with a border of value 0.

    The border keeps 12 pixels off every box; no pixel inside it has that value.
    """
    rows, columns = stored.shape
    x0, y0 = columns, rows
    x1 = y1 = 0
    for box in boxes:
        x0, y0 = min(x0, box[0]), min(y0, box[1])
        x1, y1 = max(x1, box[2]), max(y1, box[3])
    free = [x0 - 12, y0 - 12, columns - x1 - 12, rows - y1 - 12]
    most = [0.06 * columns, 0.06 * rows, 0.06 * columns, 0.06 * rows]
    left, top, right, bottom = (
        int(rng.uniform(0.3, 1.0) * min(max(f, 0), m)) for f, m in zip(free, most, strict=True)
    )
    border = np.ones(stored.shape, dtype=np.bool_)
    border[top : rows - bottom, left : columns - right] = False
    return np.where(border, np.uint16(0), np.maximum(stored, 1)).astype(np.uint16)


def polarity(stored: Stored, scanner: Scanner) -> Stored:
    """Return bone-bright values as the machine stores them: inverted for MONOCHROME1."""
    if scanner.photometric == "MONOCHROME2":
        return stored
    return (np.uint16(2**scanner.bits - 1) - stored).astype(np.uint16)


def film_dataset(
    stored: Stored,
    header: Header,
    scanner: Scanner,
    *,
    padded: bool,
    marker: Literal["R", "L"] | None,
) -> Dataset:
    """Return the DICOM object of a film, not yet encoded.

    Parameters
    ----------
    stored
        Stored values in the machine's own polarity, uint16, shape (rows, columns).
    header
        Patient and examination.
    scanner
        Machine.
    padded
        Whether the film has a border of Pixel Padding Value, which is black.
    marker
        Letter in an overlay plane, None for none.
    """
    ds = Dataset()
    _patient_and_study(ds, header)
    _series_and_equipment(ds, header, scanner)
    _image(ds, header, scanner)
    _pixels(ds, stored, scanner, padded=padded)
    if scanner.modality == "DX":
        _digital_x_ray(ds, header)
    else:
        _computed_radiography(ds, header)
    if marker is not None:
        _overlay(ds, marker)
    return ds


def _time(second_of_day: int) -> str:
    return f"{timedelta(seconds=second_of_day)!s:0>8}".replace(":", "")


def _patient_and_study(ds: Dataset, header: Header) -> None:
    day = header.day.strftime("%Y%m%d")
    time = _time(header.second_of_day)
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName = header.patient_name
    ds.PatientID = header.patient_id
    ds.PatientBirthDate = header.birth_date.strftime("%Y%m%d")
    ds.PatientSex = header.sex
    ds.PatientAge = f"{(header.day - header.birth_date).days * 100 // 36525:03d}Y"
    ds.StudyInstanceUID = header.study_instance_uid
    ds.StudyID = header.accession
    ds.AccessionNumber = header.accession
    ds.StudyDescription = "Hip" if header.body_part == "hip" else "Pelvis"
    ds.ReferringPhysicianName = ""
    for name in ("Study", "Series", "Acquisition", "Content"):
        setattr(ds, f"{name}Date", day)
        setattr(ds, f"{name}Time", time)


def _series_and_equipment(ds: Dataset, header: Header, scanner: Scanner) -> None:
    ds.Modality = scanner.modality
    ds.SeriesInstanceUID = header.series_instance_uid
    ds.SeriesNumber = 1
    ds.BodyPartExamined = header.body_part.upper()
    ds.ViewPosition = header.view or ""
    ds.Manufacturer = scanner.manufacturer
    ds.ManufacturerModelName = scanner.model_name
    ds.InstitutionName = header.institution
    ds.SoftwareVersions = scanner.software
    ds.DeviceSerialNumber = "0"


def _image(ds: Dataset, header: Header, scanner: Scanner) -> None:
    ds.SOPInstanceUID = header.sop_instance_uid
    ds.InstanceNumber = 1
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.PatientOrientation = ["L", "F"] if header.projection == "AP" else ["P", "F"]
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    ds.KVP = f"{header.kvp:g}"
    ds.XRayTubeCurrent = header.tube_current_ma
    ds.ExposureTime = header.exposure_time_ms
    ds.Exposure = max(1, header.tube_current_ma * header.exposure_time_ms // 1000)
    ds.ImagerPixelSpacing = [header.pixel_spacing_mm, header.pixel_spacing_mm]
    if scanner.states_shape:
        inverse = scanner.photometric == "MONOCHROME1"
        ds.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"


def _pixels(ds: Dataset, stored: Stored, scanner: Scanner, *, padded: bool) -> None:
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = scanner.photometric
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = 16
    ds.BitsStored = scanner.bits
    ds.HighBit = scanner.bits - 1
    ds.PixelRepresentation = 0
    # High values mean bone, so little X-ray intensity, in MONOCHROME2; the reverse in MONOCHROME1.
    ds.PixelIntensityRelationship = scanner.intensity
    ds.PixelIntensityRelationshipSign = 1 if scanner.photometric == "MONOCHROME1" else -1
    if padded:
        ds.PixelPaddingValue = 2**scanner.bits - 1 if scanner.photometric == "MONOCHROME1" else 0
    slope, intercept = scanner.rescale or (1.0, 0.0)
    if scanner.rescale is not None:
        ds.RescaleSlope = f"{slope:g}"
        ds.RescaleIntercept = f"{intercept:g}"
        ds.RescaleType = "US"
    low, high = np.percentile(stored[::8, ::8], [2, 98]) * slope + intercept
    ds.WindowCenter = f"{(low + high) / 2:.0f}"
    ds.WindowWidth = f"{max(high - low, 2):.0f}"
    ds.PixelData = stored.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue = value
    code.CodingSchemeDesignator = "SCT"
    code.CodeMeaning = meaning
    return code


def _computed_radiography(ds: Dataset, header: Header) -> None:
    ds.SOPClassUID = ComputedRadiographyImageStorage
    if header.side == "B":  # Laterality knows no B
        ds.ImageLaterality = "B"
    else:
        ds.Laterality = header.side or ""


def _digital_x_ray(ds: Dataset, header: Header) -> None:
    ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ImageLaterality = header.side or "U"
    ds.AnatomicRegionSequence = Sequence([_code(*ANATOMY[header.body_part])])
    if header.view is not None:
        view = _code(*VIEWS[header.projection])
        view.ViewModifierCodeSequence = Sequence([])
        ds.ViewCodeSequence = Sequence([view])
    ds.PositionerType = ""
    ds.DetectorType = "SCINTILLATOR"
    ds.DetectorID = "1"
    ds.AcquisitionContextSequence = Sequence([])


def _overlay(ds: Dataset, letter: Literal["R", "L"]) -> None:
    """Put the side letter into overlay plane 6000, in the film's upper corner."""
    plane = np.zeros((ds.Rows, ds.Columns), dtype=np.uint8)
    glyph = np.array([[int(point) for point in row] for row in GLYPHS[letter]], dtype=np.uint8)
    glyph = np.kron(glyph, np.ones((GLYPH_SCALE, GLYPH_SCALE), dtype=np.uint8))
    plane[30 : 30 + glyph.shape[0], 30 : 30 + glyph.shape[1]] = glyph
    packed = np.packbits(plane, axis=None, bitorder="little").tobytes()
    ds.add_new(0x60000010, "US", ds.Rows)
    ds.add_new(0x60000011, "US", ds.Columns)
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000050, "SS", [1, 1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", packed + b"\0" * (len(packed) % 2))


def write_dicom(path: Path, ds: Dataset, transfer_syntax: UID) -> None:
    """Encode ``ds`` without loss and write it with preamble and file meta information."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = (
        transfer_syntax if transfer_syntax in NATIVE else ExplicitVRLittleEndian
    )
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    ds.file_meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    if transfer_syntax not in NATIVE:
        ds.compress(transfer_syntax, generate_instance_uid=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
