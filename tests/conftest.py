"""Fixtures that all tests share."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from hypothesis import settings
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

ROOT = Path(__file__).resolve().parents[1]

# A busy machine is no failure of what is tested.
settings.register_profile("without_deadline", deadline=None)
settings.load_profile("without_deadline")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real films and known answers beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real films, shared/data beside the repository, is not here")
    return folder


def film_bytes(
    pixels: npt.NDArray[Any] | None = None,
    *,
    syntax: UID = ExplicitVRLittleEndian,
    preamble: bool = True,
    without: tuple[str, ...] = (),
    **tags: object,
) -> bytes:
    """Return a small DX film as a file: an AP film of a left hip, unless ``tags`` say more.

    Parameters
    ----------
    pixels
        Stored values (rows, columns) of 8 or 16 bits; a ramp of 6 rows and 8 columns by default.
    syntax
        Transfer syntax; pixels are encoded for it.
    preamble
        With preamble and file meta information.
    without, tags
        Tags to leave out, and tags to set, by keyword.
    """
    if pixels is None:
        pixels = np.arange(48, dtype=np.uint16).reshape(6, 8)
    film = Dataset()
    film.SOPClassUID = DigitalXRayImageStorageForPresentation
    film.SOPInstanceUID = "2.25.1"
    film.ImageType = ["ORIGINAL", "PRIMARY", ""]
    film.Modality = "DX"
    film.PresentationIntentType = "FOR PRESENTATION"
    film.PatientID = "p1"
    film.PatientSex = "F"
    film.PatientBirthDate = "19400101"
    film.AcquisitionDate = "20150615"
    film.ViewPosition = "AP"
    film.ImageLaterality = "L"
    film.BodyPartExamined = "HIP"
    film.Manufacturer = "Maker"
    film.SamplesPerPixel = 1
    film.PhotometricInterpretation = "MONOCHROME2"
    film.Rows, film.Columns = pixels.shape[:2]
    film.BitsAllocated = film.BitsStored = pixels.dtype.itemsize * 8
    film.HighBit = film.BitsStored - 1
    film.PixelRepresentation = int(pixels.dtype.kind == "i")
    film.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    film["PixelData"].VR = "OW"
    for keyword, value in tags.items():
        setattr(film, keyword, value)
    for keyword in without:
        delattr(film, keyword)
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if syntax.is_compressed:
        film.compress(syntax, generate_instance_uid=False)
    film.file_meta.TransferSyntaxUID = syntax
    stream = io.BytesIO()
    if preamble:
        film.file_meta.MediaStorageSOPClassUID = UID(film.get("SOPClassUID", "2.25.9"))
        film.file_meta.MediaStorageSOPInstanceUID = UID(film.get("SOPInstanceUID", "2.25.9"))
        pydicom.dcmwrite(stream, film, enforce_file_format=True)
    else:
        del film.file_meta
        pydicom.dcmwrite(stream, film, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    return stream.getvalue()


PATIENTS = "patient_id,sex,birth_date\np1,F,1940-01-01\n"
DXA = (
    "patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
    "p1,2015-06-15,L,femoral_neck,0.6,-2.5,\n"
    "p1,2015-06-15,L,total_hip,0.7,-2.0,\n"
)
FINDINGS = "patient_id,side,finding\n"
CROPS = "sop_instance_uid,side,x0,y0,x1,y1,status,reason,annotator\n2.25.1,L,1,1,7,5,cropped,,Ann\n"


@pytest.fixture
def make_film() -> Callable[..., bytes]:
    """The function `film_bytes`."""
    return film_bytes


@pytest.fixture
def make_site(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a small site: one patient, film, DXA and crop, all of them fitting.

    Its arguments replace the content of a table (None leaves the file out) or of the folder
    radiographs/ (by name).
    """

    def write(
        *,
        radiographs: Mapping[str, bytes] | None = None,
        site_yaml: str = "name: Test hospital\n",
        **tables: str | bytes | None,
    ) -> Path:
        folder = tmp_path / "site"
        (folder / "radiographs").mkdir(parents=True)
        (folder / "site.yaml").write_text(site_yaml, encoding="utf-8")
        content = {"patients": PATIENTS, "dxa": DXA, "findings": FINDINGS, "crops": CROPS} | tables
        for name, text in content.items():
            if text is not None:
                data = text if isinstance(text, bytes) else text.encode()
                (folder / f"{name}.csv").write_bytes(data)
        for name, data in ({"a.dcm": film_bytes()} if radiographs is None else radiographs).items():
            path = folder / "radiographs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    return write
