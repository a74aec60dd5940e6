"""What the report says of itself: statements, checklists and model card in all formats."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from osteohip.errors import StudyError
from osteohip.report import document
from osteohip.report.checklists import STATUSES, tally
from osteohip.report.command import manuscript
from osteohip.report.reporting import answered, places
from osteohip.statements import Statements

SAID = Statements(**dict.fromkeys(Statements.model_fields, "It was said."))


def statuses(content: dict[str, Any], statements: Statements) -> dict[tuple[str, str], str]:
    return {
        (listed["id"], item["id"]): item["status"]
        for listed in answered(content, statements)["checklists"]
        for item in listed["items"]
    }


@pytest.mark.parametrize("name", ["study", "real_study"])
def test_each_place_that_an_item_points_to_is_in_the_page(name: str, request: Any) -> None:
    tree = request.getfixturevalue(name)
    identities = set(re.findall(r'\bid="([^"]+)"', tree.html))
    links = set(re.findall(r'href="#([^"]+)"', tree.html))
    lists = tree.lists
    wanted = {p["anchor"] for listed in lists for item in listed["items"] for p in item["where"]}
    assert len(wanted) > 25
    assert wanted <= identities
    assert wanted <= links
    assert not places(tree.numbers).keys() - identities


def test_a_study_of_patients_with_all_statements_leaves_only_its_maps(real_study: Any) -> None:
    found = statuses(real_study.numbers, SAID)
    # No maps were made of this study's network.
    assert {place for place, status in found.items() if status == "not_met"} == {("claim", "31")}
    assert "author" not in found.values()


@pytest.mark.parametrize(
    ("chapter", "flipped"),
    [
        ("results-use", {("claim", "41"), ("stard-ai", "34"), ("tripod-ai", "12e")}),
        ("introduction", {("tripod-ai", "3a"), ("tripod-ai", "4"), ("claim", "6")}),
        ("abstract", {("tripod-ai", "2"), ("claim", "1"), ("stard-ai", "1")}),
        ("availability", {("tripod-ai", "18f"), ("claim", "43"), ("stard-ai", "40a")}),
    ],
)
def test_a_chapter_that_is_taken_away_flips_its_items(
    chapter: str, flipped: set[tuple[str, str]], real_study: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = statuses(real_study.numbers, SAID)
    monkeypatch.setattr(document, "ORDER", tuple(n for n in document.ORDER if n != chapter))
    less = statuses(real_study.numbers, SAID)
    moved = {place for place in whole if whole[place] != less[place]}
    assert flipped <= moved
    assert {less[place] for place in moved} == {"not_met"}


def test_the_text_tells_the_counts(study: Any) -> None:
    text = " ".join(re.sub(r"<[^>]+>", "", study.html).split())
    for listed in study.lists:
        counts = listed["counts"]
        assert f"Of the {counts['points']} items of {listed['name']}, {tally(counts)}." in text
        frame = pd.read_csv(study.reports / "checklists" / f"{listed['id']}.csv", dtype=str)
        assert len(frame) == counts["points"]
        assert list(frame["item"]) == [item["id"] for item in listed["items"]]
        for status, words in STATUSES.items():
            assert (frame["status"] == words).sum() == counts[status]
        assert set(frame["synthetic"]) == {"yes"}
    assert "has not been said" in text


def test_one_and_many_are_told_apart() -> None:
    counts = {"filled": 1, "given": 0, "author": 2, "not_met": 1, "void": 3}
    assert (
        tally(counts)
        == "1 is filled by the run, 2 need the author, 1 is not met and 3 do not apply"
    )


def test_what_the_authors_say_is_printed_as_it_is(real_study: Any, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    shutil.copytree(real_study.reports, folder)
    said = tmp_path / "statements.yaml"
    awkward = "Approved [here](http://a.b) by <b>them</b> | $1^2$ @collins2024."
    given = {"ethics": awkward, "fairness": "Nothing was done.", "registration": "Not registered."}
    said.write_text(json.dumps(given))
    manuscript(report_dir=folder, statements=said)
    html = (folder / "report.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert (
        "Ethics. Approved [here](http://a.b) by &lt;b&gt;them&lt;/b&gt; | $1^2$ @collins2024."
        in text
    )
    abstract = text[text.index("Background.") : text.index("Osteoporosis is defined")]
    assert "Registration. Not registered." in abstract
    assert "Nothing was done." in (folder / "model-card.md").read_text(encoding="utf-8")
    frame = pd.read_csv(folder / "checklists" / "tripod-ai.csv", dtype=str).set_index("item")
    assert frame.loc["17", "status"] == "given by the author"
    assert frame.loc["17", "given"] == "ethics"
    assert frame.loc["18a", "status"] == "needs the author"
    assert frame.loc["18a", "needs"] == "funding"
    said.write_text("ethic: Approved.\n")
    with pytest.raises(StudyError, match="ethic: no such statement"):
        manuscript(report_dir=folder, statements=said)
