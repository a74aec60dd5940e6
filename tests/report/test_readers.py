"""The report's chapter on what readers said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osteohip.errors import StudyError
from osteohip.readers.question import QUESTION
from osteohip.report.document import report_markdown
from osteohip.report.tables import all_tables
from osteohip.writing.wording import estimate


@pytest.fixture(scope="module")
def tree(write_study: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A study of films of patients, with one external site."""
    return write_study(tmp_path_factory.mktemp("read"), synthetic=False)


def chapter(content: dict[str, Any]) -> str:
    text = report_markdown(content, all_tables(content)).replace("\\", "")
    start = text.index("said\n", text.index("### Reading of the maps"))
    start = text.rindex("### What", 0, start)
    return (
        text[start : text.index("\n### ", start + 5)].replace("[", "").replace("]{.unbroken}", "")
    )


def tables(content: dict[str, Any]) -> dict[str, Any]:
    return {table.key: table for table in all_tables(content)}


def test_two_readers(tree: Any, let_read: Any) -> None:
    let_read(tree, "KCH", "YPW", synthetic=False)
    content = tree.count()
    text = chapter(content)
    assert text.startswith("### What two readers said\n")
    # Of 6 cases the first reader calls those of index 1 and 4 not adequate, the second that of 1.
    assert "On the test set, KCH and YPW agreed on 83.3 % (43.6–97.0; 5/6) of the maps" in text
    assert "Both called 66.7 % (30.0–90.3; 4/6) adequate. They differed on 1 map (" in text
    assert "At External hospital, KCH and YPW agreed on" in text
    all_seen = "100.0 % (20.7–100.0; 1/1) were not adequate to"
    assert f"Of the decoys, {all_seen} KCH and {all_seen} YPW." in text
    assert "The paper prints κ = 1.000 for maps of which both its readers called 101 of 101" in text
    assert "simulated" not in text
    found = tables(content)
    assert [row.cells[0] for row in found["disagreements-test"].rows] == [
        content["readers"]["cohorts"][0]["disagreements"][0]["case_id"]
    ]
    assert found["disagreements-test"].rows[0].cells[1:] == (
        "not adequate: outside the bone",
        "adequate",
    )
    assert found["readers"].rows[1].cells[0] == "KCH"
    assert found["readers"].rows[1].cells[-1] == "2.5"
    # (5/6 - 11/18) / (1 - 11/18)
    assert found["reader-agreement"].rows[1].cells[3].startswith("0.571 (")
    assert found["reader-agreement"].rows[1].cells[3].endswith(", moderate")


def test_the_question_is_the_one_that_is_asked_on_the_page(tree: Any, let_read: Any) -> None:
    let_read(tree, "KCH", "YPW", synthetic=False)
    content = tree.count()
    text = report_markdown(content, all_tables(content)).replace("\\", "")
    assert f"with the question “{QUESTION}”" in text


def test_readers_who_always_agree(tree: Any, let_read: Any) -> None:
    let_read(tree, "KCH", "YPW", synthetic=False)
    for path in tree.readers.rglob("agreement.json"):
        facts = json.loads(path.read_text())
        reason = "all readings are the same, so that kappa is 0/0"
        facts["between"]["kappa"] |= {"estimate": None, "reason": reason, "band": None}
        facts["disagreements"] = []
        path.write_text(json.dumps(facts))
    content = tree.count()
    text = chapter(content)
    assert "kappa was not defined (all readings are the same, so that kappa is 0/0)." in text
    assert "They differed on none." in text
    assert tables(content)["reader-agreement"].rows[1].cells[3].startswith("not defined (")
    assert "disagreements-test" not in tables(content)


def test_one_reader(tree: Any, let_read: Any) -> None:
    let_read(tree, "KCH", synthetic=False)
    content = tree.count()
    text = chapter(content)
    assert text.startswith("### What the reader said\n")
    assert "On the test set, KCH called 66.7 % (30.0–90.3; 4/6) of the maps adequate;" in text
    assert "agreed" not in text
    assert "reader-agreement" not in tables(content)
    let_read(tree, "KCH", reading=[], synthetic=False)
    text = chapter(tree.count())
    assert "**Not read yet.** The deck of KCH is ready; all else in this report is complete" in text
    assert text.rstrip().endswith("without it.")


def test_three_readers(tree: Any, let_read: Any) -> None:
    let_read(tree, "A", "B", "C", synthetic=False)
    content = tree.count()
    text = chapter(content)
    assert text.startswith("### What the readers said\n")
    between = content["readers"]["cohorts"][0]["between"]
    # Of 6 cases two are called not adequate by A, one of them by all.
    assert between["agreement"]["estimate"] == pytest.approx((5 + 1 / 3) / 6)
    shown = estimate(between["agreement"], share=True)
    assert shown.startswith("88.9 % (")
    assert f"any two of A, B and C agreed on {shown} of the readings, in the mean; kappa" in text
    assert "All readers called" in text
    rows = tables(content)["reader-agreement"].rows
    assert [row.cells[0] for row in rows[1:5]] == ["A, B, C", "A, B", "A, C", "B, C"]
    assert rows[1].cells[2] == shown
    assert all("%" in cell for cell in rows[1].cells[-2:])


def test_some_have_not_read_yet(tree: Any, let_read: Any) -> None:
    let_read(tree, "A", "B", "C", reading=["A"], synthetic=False)
    text = chapter(tree.count())
    assert "A called" in text
    assert "B and C have not read yet." in text
    let_read(tree, "A", "B", reading=[], synthetic=False)
    content = tree.count()
    text = chapter(content)
    assert "**Not read yet.** The decks of A and B are ready; all else in this" in text
    assert text.rstrip().endswith("without them.")
    assert not {"readers", "reader-agreement"} & set(tables(content))


def test_one_cohort_is_read_and_the_other_not(tree: Any, let_read: Any) -> None:
    let_read(tree, "A", "B", synthetic=False)
    kept = (tree.readers / "test" / "agreement.json").read_text()
    let_read(tree, "A", "B", reading=[], synthetic=False)
    (tree.readers / "test" / "agreement.json").write_text(kept)
    content = tree.count()
    text = chapter(content)
    assert "On the test set, A and B agreed" in text
    assert "The maps at External hospital are not read yet." in text
    assert [row.cells[0] for row in tables(content)["readers"].rows] == ["Test set", "A", "B"]


def test_simulated_readers_are_called_so_wherever_they_stand(study: Any) -> None:
    text = chapter(study.numbers)
    assert "**No person read these maps.** The answers of simulated-1 and simulated-2 are" in text
    assert "{.synthetic}" in text
    markdown = report_markdown(study.numbers, all_tables(study.numbers)).replace("\\", "")
    assert "simulated-1 and simulated-2 are simulated readers: they are no persons" in markdown
    assert "turned round at a rate of [10 %]" in markdown
    for key in ("readers", "reader-agreement", "disagreements-test"):
        table = tables(study.numbers)[key]
        named = [*table.header, *(cell for row in table.rows for cell in row.cells)]
        assert any("simulated-1" in cell for cell in named)
    assert tables(study.numbers)["readers"].rows[1].cells[-1] == "–"


def test_a_kit_of_other_cases_is_refused(tree: Any, let_read: Any) -> None:
    let_read(tree, "A", "B", synthetic=False)
    path = tree.readers / "test" / "agreement.json"
    facts = json.loads(path.read_text())
    facts["decks"][0]["cases"] += 1
    path.write_text(json.dumps(facts))
    with pytest.raises(StudyError, match="the reading kit of test is of other cases"):
        tree.count()


def test_a_study_without_a_kit_has_no_chapter(tree: Any) -> None:
    tree.readers = None
    content = tree.count()
    assert content["readers"] is None
    assert "Reading of the maps" not in report_markdown(content, all_tables(content))
