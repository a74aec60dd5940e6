"""The command that audits the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def paper(
    *,
    out: Annotated[Path, typer.Option(help="folder for audit.json, audit.md, audit.html, tables/")],
) -> None:
    """Recompute the published numbers, and list where the paper disagrees with itself."""
    from osteohip.files import write_csv, write_json, write_text
    from osteohip.paper.audit import audit
    from osteohip.paper.page import TITLE, page_markdown
    from osteohip.paper.published import JANG_2021
    from osteohip.paper.tables import audit_tables
    from osteohip.writing.documents.page import to_html
    from osteohip.writing.documents.source import Source, to_readable
    from osteohip.writing.table import to_frame

    content = audit(JANG_2021)
    text = page_markdown(content)
    write_json(out / "audit.json", content)
    for table in audit_tables(content):
        write_csv(out / "tables" / f"{table.key}.csv", to_frame(table))
    write_text(out / "audit.md", f"# {TITLE}\n\n{to_readable(text)}")
    write_text(
        out / "audit.html",
        to_html(Source(text, title=TITLE, subtitle="Jang et al. 2021")),
    )
    print(
        f"{content['counts']['findings']} findings, {content['counts']['agreements']} checks "
        "hold: "
        f"{out / 'audit.html'}"
    )
