"""What the report says of itself: its checklists, looked up in the report as it would stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osteohip.report.checklists import anchors, answer
from osteohip.report.document import printed_tables, report_markdown
from osteohip.report.illustrations import illustrations
from osteohip.report.tables import all_tables
from osteohip.statements import Statements
from osteohip.writing.documents.source import convert
from osteohip.writing.table import numbered

Numbers = Mapping[str, Any]


def answered(content: Numbers, statements: Statements) -> dict[str, Any]:
    """Return the numbers with the authors' statements and the answered checklists added.

    The anchors are those of the report without the checklists, which stand at its end and change
    no other number of a table.
    """
    said = statements.model_dump(exclude_none=True)
    draft = {**content, "statements": said}
    return {**draft, "checklists": answer(content, places(draft), statements)}


def places(content: Numbers) -> dict[str, str]:
    """Return the anchors of the report with their names: "Table 1", "Figure 1", a heading."""
    tables = all_tables(content)
    found = anchors(convert(report_markdown(content, tables), "json", []))
    numbers = {
        **{f"table-{k}": name for k, name in numbered(printed_tables(content, tables)).items()},
        **{f"figure-{f.key}": f"Figure {i}" for i, f in enumerate(illustrations(content), 1)},
    }
    return {anchor: numbers.get(anchor) or words or anchor for anchor, words in found.items()}
