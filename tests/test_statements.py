"""The file of what only the authors can say."""

import re
from pathlib import Path

import pytest

from osteohip.errors import StudyError
from osteohip.statements import Statements, asked, read_statements, title


def test_texts_are_read_by_key(tmp_path: Path) -> None:
    path = tmp_path / "statements.yaml"
    path.write_text("funding: None.\nethics: >-\n  Approved,\n  without <b>consent</b>.\n")
    found = read_statements(path)
    assert found.funding == "None."
    assert found.ethics == "Approved, without <b>consent</b>."
    assert found.registration is None
    path.write_text("")
    assert read_statements(path) == Statements()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fundng: None.\n", "fundng: no such statement; see docs/statements.md"),
        ("funding:\n  who: me\n", "funding: expected a text that is not empty"),
        ("funding: 3\n", "funding: expected a text that is not empty"),
        ("funding: ''\n", "funding: expected a text that is not empty"),
        ("funding: '  '\n", "funding: expected a text that is not empty"),
        ("funding: มูลนิธิ\n", "funding: expected characters that the fonts of figures and PDFs draw"),
        ("funding: ก\n", "not U+0E01 THAI CHARACTER KO KAI"),
        ("- funding\n", "expected keys with a text each"),
        ("funding: [\n", "is no YAML in UTF-8"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "statements.yaml"
    path.write_text(text)
    with pytest.raises(StudyError, match=re.escape(message)) as caught:
        read_statements(path)
    assert "\n" not in str(caught.value)


def test_mistakes_come_together_and_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "statements.yaml"
    path.write_text("a: b\nfunding: ''\n")
    with pytest.raises(StudyError) as caught:
        read_statements(path)
    assert len(str(caught.value).splitlines()) == 2
    with pytest.raises(StudyError, match=r"none\.yaml cannot be read"):
        read_statements(tmp_path / "none.yaml")


def test_the_page_lists_each_statement() -> None:
    text = (Path(__file__).parents[1] / "docs" / "statements.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(name, asked(name)) for name in Statements.model_fields]
    assert title("data_availability") == "Data availability"
