"""A hospital's folder in which everything that must not leave it can be recognised.

`plant_site` rewrites a site folder: each text of its DICOM files, file names and tables carries one
of the marks below, unless the code's own allow-list lets it leave. `marks_in` finds the marks in a
result, in whatever encoding or container.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote

import h5py
import numpy as np
import pandas as pd
import pydicom
import yaml
from PIL import Image
from pydicom.datadict import DicomDictionary, RepeatersDictionary
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.tag import Tag
from pydicom.uid import UID
from pypdf import PdfReader
from pypdf.generic import IndirectObject, StreamObject

from osteohip.site.public import TAGS

MARK = "Zqxjvkwp"
DIGITS = "917364028"
NAME = "홍길동"
# Stands in what may leave: the search finds it where it is expected, so it can find the others.
PUBLIC = "Rvwqtfhz"
# No day that is read lies in this year.
DAY = date(1887, 3, 14)
YEARS_BACK = 56

# Tags that say what a film is. One that said something else would make it another film, so
# they are planted in films that are there for nothing else (`_odd_films`).
JUDGED = {
    "SpecificCharacterSet", "SOPClassUID", "ImageType", "Modality", "PresentationIntentType",
    "PatientSex", "BodyPartExamined", "ViewPosition", "ImageLaterality", "Laterality", "KVP",
    "RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "PresentationLUTShape", "PhotometricInterpretation", "NumberOfFrames",
    "PixelIntensityRelationship", "BurnedInAnnotation", "AcquisitionDate", "AcquisitionDateTime",
    "ContentDate", "SeriesDate", "StudyDate", "PatientBirthDate",
}  # fmt: skip
STRUCTURE = {
    "PixelData", "FloatPixelData", "DoubleFloatPixelData", "PixelDataProviderURL",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "ModalityLUTSequence", "VOILUTSequence",
    "ViewCodeSequence", "AnatomicRegionSequence", "DataSetTrailingPadding",
    "EncapsulatedPixelDataValueTotalLength",
}  # fmt: skip
FILM_DATES = ("AcquisitionDate", "ContentDate", "SeriesDate", "StudyDate")
IN_EVERY_FILM = (
    "PatientName", "OtherPatientIDs", "PatientAddress", "PatientTelephoneNumbers",
    "PatientComments", "ReferringPhysicianName", "OperatorsName", "PerformingPhysicianName",
    "AccessionNumber", "StudyID", "StudyDescription", "SeriesDescription", "ProtocolName",
    "StationName", "InstitutionAddress", "InstitutionalDepartmentName", "DeviceSerialNumber",
    "SoftwareVersions", "ImageComments", "StudyInstanceUID", "SeriesInstanceUID", "DetectorID",
    "StudyTime", "AcquisitionTime", "InstanceCreationDate", "RequestedProcedureDescription",
    "PatientBirthTime", "ReferencedStudySequence", "IssuerOfPatientID", "DerivationDescription",
)  # fmt: skip

TEXTS = {
    **dict.fromkeys(("LO", "ST", "LT", "UT", "UC"), f"{MARK} {NAME} {DIGITS}"),
    **dict.fromkeys(("SH", "CS", "AE"), MARK.upper()),
    "PN": f"{MARK}^{DIGITS}=홍^길동={NAME}",
    "DA": f"{DAY:%Y%m%d}",
    "DT": f"{DAY:%Y%m%d}083117.{DIGITS[:6]}",
    "TM": f"083117.{DIGITS[:6]}",
    "IS": f"1{DIGITS}",
    "DS": DIGITS,
    "UI": f"1.2.826.0.1.{DIGITS}.7",
    "UR": f"https://{MARK}.example/{quote(NAME)}?id={DIGITS}",
}
BYTES = ("OB", "UN", "OB or OW")


def plant_site(source: Path, folder: Path, *, name: str, number: int) -> None:
    """Write to ``folder`` the site of ``source`` as a real one, full of marks.

    ``number`` keeps its patients apart from those of another site. Days are moved back by
    ``YEARS_BACK`` years, so that no other day of a study is one of them.
    """
    folder.mkdir(parents=True)
    tables = {
        path.name: pd.read_csv(path, dtype=str, keep_default_na=False)
        for path in sorted(source.glob("*.csv"))
    }
    listed = tables["patients.csv"]["patient_id"]
    patients = {p: f"{MARK.upper()}-{DIGITS}{number}{i:04d}" for i, p in enumerate(listed, 1)}
    own = yaml.safe_load((source / "site.yaml").read_text())["institution"]
    films = [pydicom.dcmread(p) for p in _files(source / "radiographs")]
    root = f"1.2.826.0.1.{DIGITS}.{number}"
    uids = {film.SOPInstanceUID: f"{root}.{i}" for i, film in enumerate(films, 1)}
    for at, film in enumerate(films, 1):
        film.SOPInstanceUID = UID(uids[film.SOPInstanceUID])
        film.PatientID = patients.get(film.PatientID, f"{MARK}-{number}-{at}")
        film.InstitutionName = _institution(film.InstitutionName, own)
        for keyword in (*FILM_DATES, "PatientBirthDate"):
            film[keyword].value = f"{_moved(pd.Timestamp(film[keyword].value)):%Y%m%d}"
        plant_film(film, everything=at == 1)
        _save(film, folder / "radiographs" / f"{MARK} {NAME} {DAY}" / f"{MARK}<{at:04d}>.dcm")
    _odd_films(films[1], folder / "radiographs" / f"{MARK}-odd")
    _write_tables(tables, folder, patients=patients, uids=uids, own=own)
    about = {
        "name": name,
        "institution": [_institution(word, own) for word in own],
        "columns": {"patient_id": f"{MARK} nr", "device": f"{MARK} device"},
        "values": {f"{MARK} R": "R", f"{NAME} F": "F"},
        "date_format": "%d.%m.%Y",
    }
    text = f"# {MARK} {NAME}\n{yaml.safe_dump(about, allow_unicode=True)}"
    (folder / "site.yaml").write_text(text, encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _moved(day: pd.Timestamp) -> date:
    return (day - pd.DateOffset(years=YEARS_BACK)).date()


def _institution(name: str, own: Collection[str]) -> str:
    return f"{MARK} hospital{'' if name in own or not name else ' elsewhere'}" if name else ""


def _write_tables(
    tables: dict[str, pd.DataFrame],
    folder: Path,
    *,
    patients: dict[str, str],
    uids: dict[str, str],
    own: Collection[str],
) -> None:
    for file, table in tables.items():
        if "patient_id" in table:
            table["patient_id"] = table["patient_id"].map(lambda p: patients.get(p, p and MARK))
        if "sop_instance_uid" in table:
            table["sop_instance_uid"] = table["sop_instance_uid"].map(uids)
        for column in ("birth_date", "exam_date"):
            if column in table:
                table[column] = [f"{_moved(pd.Timestamp(d)):%d.%m.%Y}" for d in table[column]]
        if "side" in table:
            table["side"] = table["side"].replace("R", f"{MARK} R")
        if file == "patients.csv":
            table["sex"] = table["sex"].replace("F", f"{NAME} F")
        if file == "dxa.csv":
            table["institution"] = [_institution(name, own) for name in table["institution"]]
            table["device"] = table["reference_population"] = f"{MARK} {NAME}"
            other = table.drop_duplicates("patient_id").head(3).assign(region=f"{MARK} region")
            table = pd.concat([table, other], ignore_index=True)
        if file == "crops.csv":
            table["annotator"] = f"{MARK} {NAME}"
            poor = table["status"] == "uncroppable"
            table.loc[poor, "reason"] = f"{MARK} {NAME} moved"
        if file != "films.csv":  # which takes no column that it does not know
            table[f"{MARK} name"] = f"{NAME}, {DIGITS}, {DAY}"
            table["comment"] = MARK
        named = table.rename(columns={"patient_id": f"{MARK} nr", "device": f"{MARK} device"})
        named.to_csv(folder / file, index=False)


def plant_film(film: Dataset, *, everything: bool) -> None:
    """Put marks into a film's tags: those that films have, or everything that DICOM knows.

    What the allow-list names gets `PUBLIC`; what makes it a film of the study stays as it is.
    """
    film.SpecificCharacterSet = "ISO_IR 192"
    known = {entry[4]: (tag, entry[0]) for tag, entry in DicomDictionary.items() if entry[4]}
    read = {"SOPInstanceUID", "PatientID", "InstitutionName"}
    for keyword in known if everything else IN_EVERY_FILM:
        tag, vr = known[keyword]
        if tag >> 16 <= 0x0002 or keyword in JUDGED | STRUCTURE | read | set(TAGS):
            continue
        if vr == "SQ":
            item = Dataset()
            item.add_new("PatientName", "PN", TEXTS["PN"])
            item.add_new("CodeMeaning", "LO", TEXTS["LO"])
            film.add_new(tag, "SQ", DicomSequence([item]))
        elif vr in BYTES:
            film.add_new(tag, "OB", _bytes())
        elif vr in TEXTS:
            film.add_new(tag, vr, TEXTS[vr])
    for keyword in TAGS:
        film.add_new(keyword, "LO", f"{film.get(keyword, '')} {PUBLIC}".strip())
    for sequence in ("AnatomicRegionSequence", "ViewCodeSequence"):
        for item in film.get(sequence, ()):
            item.CodeMeaning = TEXTS["LO"]
    _plant_private(film)
    if everything:
        _plant_repeaters(film)
    film.preamble = _bytes(128)
    film.file_meta.SourceApplicationEntityTitle = MARK
    film.file_meta.PrivateInformationCreatorUID = UID(TEXTS["UI"])
    film.file_meta.PrivateInformation = _bytes()
    film.file_meta.ImplementationVersionName = MARK


def _bytes(size: int = 64) -> bytes:
    text = f"{MARK} {NAME} {DIGITS} {DAY:%Y%m%d} ".encode()
    return text.ljust(size, b" ")[:size]


def _plant_private(film: Dataset) -> None:
    for group in (0x0009, 0x0019, 0x0029):
        block = film.private_block(group, MARK, create=True)
        block.add_new(0x01, "LO", TEXTS["LO"])
        block.add_new(0x02, "UN", _bytes())
        inner = Dataset()
        inner.PatientName = TEXTS["PN"]
        block.add_new(0x03, "SQ", DicomSequence([inner]))


def _plant_repeaters(film: Dataset) -> None:
    """Curves and overlays have tags in sixteen groups each; planes that are shown stay whole."""
    for pattern, (vr, *_) in RepeatersDictionary.items():
        tag = Tag(int(pattern.replace("x", "0"), 16))
        if tag.group in (0x5000, 0x6000) and vr in TEXTS and tag.element != 0x0040:
            film.add_new(Tag(tag.group + 2, tag.element), vr, TEXTS[vr])


def _save(film: Dataset, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    with pydicom.config.disable_value_validation():
        film.save_as(path, enforce_file_format=True)


def _odd_films(film: Dataset, folder: Path) -> None:
    """Write films with a mark where something else decides, and files that are none at all."""
    content = io.BytesIO()
    film.save_as(content, enforce_file_format=True)
    for number, keyword in enumerate(sorted(JUDGED - {"SpecificCharacterSet"}), 1):
        odd = pydicom.dcmread(io.BytesIO(content.getvalue()))
        vr = "UI" if keyword == "SOPClassUID" else "LO"
        with pydicom.config.disable_value_validation():
            odd.SOPInstanceUID = UID(f"1.2.826.0.1.{DIGITS}.8.{number}")
            odd.PatientID = f"{MARK}-{keyword}"
            odd.add_new(keyword, vr, TEXTS[vr])
        _save(odd, folder / f"{MARK}-{keyword}.dcm")
    whole = content.getvalue()
    broken = {
        "text.dcm": f"{MARK} {NAME} {DIGITS} {DAY}".encode(),
        "short.dcm": whole[: len(whole) // 2],
        "header.dcm": whole[:1000] + _bytes(5000),
        "empty.dcm": b"",
    }
    for name, data in broken.items():
        (folder / f"{MARK}-{name}").write_bytes(data)


def days_of(site: Path) -> frozenset[date]:
    """Return the days that stand in a site's tables."""
    found = {DAY}
    for path in site.glob("*.csv"):
        for day, month, year in re.findall(r"(\d\d)\.(\d\d)\.(\d{4})", path.read_text("utf-8")):
            found.add(date(int(year), int(month), int(day)))
    return frozenset(found)


def _as_bytes(text: str) -> set[bytes]:
    """Return ``text`` in the encodings in which it might be written."""
    plain = {text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")}
    if not text.isascii():
        plain |= {unicodedata.normalize("NFD", text).encode(), text.encode("cp949")}
    if text.isascii():
        plain |= {text.upper().encode(), text.lower().encode()}
    found = set(plain)
    for raw in plain:
        found |= {raw.hex().encode(), raw.hex().upper().encode()}
        # Where in a longer text it stands decides how base64 cuts it; the ends are shared.
        for before in range(3):
            coded = base64.b64encode(b"\0" * before + raw + b"\0" * (-(before + len(raw)) % 3))
            core = coded[-(-8 * before // 6) : 8 * (before + len(raw)) // 6]
            found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    escaped = text.encode("unicode-escape")
    found |= {escaped, escaped.upper().replace(b"\\U", b"\\u")}
    found |= {quote(text).encode(), quote(text).lower().encode()}
    found.add("".join(f"&#{ord(letter)};" for letter in text).encode())
    found.add("".join(f"&#x{ord(letter):x};" for letter in text).encode())
    return found


DATE = re.compile(
    rb"(?<!\d)(?:(?P<y>1[89]\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)"
    rb"|(?P<y3>1[89]\d\d)[-/. ](?P<m3>[01]?\d)[-/. ](?P<d3>[0-3]?\d)"
    rb"|(?P<d2>[0-3]?\d)[-/. ](?P<m2>[01]?\d)[-/. ](?P<y2>1[89]\d\d))(?!\d)"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
IN_WORDS = re.compile(
    rb"(?<!\d)(?:(?P<d>[0-3]?\d)\.? (?P<m>[a-z]{3})[a-z]*"
    rb"|(?P<m2>[a-z]{3})[a-z]* (?P<d2>[0-3]?\d)),? (?P<y>1[89]\d\d)(?!\d)",
    re.IGNORECASE,
)


def _days_in(content: bytes) -> Iterator[date]:
    for pattern, number in ((DATE, int), (IN_WORDS, _month)):
        for match in pattern.finditer(content):
            found = {key[0]: text for key, text in match.groupdict().items() if text}
            try:
                yield date(int(found["y"]), number(found["m"]), int(found["d"]))
            except ValueError:
                continue


def _month(word: bytes) -> int:
    text = word.decode().lower()
    if text not in MONTHS:
        raise ValueError(text)
    return MONTHS.index(text) + 1


class Search:
    """Finds marks and days in bytes, and in all that is packed into them; yields their places.

    Parameters
    ----------
    marks
        Words, found in any case and encoding.
    days
        Days, found in any of the usual ways to write them.
    """

    def __init__(self, marks: Collection[str], days: Collection[date] = ()):
        self.words = sorted({word.lower() for mark in marks for word in _as_bytes(mark)})
        self.days = frozenset(days)

    def files(self, paths: Collection[Path], root: Path) -> dict[str, set[str]]:
        """Return what is found in each file and in its path below ``root``, where anything is."""
        found = {}
        for path in paths:
            name = path.relative_to(root).as_posix()
            here = set(self.inside(name.encode())) | set(self.inside(_from_base64(path.name)))
            here |= set(self.inside(path.read_bytes()))
            if here:
                found[name] = here
        return found

    def inside(self, content: bytes, depth: int = 3) -> Iterator[str]:
        """Yield what is found in ``content``, unpacked as far as ``depth`` containers."""
        # Without the zeros, plain text in 16 or 32 bits is plain text.
        for text in {content, content.replace(b"\0", b"")}:
            lower = text.lower()
            for word in self.words:
                if (at := lower.find(word)) >= 0:
                    yield text[max(0, at - 20) : at + 40].decode("utf-8", "backslashreplace")
            for day in _days_in(text):
                if day in self.days:
                    yield day.isoformat()
        if depth:
            for part in unpacked(content):
                yield from self.inside(part, depth - 1)


def _from_base64(name: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(name)
    except (binascii.Error, ValueError):
        return b""


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield the parts of a zip (so of DOCX and npz), HDF5, PDF, PNG, npy or page, as bytes."""
    if content.startswith(b"PK\3\4"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive.comment
            for item in archive.infolist():
                yield item.filename.encode() + item.comment + item.extra
                yield archive.read(item)
    elif content.startswith(b"\x89HDF"):
        with h5py.File(io.BytesIO(content)) as file:
            yield from _of_hdf5(file)
    elif content.startswith(b"%PDF"):
        yield from _of_pdf(content)
    elif content.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            yield repr(image.info).encode()
    elif b"base64," in content:
        for coded in re.findall(rb"base64,([A-Za-z0-9+/%]+=*)", content):
            padded = unquote(coded.decode()).rstrip("=")
            yield base64.b64decode(padded + "=" * (-len(padded) % 4))
    with suppress(UnicodeDecodeError):
        text = content.decode("utf-8")
        if (plain := unquote(text)) != text:
            yield plain.encode("utf-8", "replace")


def _of_hdf5(file: h5py.File) -> Iterator[bytes]:
    parts: list[bytes] = []

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        parts.append(name.encode() + repr(dict(item.attrs)).encode())
        if isinstance(item, h5py.Dataset):
            value = item[()]
            parts.append(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())

    parts.append(repr(dict(file.attrs)).encode())
    file.visititems(visit)
    yield from parts


def _of_pdf(content: bytes) -> Iterator[bytes]:
    reader = PdfReader(io.BytesIO(content))
    yield repr(reader.metadata).encode()
    for page in reader.pages:
        yield page.extract_text().encode()
    for number in range(1, int(reader.trailer["/Size"])):
        item = reader.get_object(IndirectObject(number, 0, reader))
        yield repr(item).encode()
        if isinstance(item, StreamObject):
            yield item.get_data()
