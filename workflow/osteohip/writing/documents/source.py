"""The Markdown source that all formats are made of, and how pandoc reads it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import pypandoc

# Quotes, formulas, raw markup and the like in a text mean nothing, whoever wrote it.
FORMAT = "markdown-smart-tex_math_dollars-raw_html-raw_tex-latex_macros-raw_attribute"


@dataclass(frozen=True)
class Source:
    """A text before it has a format.

    Parameters
    ----------
    markdown
        Pandoc's Markdown, text from data escaped. Raw HTML in it is shown and not run.
    title, subtitle
        Head of the document and the line below it, without markup.
    mark
        Empty, or that data are synthetic, wholly or in part: the watermark of every page.
    folder
        The folder that relative pictures start from; None where there are none.
    bibliography
        Entries that the text cites, in BibTeX; empty where it cites nothing.
    """

    markdown: str
    title: str
    subtitle: str = ""
    mark: str = ""
    folder: Path | None = None
    bibliography: str = ""

    @property
    def name(self) -> str:
        """The title, with the mark where there is one."""
        return f"{self.title} – {self.mark.lower()}" if self.mark else self.title


@contextmanager
def pandoc_arguments(source: Source, **variables: str) -> Iterator[list[str]]:
    """Yield what pandoc is told for every format: metadata, filter, references, pictures.

    Metadata lie in a file, so that no sign in them means anything to pandoc's command line.
    """
    with (
        as_file(files("osteohip.writing.documents")) as here,
        tempfile.TemporaryDirectory(prefix="osteohip-") as folder,
    ):
        metadata = Path(folder) / "metadata.json"
        texts = {"title": source.title, "subtitle": source.subtitle, **variables}
        shown = {name: _literal(text) for name, text in texts.items()}
        metadata.write_text(
            json.dumps({"lang": "en-GB", "link-citations": True, **shown}), encoding="utf-8"
        )
        arguments = [f"--metadata-file={metadata}", "--wrap=preserve"]
        if source.bibliography:
            entries = Path(folder) / "references.bib"
            entries.write_text(source.bibliography, encoding="utf-8")
            arguments += ["--citeproc", f"--bibliography={entries}", f"--csl={here / 'style.csl'}"]
        arguments.append(f"--lua-filter={here / 'filter.lua'}")
        if source.folder is not None:
            arguments.append(f"--resource-path={source.folder}")
        yield arguments


def _literal(text: str) -> str:
    """Return metadata, which pandoc reads as Markdown, so that it shows as it is."""
    return "".join(
        f"\\{sign}" if sign.isascii() and not sign.isalnum() and sign != " " else sign
        for sign in text
    )


def convert(markdown: str, to: str, arguments: Sequence[str]) -> str:
    """Return Markdown in another format of text."""
    return str(pypandoc.convert_text(markdown, to, format=FORMAT, extra_args=list(arguments)))


def to_readable(markdown: str) -> str:
    """Return Markdown as people write it by hand, for those who read the source."""
    return convert(markdown, "gfm-raw_html", ["--wrap=none"])
