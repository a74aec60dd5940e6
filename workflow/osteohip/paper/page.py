"""The audit as a page to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osteohip.paper.tables import KINDS, audit_tables
from osteohip.writing.table import to_markdown
from osteohip.writing.wording import Markdown, escape, plural

TITLE = "The paper, audited"


def page_markdown(content: Mapping[str, Any]) -> Markdown:
    """Return the audit as Markdown: what was found, then all tables."""
    counts = content["counts"]
    by_kind = "; ".join(
        f"{heading[0].lower()}{heading[1:]}: {counts[kind]}" for kind, heading in KINDS.items()
    )
    lines = [
        escape(content["citation"]),
        escape(
            "Everything here is computed from the numbers that the paper prints; no patient's data "
            f"were at hand. {plural(counts['findings'], 'finding')} ({by_kind}); "
            f"{plural(counts['agreements'], 'check')} hold; in {counts['not_shown']} more a test "
            "shows no difference, which is no proof that there is none."
        ),
    ]
    lines += [to_markdown(table, f"Table {i}") for i, table in enumerate(audit_tables(content), 1)]
    return Markdown("\n\n".join(lines) + "\n")
