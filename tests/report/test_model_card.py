"""The model card: everything in it comes from the numbers or from the authors."""

import copy
import re
from importlib.resources import files
from typing import Any

from osteohip.report.model_card import SOURCE, card_facts, card_markdown, card_table
from osteohip.report.tables import all_tables
from osteohip.statements import Statements, asked
from osteohip.writing.table import SYNTHETIC, numbered

ORIGIN = "numbers.json"


def text_of(content: dict[str, Any]) -> str:
    return " ".join(fact.text for fact in card_facts(content))


def test_it_has_the_published_parts_and_points_to_tables_that_are_there(
    study: Any, real_study: Any, make_tree: Any
) -> None:
    received = make_tree()
    received.receive()
    for content in (study.numbers, real_study.numbers, received.count()):
        names = numbered(all_tables(content))
        facts = card_facts(content)
        assert list(dict.fromkeys(fact.heading for fact in facts)) == [
            "Model details",
            "Intended use",
            "Input, output and factors",
            "Data",
            "Quantitative analyses",
            "Ethical considerations",
            "Caveats and recommendations",
        ]
        assert {key for fact in facts for key in fact.tables} <= names.keys()
        assert len(card_table(content, names).rows) == len(facts) + 7


def test_a_changed_number_changes_the_card(study: Any) -> None:
    content = copy.deepcopy(study.numbers)
    content["cohorts"][1]["metrics"]["auc"]["estimate"] = 0.12345
    content["config"]["selection"] |= {"min_age_years": None, "sex": None}
    content["model"]["parameters"] = 7_654_321
    text = text_of(content)
    assert "0.123 (" in text
    assert "women and men of any age" in text
    assert "7,654,321 parameters" in text
    assert "women aged 55 years or more" in text_of(study.numbers)


def test_its_source_holds_no_typed_number() -> None:
    source = files("osteohip.report").joinpath("model_card.py").read_text(encoding="utf-8")
    prose = re.sub(r"\{[^{}]*\}", "", source.replace(SOURCE, ""))
    sentences = [s for s in re.findall(r'"([^"\n]*)"', prose) if " " in s]
    assert len(sentences) > 40
    known = {"2019:220-229", "10.1145/3287560.3287596.", "[@mitchell2019]"}
    assert not [s for s in sentences if re.search(r"\d", s) and not any(k in s for k in known)]


def test_what_the_authors_owe_is_said_until_they_say_it(study: Any) -> None:
    owed = {name for name in Statements.model_fields if asked(name) in text_of(study.numbers)}
    assert {"intended_use", "ethical_use", "fairness", "model_availability"} <= owed
    given = {**study.numbers, "statements": dict.fromkeys(owed, "So | it *is*.")}
    assert "Needs the author" not in text_of(given)
    assert r"So \| it \*is\*\." in card_markdown(given, ORIGIN)


def test_it_is_marked_and_holds_the_subgroups(study: Any, real_study: Any) -> None:
    text = card_markdown(study.numbers, ORIGIN)
    assert card_table(study.numbers, numbered(all_tables(study.numbers))).mark == SYNTHETIC
    assert "**Synthetic data.**" in text
    assert text.count("| Subgroup |") == 2
    assert "no evidence about patients" in text_of(study.numbers)
    assert "ynthetic" not in card_markdown(real_study.numbers, ORIGIN)


def test_a_received_model_says_so(make_tree: Any) -> None:
    tree = make_tree()
    tree.receive()
    content = tree.count()
    text = text_of(content)
    assert "Received from elsewhere" in text
    assert content["received"]["purpose"] in text
    assert content["received"]["digest"] in text
