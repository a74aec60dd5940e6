"""A text as a PDF, set by Typst with its own fonts and those of the environment."""

from __future__ import annotations

import re
import tempfile
from importlib.resources import as_file, files
from typing import Any

import typst

from osteohip.writing import fonts, watermark
from osteohip.writing.documents.source import Source, convert, pandoc_arguments

# How pandoc writes a line that spans a table.
_SPANNING = re.compile(r"^( *)(table\.cell\(.*colspan: \d+.*\)\[.*\]),$", re.MULTILINE)


def to_pdf(source: Source) -> bytes:
    """Return a text as a tagged PDF, without date or machine.

    Pictures that are named ``.png`` are taken as ``.pdf`` where that lies beside them.

    Raises
    ------
    RuntimeError
        If Typst refuses the text, as where a picture is missing.
    """
    with (
        as_file(files("osteohip.writing.documents").joinpath("article.typ")) as template,
        pandoc_arguments(source, mark=source.mark) as arguments,
        tempfile.TemporaryDirectory(prefix="osteohip-") as folder,
    ):
        text = convert(
            source.markdown,
            "typst",
            [*arguments, f"--template={template}", "--shift-heading-level-by=-1"],
        )
        # Such a line heads the rows below it, and stays on their page.
        text = _SPANNING.sub(r"\1table.header(level: 2, repeat: false, \2),", text)
        # Typst's own types know no text in memory beside a folder of pictures.
        options: dict[str, Any] = {
            "format": "pdf",
            "root": source.folder or folder,
            "font_paths": fonts.font_folders(),
            "ignore_system_fonts": True,
            "timestamp": 0,
            "sys_inputs": {
                "colour": watermark.COLOUR,
                "fallback": fonts.FALLBACK,
                "degrees": str(watermark.DEGREES),
                "opacity": str(watermark.PAGE_OPACITY),
            },
        }
        return bytes(typst.compile(text.encode(), **options))
