"""From each figure and table of the page to its file, its digest and the command."""

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from pypdf import PdfReader

from osteohip.report.origins import origin, origin_of_text, origins_of


def test_origins_hold_the_digest_of_each_file_and_a_command_without_machine(
    tmp_path: Path,
) -> None:
    for name in ("tables/b.csv", "figures/a.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(name)
    written = {tmp_path / "tables/b.csv", tmp_path / "figures/a.png"}
    arguments = ["report", "--model", "/data/asan/model", "--settings", '{"seed": 1}']
    assert origins_of(written, tmp_path, arguments) == {
        "command": "osteohip report --model PATH --settings '{\"seed\": 1}'",
        "files": {
            name: hashlib.sha256(name.encode()).hexdigest()
            for name in ("figures/a.png", "tables/b.csv")
        },
    }


def test_what_has_no_file_has_no_line() -> None:
    assert origin("roc", "figures", {"command": "", "files": {}}) == ""
    assert origin("roc", "figures", None) == ""


def test_each_figure_and_table_leads_to_its_file_and_digest(study: Any) -> None:
    origins = json.loads((study.reports / "origins.json").read_text())
    on_disk = {
        path.relative_to(study.reports).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("figures", "tables")
        for path in (study.reports / folder).iterdir()
    }
    assert origins["files"] == on_disk
    lines = re.findall(r'<div class="origin">(.*?)</div>', study.html, re.DOTALL)
    linked = dict(
        re.findall(r'href="([^"#]+)">[^<]*</a>\s+\(SHA-256\s+<code>(\w+)…</code>\)', "".join(lines))
    )
    assert linked == {name: digest[:12] for name, digest in on_disk.items()}
    # Those that `report` wrote; the report adds checklists and a model card of its own.
    assert len(lines) == len({Path(name).with_suffix("") for name in on_disk})
    assert all('href="#origins"' in line for line in lines)
    for digest in on_disk.values():
        assert digest in study.html


def test_checklists_and_model_card_tell_their_numbers_and_command(study: Any) -> None:
    numbers = study.reports / "numbers.json"
    line = origin_of_text(numbers, sys.argv[1:])
    assert line.startswith(
        f"numbers.json (SHA-256 {hashlib.sha256(numbers.read_bytes()).hexdigest()}); "
        "command: osteohip"
    )
    for listed in study.lists:
        assert listed["origin"] == line
        frame = pd.read_csv(study.reports / "checklists" / f"{listed['id']}.csv", dtype=str)
        assert set(frame["origin"]) == {line}
    written = list((study.reports / "checklists").iterdir())
    assert len(written) == len(study.lists) + 1
    card = (study.reports / "model-card.md").read_text(encoding="utf-8")
    assert f"Origin: {line}." in card.replace("\\", "")


def test_print_and_word_have_no_links_to_files_beside_them(study: Any) -> None:
    text = "".join(page.extract_text() for page in PdfReader(study.reports / "report.pdf").pages)
    assert "SHA-256" not in text
    assert b"origins" not in (study.reports / "report.docx").read_bytes()


def test_the_page_names_no_folder_of_the_machine(study: Any) -> None:
    assert str(study.root) not in study.html
