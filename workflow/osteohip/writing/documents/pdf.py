"""A text as a PDF, set by Typst with the fonts that it and matplotlib bring along."""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

import matplotlib
import typst

from osteohip.writing import watermark
from osteohip.writing.documents.source import Source, convert, pandoc_arguments


def to_pdf(source: Source) -> bytes:
    """Return a text as a tagged PDF/A page by page, without date or machine.

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
        main = Path(folder) / "main.typ"
        main.write_text(text, encoding="utf-8")
        if source.folder is not None:
            shutil.copytree(
                source.folder,
                folder,
                dirs_exist_ok=True,
                ignore=lambda _, names: [n for n in names if n.endswith((".html", ".docx"))],
            )
        return bytes(
            typst.compile(
                main,
                format="pdf",
                font_paths=[Path(matplotlib.get_data_path()) / "fonts" / "ttf"],
                ignore_system_fonts=True,
                timestamp=0,
                sys_inputs={
                    "colour": watermark.COLOUR,
                    "degrees": str(watermark.DEGREES),
                    "opacity": str(watermark.PAGE_OPACITY),
                },
            )
        )
