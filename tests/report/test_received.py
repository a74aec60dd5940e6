"""The report of a model that was received, at sites without its development."""

import json
from typing import Any

import pytest

from osteohip.config import Config
from osteohip.errors import StudyError
from osteohip.report.document import printed_tables, report_markdown
from osteohip.report.model_card import card_facts
from osteohip.report.reporting import answered
from osteohip.report.results import read_results
from osteohip.report.tables import all_tables
from osteohip.statements import Statements
from osteohip.writing.wording import estimate


def markdown_of(content: dict[str, Any]) -> str:
    return report_markdown(content, all_tables(content)).replace("\\", "")


@pytest.fixture
def received(make_tree: Any) -> Any:
    def make(**options: Any) -> Any:
        tree = make_tree(**options)
        tree.receive()
        return tree

    return make


def test_only_the_external_sites_are_described(received: Any) -> None:
    tree = received(externals=("Busan", "Daegu"))
    content = tree.report()
    assert [(site["name"], site["role"]) for site in content["sites"]] == [
        ("Busan", "external"),
        ("Daegu", "external"),
    ]
    assert {group["id"] for group in content["groups"]} == {"external", "external1"}
    assert {cohort["kind"] for cohort in content["cohorts"]} == {"external"}
    keys = {table.key for table in all_tables(content)}
    assert not keys & {"measures-validation", "leakage", "confusion-test"}
    assert "internal-test" in keys
    assert "split" not in content["config"]
    text = markdown_of(content)
    for word in ("Development hospital", "split.", "The network was trained on", "None"):
        assert word not in text
    assert "Development hospital" not in tree.html


def test_it_reads_as_the_validation_of_a_model_that_exists(received: Any) -> None:
    content = received(externals=("Busan",)).count()
    text = markdown_of(content)
    assert "was received as it is; this study asks whether it holds at another hospital." in text
    assert "Nothing was trained here." in text
    assert "In the model's internal test on 6 images" in text
    assert "not known: the patients of the development are not at hand" in text
    assert "Figure 1](#figure-flow-external) shows who" in text
    assert "(#table-confusion-external) holds the calls" in text
    assert "the ROC curve." in text
    assert "Neither model nor threshold was changed for the external site." in text
    assert (
        "The bundle of the run primary, developed on 48 images for training and 6 for the choice of"
        in text
    )
    assert content["received"]["digest"] in text
    assert "Whether any of these patients took part" in text
    assert "on the test set" not in text.split("## The paper")[0].split("## From")[0]


def test_the_internal_test_is_told_from_aggregates(received: Any, make_tree: Any) -> None:
    tree = make_tree(externals=("Busan",))
    own = next(cohort for cohort in tree.count()["cohorts"] if cohort["id"] == "test")
    tree.receive()
    test = tree.count()["received"]["test"]
    assert test["n"] == own["n"]
    assert test["osteoporosis"] == own["osteoporosis"]
    for name in ("sensitivity", "specificity", "auc"):
        for limit in ("estimate", "low", "high"):
            assert test["metrics"][name][limit] == pytest.approx(own["metrics"][name][limit])


def test_the_internal_test_has_the_intervals_that_are_configured(received: Any) -> None:
    tree = received()
    changed = Config.model_validate({"evaluation": {"proportion_interval": "clopper_pearson"}})
    tree.config = changed.reported().model_copy(update={"split": None})
    content = tree.count()
    found = content["received"]["test"]["metrics"]["sensitivity"]
    assert found["method"] == "Clopper-Pearson"
    (table,) = (table for table in all_tables(content) if table.key == "internal-test")
    assert estimate(found) in {cell for row in table.rows for cell in row.cells}


def test_its_scope_is_that_of_its_own_development(received: Any) -> None:
    tree = received()
    changed = Config.model_validate(
        {"selection": {"sex": "M", "min_age_years": 20}, "inventory": {"modalities": ["DX"]}}
    )
    tree.config = changed.reported().model_copy(update={"split": None})
    (scope,) = (fact for fact in card_facts(tree.count()) if fact.what == "Out of scope")
    assert scope.text.startswith("Other patients than women aged 55 years or more; other films")
    assert "(computed radiography, CR; digital radiography, DX)" in scope.text
    assert "the criteria of its development exclude" in scope.text


def test_its_seed_drew_no_split_here(received: Any) -> None:
    text = markdown_of(received().count())
    assert "drew the weights, the order of the images and their augmentation. The network" in text


def test_the_methods_of_its_comparison_are_named(received: Any) -> None:
    content = received().count()
    assert "The model's test set and an external site are compared as independent" in markdown_of(
        content
    )
    (table,) = (table for table in all_tables(content) if table.key.startswith("drop-"))
    assert "Fisher's exact test (differences of shares)" in table.note
    assert "unpaired DeLong" in table.note


def test_that_an_overlap_is_unknown_is_null_with_a_reason(received: Any) -> None:
    leakage = received().count()["leakage"]
    assert leakage["disjoint"] is None
    assert leakage["reason"].startswith("the patients of the development are not at hand")


def test_other_settings_than_the_models_are_warned_of(received: Any) -> None:
    tree = received()
    assert not [w for w in tree.count()["warnings"] if w["code"] == "settings"]
    changed = Config.model_validate({"selection": {"sex": None, "label_t_score": -2.0}})
    tree.config = changed.reported().model_copy(update={"split": None})
    texts = [w["text"] for w in tree.count()["warnings"] if w["code"] == "settings"]
    assert texts == [
        'selection.sex is null here and "F" where the model was developed',
        "selection.label_t_score is -2.0 here and -2.5 where the model was developed",
    ]


def test_two_sites_of_one_name_are_told_apart(received: Any) -> None:
    content = received(externals=("Busan", "Busan")).count()
    assert [site["name"] for site in content["sites"]] == ["Busan (external)", "Busan (external1)"]
    assert "At Busan (external1), " in markdown_of(content)


def test_mixed_and_synthetic_are_marked(received: Any) -> None:
    content = received(synthetic=True, external_synthetic=False).count()
    assert content["study"]["mixed"] is True
    assert all(cohort["synthetic"] for cohort in content["cohorts"])
    content = answered(content, Statements())
    whole = {
        table.key: table.mark
        for table in printed_tables(content, all_tables(content))
        if table.key in {"settings", "model-card"} or table.key.startswith("checklist-")
    }
    assert len(whole) == 5
    assert set(whole.values()) == {"Synthetic data"}


@pytest.mark.parametrize("gone", ["development", "split", "leakage"])
def test_half_a_development_site_is_refused(gone: str, make_tree: Any) -> None:
    tree = make_tree()
    arguments = {**tree.arguments, gone: None}
    with pytest.raises(StudyError, match="together, or none of them"):
        read_results(
            run="primary", runs=None, externals=tree.externals, config=tree.config, **arguments
        )


def test_without_any_site_there_is_no_report(received: Any) -> None:
    tree = received(externals=())
    with pytest.raises(StudyError, match="give a development site, or external sites"):
        tree.count()


def test_the_numbers_are_json_without_nan(received: Any) -> None:
    content = received().report()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
