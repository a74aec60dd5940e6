"""The command: what it writes, twice with the same bytes."""

import html
import json
from pathlib import Path

import pandas as pd

from osteohip.paper.command import paper


def content(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_audit_page_and_tables_are_written_with_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        paper(out=tmp_path / name)
    written = content(tmp_path / "one")
    assert written == content(tmp_path / "two")
    assert [name for name in written if "/" not in name] == ["audit.html", "audit.json", "audit.md"]
    tables = [name for name in written if name.startswith("tables/")]
    assert len(tables) == 6
    audit = json.loads(written["audit.json"])
    findings = pd.read_csv(tmp_path / "one" / "tables" / "paper-findings.csv")
    assert set(findings["synthetic"]) == {"no"}
    headings = findings["Place"].isna()
    assert (~headings).sum() == len(audit["findings"])
    page = html.unescape(written["audit.html"].decode()).replace("\u00a0", " ")
    text = written["audit.md"].decode()
    assert "printed with truth and prediction exchanged" in page
    assert "<script" not in page
    assert text.startswith("# The paper, audited\n")
    for finding in audit["findings"]:
        assert finding["finding"] in page
