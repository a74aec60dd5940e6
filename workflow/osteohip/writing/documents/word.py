"""A text as a DOCX with the styles that word processors know: headings, captions, tables."""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pypandoc
from jinja2 import Environment, StrictUndefined

from osteohip.writing import watermark
from osteohip.writing.documents.source import FORMAT, Source, pandoc_arguments
from osteohip.writing.documents.word_body import finished

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_BODY = "word/document.xml"
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def to_docx(source: Source) -> bytes:
    """Return a text as a DOCX, without date or machine."""
    with (
        pandoc_arguments(source) as arguments,
        tempfile.TemporaryDirectory(prefix="osteohip-") as folder,
    ):
        reference, out = Path(folder) / "reference.docx", Path(folder) / "out.docx"
        reference.write_bytes(reference_document(source.title, source.mark))
        subprocess.run(
            [
                pypandoc.get_pandoc_path(),
                f"--from={FORMAT}",
                "--to=docx",
                *arguments,
                f"--reference-doc={reference}",
                "--shift-heading-level-by=-1",
                f"--output={out}",
            ],
            input=source.markdown.encode(),
            env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
            check=True,
        )
        with zipfile.ZipFile(out) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    return _packed(parts | {_BODY: finished(parts[_BODY])})


def reference_document(title: str, mark: str) -> bytes:
    """Return the document whose styles, header and footer a DOCX takes over.

    The header holds the title and, where data are synthetic, the watermark of every page. What is
    not told here is as in pandoc's own reference document.
    """
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    folder = files("osteohip.writing.documents")

    def part(name: str) -> str:
        text = folder.joinpath(f"word-{name}.xml").read_text(encoding="utf-8")
        return environment.from_string(text).render(
            title=title,
            mark=mark,
            colour=watermark.COLOUR,
            degrees=360 - watermark.DEGREES,
            opacity=watermark.PAGE_OPACITY * 2,
        )

    with zipfile.ZipFile(io.BytesIO(_default_reference())) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts |= {
        "word/styles.xml": part("styles"),
        _BODY: part("document"),
        "word/header1.xml": part("header"),
        "word/footer1.xml": part("footer"),
    }
    kinds = ("header", "footer")
    for name, closing, added in (
        (
            "[Content_Types].xml",
            "</Types>",
            [
                f'<Override PartName="/word/{kind}1.xml" ContentType="{_CONTENT}.{kind}+xml"/>'
                for kind in kinds
            ],
        ),
        (
            "word/_rels/document.xml.rels",
            "</Relationships>",
            [
                f'<Relationship Id="rId{kind.capitalize()}" Type="{_RELATIONS}/{kind}" '
                f'Target="{kind}1.xml"/>'
                for kind in kinds
            ],
        ),
    ):
        parts[name] = parts[name].replace(closing, "".join(added) + closing)
    return _packed({name: text.encode() for name, text in parts.items()})


def _packed(parts: Mapping[str, bytes]) -> bytes:
    """Return the archive of these parts, without date."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _FIRST_DATE), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _default_reference() -> bytes:
    """Return the reference document that pandoc brings along."""
    found = subprocess.run(
        [pypandoc.get_pandoc_path(), "--print-default-data-file=reference.docx"],
        capture_output=True,
        check=True,
    )
    return found.stdout
