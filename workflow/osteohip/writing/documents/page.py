"""A text as one HTML page."""

from __future__ import annotations

from importlib.resources import as_file, files

from osteohip.writing.documents.source import Source, convert, pandoc_arguments
from osteohip.writing.watermark import page_markdown


def to_html(source: Source) -> str:
    """Return a text as one HTML page with its pictures and style inside."""
    with (
        as_file(files("osteohip.writing.documents").joinpath("style.css")) as style,
        pandoc_arguments(source, pagetitle=source.name) as arguments,
    ):
        return convert(
            page_markdown(source.mark) + source.markdown,
            "html5",
            [
                *arguments,
                "--standalone",
                "--embed-resources",
                "--section-divs",
                "--toc",
                "--toc-depth=2",
                "--variable=toc-title:Contents",
                # No width of a column is guessed from the length of a line.
                "--columns=100000",
                f"--css={style}",
            ],
        )
