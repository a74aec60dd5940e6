"""One Markdown text as one HTML page that opens offline."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import pypandoc

FORMAT = "markdown-smart-tex_math_dollars-raw_html-raw_tex-citations"


def to_html(
    markdown: str, *, title: str, page_title: str, subtitle: str, folder: Path | None = None
) -> str:
    """Return Markdown as one HTML page with its pictures and style inside.

    Parameters
    ----------
    markdown
        Pandoc's Markdown, text from data escaped. Raw HTML in it is shown and not run.
    title, page_title, subtitle
        Head of the page, name of its window, and the line below the head, without markup.
    folder
        The folder that relative pictures start from; None where there are none.
    """
    pictures = [] if folder is None else [f"--resource-path={folder}"]
    with as_file(files("osteohip.writing").joinpath("style.css")) as style:
        return str(
            pypandoc.convert_text(
                markdown,
                "html5",
                format=FORMAT,
                extra_args=[
                    "--standalone",
                    "--embed-resources",
                    "--section-divs",
                    "--wrap=preserve",
                    "--columns=100000",
                    *pictures,
                    f"--css={style}",
                    "--metadata=lang:en",
                    f"--metadata=title:{title}",
                    f"--metadata=pagetitle:{page_title}",
                    f"--metadata=subtitle:{subtitle}",
                ],
            )
        )


def to_readable(markdown: str) -> str:
    """Return Markdown as people write it by hand, for those who read the source."""
    return str(
        pypandoc.convert_text(markdown, "gfm-raw_html", format=FORMAT, extra_args=["--wrap=none"])
    )
