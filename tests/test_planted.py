"""The search for planted marks finds them wherever they may hide."""

import base64
import io
import zipfile
from collections.abc import Callable
from datetime import date

import docx
import h5py
import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from planted import DAY, DIGITS, MARK, NAME, Search
from pypdf import PdfWriter

SEARCH = Search((MARK, DIGITS, NAME), {DAY, date(1950, 7, 4)})


def _zip(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", content)
    return stream.getvalue()


def _npz(content: bytes) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, words=np.array([content.decode()]))
    return stream.getvalue()


def _hdf5(content: bytes) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        data = np.frombuffer(content * 100, np.uint8)
        file.create_dataset("layer", data=data, compression="gzip", chunks=(1000,))
    return stream.getvalue()


def _hdf5_attribute(content: bytes) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_group("layer").attrs["from"] = content.decode()
    return stream.getvalue()


def _pdf(content: bytes) -> bytes:
    stream, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(width=10, height=10)
    writer.add_attachment("words", content)
    writer.compress_identical_objects()
    writer.write(stream)
    return stream.getvalue()


def _pdf_metadata(content: bytes) -> bytes:
    stream, writer = io.BytesIO(), PdfWriter()
    writer.add_metadata({"/Author": content.decode()})
    writer.write(stream)
    return stream.getvalue()


def _docx(content: bytes) -> bytes:
    stream, document = io.BytesIO(), docx.Document()
    document.add_paragraph(content.decode())
    document.save(stream)
    return stream.getvalue()


def _png(content: bytes) -> bytes:
    stream, about = io.BytesIO(), PngImagePlugin.PngInfo()
    about.add_text("Comment", content.decode(), zip=True)
    Image.new("L", (2, 2)).save(stream, "PNG", pnginfo=about)
    return stream.getvalue()


def _page(content: bytes) -> bytes:
    return b'<img src="data:image/png;base64,' + base64.b64encode(_png(content)) + b'">'


CONTAINERS = (_zip, _npz, _hdf5, _hdf5_attribute, _pdf, _pdf_metadata, _docx, _png, _page)


@pytest.mark.parametrize("word", [MARK, MARK.upper(), NAME, DIGITS, "1887-03-14", "4 July 1950"])
@pytest.mark.parametrize("pack", CONTAINERS)
def test_a_mark_is_found_in(pack: Callable[[bytes], bytes], word: str) -> None:
    assert list(SEARCH.inside(pack(f"before {word} after".encode())))
    assert not list(SEARCH.inside(pack(b"before and after")))


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
        lambda text: text.encode("cp949"),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode("utf-16-le").hex().upper().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.urlsafe_b64encode(text.encode()),
        lambda text: base64.b64encode(text.encode("utf-16-le")),
        lambda text: text.encode("unicode-escape"),
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode()).encode(),
        lambda text: "".join(f"&#{ord(letter)};" for letter in text).encode(),
        lambda text: text.swapcase().encode(),
    ],
)
@pytest.mark.parametrize("word", [MARK, NAME, DIGITS])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_mark_is_found_encoded(encode: Callable[[str], bytes], word: str, before: str) -> None:
    assert list(SEARCH.inside(encode(before + word)))


@pytest.mark.parametrize(
    "text",
    ["1950-07-04", "19500704", "1950/7/4", "04.07.1950", "4/7/1950", "July 4, 1950", "4 Jul 1950"],
)
def test_a_day_is_found(text: str) -> None:
    assert list(SEARCH.inside(text.encode())) == ["1950-07-04"]


def test_other_days_and_numbers_are_not() -> None:
    assert not list(SEARCH.inside(b"1950-07-05 0.195007041 119500704 1950"))
