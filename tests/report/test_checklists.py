"""Reporting checklists: an item is filled if and only if what it points to is there."""

import copy
import re
from typing import Any

import pypandoc
import pytest

from osteohip.report.checklists import (
    STATUSES,
    Checklist,
    Item,
    anchors,
    answer,
    answer_item,
    checklist_frame,
    checklists,
)
from osteohip.statements import Statements

LISTED = {listed.id: listed for listed in checklists()}
ITEMS = [(listed.id, item.id) for listed in LISTED.values() for item in listed.items]
# Items that a study of patients, with an external site and all statements, has to answer.
ANSWERED = [
    (listed.id, item.id) for listed in LISTED.values() for item in listed.items if not item.void
]
FILLED = [
    pair
    for pair in ANSWERED
    if any(item.id == pair[1] and (item.keys or item.anchors) for item in LISTED[pair[0]].items)
]
SAID = Statements(**dict.fromkeys(Statements.model_fields, "It was said."))


@pytest.fixture(scope="module")
def whole(real_study: Any) -> dict[str, Any]:
    """The numbers of a study of patients with two external sites, and of what was looked at."""
    looked = {"id": "test", "layers": ["one"], "sanity": {"steps": []}}
    return {**real_study.numbers, "attention": {"cohorts": [looked]}}


class Everywhere(dict[str, str]):
    """A report that has every anchor but those taken away."""

    def __init__(self, *gone: str):
        super().__init__()
        self.gone = gone

    def __contains__(self, anchor: object) -> bool:
        return anchor not in self.gone

    def __getitem__(self, anchor: str) -> str:
        return anchor


def answers(
    content: dict[str, Any],
    statements: Statements = SAID,
    places: dict[str, str] | None = None,
) -> dict[tuple[str, str], dict[str, Any]]:
    found = answer(content, Everywhere() if places is None else places, statements)
    return {(listed["id"], item["id"]): item for listed in found for item in listed["items"]}


def without(content: dict[str, Any], path: str) -> dict[str, Any]:
    """The content less what lies at a path as the answers name it."""
    content = copy.deepcopy(content)
    inner: Any = content
    *parts, last = path.split(".")
    for part in parts:
        name, _, identity = part.partition("[")
        inner = inner[name]
        if identity:
            inner = next(entry for entry in inner if entry["id"] == identity.rstrip("]"))
    inner.pop(last)
    return content


def test_the_lists_have_the_published_numbers() -> None:
    sizes = {name: (listed.numbered, len(listed.items)) for name, listed in LISTED.items()}
    assert sizes == {"tripod-ai": (27, 52), "claim": (44, 44), "stard-ai": (40, 48)}
    lettered = {
        name: {
            number: "".join(item.id[-1] for item in listed.items if item.id[:-1] == number)
            for number in dict.fromkeys(item.id[:-1] for item in listed.items)
            if number and any(i.id[:-1] == number and i.id[-1].isalpha() for i in listed.items)
        }
        for name, listed in LISTED.items()
    }
    assert lettered["tripod-ai"] == {
        **{"3": "abc", "5": "ab", "6": "abc", "8": "abc", "9": "abc", "12": "abcdefg"},
        **{"18": "abcdef", "20": "abc", "23": "ab", "27": "abc"},
    }
    # Those that the published table gives to development alone.
    developed = {item.id for item in LISTED["tripod-ai"].items if item.applies == "development"}
    assert developed == {"9a", "12a", "12b", "12c", "15", "22", "27a", "27b"}
    assert lettered["claim"] == {}
    assert lettered["stard-ai"] == {"15": "abcd", "16": "abc", "17": "ab", "26": "ab", "40": "ab"}


def test_each_statement_is_asked_for_and_each_list_tells_its_source() -> None:
    asked = {name for listed in LISTED.values() for item in listed.items for name in item.author}
    assert asked == Statements.model_fields.keys()
    for listed in LISTED.values():
        assert listed.doi.startswith("10.")
        assert "not" in listed.compared


@pytest.mark.parametrize(("name", "number"), ANSWERED)
def test_a_whole_study_answers_it(name: str, number: str, whole: dict[str, Any]) -> None:
    item = answers(whole)[name, number]
    spec = next(item for item in LISTED[name].items if item.id == number)
    assert item["status"] == ("given" if spec.author else "filled"), item["why"]
    assert item["where"] or item["keys"] or item["given"]


@pytest.mark.parametrize(("name", "number"), FILLED)
def test_it_flips_when_what_it_points_to_is_taken_away(
    name: str, number: str, whole: dict[str, Any]
) -> None:
    content = whole
    spec = next(item for item in LISTED[name].items if item.id == number)
    item = answer_item(spec, content, Everywhere(), SAID)
    assert item["keys"] or item["where"]
    for path in item["keys"]:
        lost = answer_item(spec, without(content, path), Everywhere(), SAID)
        assert lost["status"] == "not_met"
        assert re.search(re.escape(path) + "(?![a-z_])", lost["why"])
    for place in item["where"]:
        lost = answer_item(spec, content, Everywhere(place["anchor"]), SAID)
        assert lost["status"] == "not_met"
        assert f"the place #{place['anchor']} of the report" in lost["why"]


def test_a_null_counts_as_missing_and_zero_does_not(whole: dict[str, Any]) -> None:
    content = copy.deepcopy(whole)
    content["sites"][0]["refused_total"] = 0
    assert answers(content)["tripod-ai", "7"]["status"] == "filled"
    content["sites"][0]["refused_total"] = None
    item = answers(content)["tripod-ai", "7"]
    assert item["status"] == "not_met"
    assert item["why"] == "missing: the number sites[development].refused_total"
    assert item["where"] == item["keys"] == []


@pytest.mark.parametrize("statement", Statements.model_fields)
def test_a_statement_moves_its_items_alone(statement: str, whole: dict[str, Any]) -> None:
    silent = answers(whole, Statements())
    said = answers(whole, Statements(**{statement: "So it is."}))
    alone = {
        (listed.id, item.id)
        for listed in LISTED.values()
        for item in listed.items
        if item.author == (statement,)
    }
    moved = {place for place in ITEMS if silent[place]["status"] != said[place]["status"]}
    assert moved == alone
    assert {silent[place]["status"] for place in alone} <= {"author"}
    assert {said[place]["status"] for place in alone} <= {"given"}
    for item in said.values():
        assert statement not in item["needs"]


def test_a_synthetic_run_says_what_it_cannot_fill(study: Any, real_study: Any) -> None:
    found = answers(study.numbers)
    barred = {
        (listed.id, item.id)
        for listed in LISTED.values()
        for item in listed.items
        if item.synthetic
    }
    assert {("tripod-ai", "5a"), ("claim", "13"), ("stard-ai", "28")} <= barred
    for place in barred:
        assert found[place]["status"] == "not_met"
        assert found[place]["why"].startswith("synthetic data: ")
    assert not any("synthetic" in item["why"] for item in answers(real_study.numbers).values())


def test_items_that_do_not_apply_say_why(real_study: Any, make_tree: Any) -> None:
    alone = answers(make_tree(externals=(), synthetic=False).count())
    for place in (("tripod-ai", "20c"), ("tripod-ai", "23b"), ("stard-ai", "29")):
        assert alone[place]["status"] == "void"
        assert alone[place]["why"] == "there is no external site"
    assert alone["claim", "33"]["status"] == "not_met"
    assert "cohorts[kind=external].n" in alone["claim", "33"]["why"]
    assert alone["tripod-ai", "12c"]["status"] == "filled"
    whole = answers(real_study.numbers)
    assert whole["tripod-ai", "20c"]["status"] == "filled"


def test_a_received_model_is_not_developed_here(make_tree: Any) -> None:
    tree = make_tree(synthetic=False)
    tree.receive()
    found = answers(tree.count())
    developed = [
        item for listed in LISTED.values() for item in listed.items if item.applies == "development"
    ]
    assert len(developed) > 8
    for name, number in ITEMS:
        item = next(item for item in LISTED[name].items if item.id == number)
        if item.applies == "development":
            assert found[name, number]["status"] == "void"
            assert found[name, number]["why"] == "the model was received and not developed here"
    missing = {place for place, i in found.items() if i["why"].startswith("missing")}
    assert missing == {("claim", "31")}  # Nobody looked at its maps here.


def test_the_counts_are_those_of_the_items(study: Any) -> None:
    for listed in answer(study.numbers, Everywhere(), Statements()):
        counts = dict(listed["counts"])
        assert counts.pop("points") == len(listed["items"]) == sum(counts.values())
        assert list(counts) == list(STATUSES)
        frame = checklist_frame(listed, synthetic=True, origin="numbers.json")
        for status, words in STATUSES.items():
            assert (frame["status"] == words).sum() == counts[status]
        assert frame["source"].str.contains("doi 10.", regex=False).all()


def test_anchors_are_those_that_pandoc_makes() -> None:
    text = "# One *two* {#first}\n\n## A heading\n\n::: {.x #box}\nA\n:::\n\n"
    text += "![C](a.png){#picture}\n\n[word]{#span .y} and [none]{.z}\n"
    found = anchors(str(pypandoc.convert_text(text, "json", format="markdown")))
    assert found == {
        "first": "One two",
        "a-heading": "A heading",
        "box": "",
        "picture": "",
        "span": "",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"keys": ["a"], "void": "no"},
        {"author": ["ethics"], "void": "no"},
        {"author": ["weather"]},
        {"anchor": ["a"]},
        {"keys": ["a"], "applies": "sometimes"},
    ],
)
def test_an_item_is_answered_in_one_known_way(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"item|Extra|Input|validation"):
        Item.model_validate({"id": "1", "section": "S", "asks": "A", **wrong})


def test_a_list_with_a_gap_is_refused() -> None:
    content = LISTED["claim"].model_dump()
    content["items"].pop(3)
    with pytest.raises(ValueError, match="each number"):
        Checklist.model_validate(content)
