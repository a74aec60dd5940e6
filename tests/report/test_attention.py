"""What the report says of the maps: cases by rule, words from intervals, figures and tables."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from explained_study import write_explained

from osteohip.report.attention import (
    OUTCOMES,
    against_area,
    attention_illustrations,
    bone_words,
    check_words,
    chosen_outcomes,
    chosen_pair,
    curve_words,
    without_weights,
)
from osteohip.report.document import report_markdown
from osteohip.report.reporting import answered
from osteohip.report.tables import all_tables
from osteohip.statements import Statements


@pytest.fixture(scope="module")
def looked_study(write_study: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A synthetic study with maps, reported. Not to be changed."""
    tree = write_study(tmp_path_factory.mktemp("looked"))
    write_explained(tree)
    tree.numbers = tree.report()
    return tree


def words_of(content: dict[str, Any]) -> str:
    text = report_markdown(content, all_tables(content))
    return " ".join(text.replace("\\", "").split())


TABLE = pd.DataFrame(
    {
        "case_id": ["b", "a", "c", "d", "e", "a"],
        "layer": ["top"] * 5 + ["below"],
        "outcome": ["TP", "TP", "TP", "TP", "TN", "FP"],
        "label": [1, 1, 1, 1, 0, 0],
        "score": [0.7, 0.7, 0.9, 0.95, 0.1, 0.6],
        "target": [1, 1, 1, 1, -1, 1],
        "zero": ["no", "no", "no", "no", "yes", "no"],
    }
)


def test_cases_are_chosen_by_the_written_rule() -> None:
    chosen = {case["outcome"]: case for case in chosen_outcomes(TABLE)}
    assert list(chosen) == list(OUTCOMES)
    # Of a, b, c, d by score and name the lower of the middle two.
    assert (chosen["TP"]["case_id"], chosen["TP"]["n"]) == ("b", 4)
    assert (chosen["TN"]["case_id"], chosen["TN"]["zero"]) == ("e", True)
    assert (chosen["FP"]["case_id"], chosen["FP"]["n"]) == (None, 0)
    normal, osteoporotic = chosen_pair(TABLE, {"a": -3, "b": -2.6, "c": -4, "d": -3.5, "e": -1})
    assert (normal["case_id"], normal["t_score"]) == ("e", -1)
    assert (osteoporotic["case_id"], osteoporotic["t_score"]) == ("d", -3.5)


def item(estimate: float | None, low: float | None = None, high: float | None = None) -> dict:
    return {"estimate": estimate, "low": low, "high": high, "k": None, "n": 9, "reason": "why"}


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (item(1.5, 1.2, 1.8), "lies on bone more than by its share"),
        (item(0.5, 0.2, 0.8), "lies on bone less than by its share"),
        (item(1.0, 0.9, 1.1), "was not shown to lie on bone more or less"),
        (item(1.0), "cannot be told (why)"),
        (item(None), "is not known (why)"),
    ],
)
def test_words_follow_the_interval(ratio: dict[str, Any], expected: str) -> None:
    assert expected in against_area(ratio, "bone")


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        (item(1.2, 1.1, 1.3), item(1.2, 1.1, 1.3), ""),
        (item(1.2, 1.1, 1.3), item(None), ""),
        (
            item(1.2, 1.1, 1.3),
            item(0.9, 0.8, 0.95),
            "in the maps of hips called osteoporotic alone",
        ),
        (item(1.0, 0.9, 1.1), item(1.2, 1.1, 1.3), "of hips called not osteoporotic alone"),
        (item(1.0, 0.9, 1.1), item(0.9, 0.8, 0.95), "So the maps are no sign"),
        (item(None), item(None), ""),
    ],
)
def test_maps_of_the_two_calls_are_told_apart(
    positive: dict[str, Any], negative: dict[str, Any], expected: str
) -> None:
    groups = {
        call: {"ratios": {"bone": ratio}}
        for call, ratio in (("positive", positive), ("negative", negative))
    }
    found = bone_words(groups)
    assert expected in found
    assert bool(expected) is bool(found)


@pytest.mark.parametrize(
    ("left", "others", "beside", "expected"),
    [
        (item(0.1, 0.0, 0.15), item(0.3, 0.2, 0.4), "below", "the maps changed with the weights"),
        (item(0.1, -0.8, 0.9), item(0.3, -0.2, 0.8), "overlaps", "were not shown to stay more"),
        (item(0.1, 0.0, 0.2), item(0.3, 0.2, 0.4), "overlaps", "were not shown to stay more"),
        (item(0.9, 0.8, 0.95), item(0.3, 0.2, 0.4), "above", "stayed alike without any trained"),
        (item(0.9), item(0.3, 0.2, 0.4), None, "the randomised weights tell nothing"),
        (item(0.9, 0.8, 0.95), item(0.3), None, "the randomised weights tell nothing"),
    ],
)
def test_what_is_left_without_weights_is_told_as_far_as_the_intervals_tell(
    left: dict[str, Any], others: dict[str, Any], beside: str | None, expected: str
) -> None:
    unknown = {"difference": item(None)}
    sanity = {
        "layers": {"top": {"between_cases": {"spearman": others}}},
        "steps": [{"maps": {"top": {"spearman": left}}}],
        "curves": {"deletion": unknown, "insertion": unknown},
    }
    looked = {"layers": [{"layer": "top"}], "sanity": sanity}
    assert without_weights(looked)["beside"] == beside
    assert expected in check_words(looked)


@pytest.mark.parametrize(
    ("deletion", "insertion", "expected"),
    [
        (item(-0.2, -0.3, -0.1), item(0.2, 0.1, 0.3), "when they go and when they come"),
        (item(-0.2, -0.3, -0.1), item(0, -0.1, 0.1), "was not shown to rise sooner"),
        (item(0, -0.1, 0.1), item(0.2, 0.1, 0.3), "was not shown to fall sooner"),
        (item(0, -0.1, 0.1), item(0, -0.1, 0.1), "was not shown to follow"),
        (item(0.2, 0.1, 0.3), item(0, -0.1, 0.1), "maps that know nothing at least in part"),
        (item(None), item(0, -0.1, 0.1), "do not tell"),
    ],
)
def test_words_on_the_curves(
    deletion: dict[str, Any], insertion: dict[str, Any], expected: str
) -> None:
    curves = {"deletion": {"difference": deletion}, "insertion": {"difference": insertion}}
    words = curve_words({"sanity": {"curves": curves}})
    assert expected in words
    assert "the score of the class that was called" in words


def test_the_chapter_stands_in_the_report(looked_study: Any) -> None:
    text = words_of(looked_study.numbers)
    assert "### What the network looked at" in text
    assert "of the negated logit for any other" in text
    assert "the generator tells where bone" in text
    zero = looked_study.numbers["attention"]["cohorts"][0]["layers"][0]["groups"]["all"]["zero"]
    assert (zero["k"], zero["n"]) == (1, 6)
    assert "; 1/6) of the maps are 0 everywhere" in text.replace("[", "").replace(
        "]{.unbroken}", ""
    )
    keys = [table.key for table in all_tables(looked_study.numbers)]
    assert {"attention", "attention-checks", "attention-test", "attention-external"} <= set(keys)
    figures = {path.stem for path in (looked_study.reports / "figures").glob("attention-*.png")}
    assert figures == {"attention-outcomes", "attention-pair", "attention-film"}
    for figure in attention_illustrations(looked_study.numbers):
        assert figure.mark == "Synthetic data"
    assert "as Figure 2 of the paper" in text


def test_a_cohort_whose_curves_are_not_defined_stands_beside_one_whose_are(
    looked_study: Any,
) -> None:
    content = copy.deepcopy(looked_study.numbers)
    for group in content["attention"]["cohorts"][0]["layers"][0]["groups"].values():
        for curve in ("deletion", "insertion"):
            group["means"][curve] = item(None) | {"n": 0}
    found = {table.key: table for table in all_tables(content)}
    for curve in ("deletion", "insertion"):
        row, *others = (
            row.cells
            for row in found["attention"].rows
            if row.cells[0] == f"Area under the {curve} curve"
        )
        assert not others
        assert row[1] == "not defined (why)"
        assert "not defined" not in row[2]
    assert "Area under the insertion curve" in {
        row.cells[0] for row in found["attention-test"].rows
    }


def test_the_same_again(looked_study: Any, write_study: Any, tmp_path: Any) -> None:
    again = write_study(tmp_path)
    write_explained(again)
    again.report()
    for name in ("numbers.json", "figures/attention-outcomes.png", "figures/attention-film.pdf"):
        assert (again.reports / name).read_bytes() == (looked_study.reports / name).read_bytes()


def test_films_of_patients_have_no_masks_and_none_may_be_shown_whole(make_tree: Any) -> None:
    tree = make_tree(synthetic=False)
    write_explained(tree, masks=False, burnt_in=True)
    content = tree.count()
    text = words_of(content)
    assert "Nobody marked bone on these films" in text
    assert "No whole film is shown: no film says so." in text
    table = next(table for table in all_tables(content) if table.key == "attention")
    bone = next(row for row in table.rows if row.cells[0] == "Heat on bone")
    assert all("not defined" in cell for cell in bone.cells[1:])
    keys = [figure.key for figure in attention_illustrations(content)]
    assert keys == ["attention-outcomes", "attention-pair"]


def test_a_received_model_is_looked_at_at_the_external_sites(make_tree: Any) -> None:
    tree = make_tree()
    tree.receive()
    write_explained(tree)
    content = tree.count()
    assert [cohort["id"] for cohort in content["attention"]["cohorts"]] == ["external"]
    text = words_of(content)
    assert "Supplement S1" not in text
    assert "Supplement S2" in text


def test_a_group_without_cases_says_so(looked_study: Any) -> None:
    content = copy.deepcopy(looked_study.numbers)
    content["attention"]["figures"]["outcomes"][1] |= {"case_id": None, "score": None, "n": 0}
    caption = attention_illustrations(content)[0].caption
    assert "There is no false positive." in caption


def test_without_maps_nothing_is_said(study: Any) -> None:
    assert study.numbers["attention"] is None
    assert "What the network looked at" not in words_of(study.numbers)
    json.dumps(study.numbers)


def test_the_checklist_of_medical_imaging_finds_the_chapter(looked_study: Any) -> None:
    def explained(content: dict[str, Any]) -> dict[str, Any]:
        lists = {one["id"]: one for one in answered(content, Statements())["checklists"]}
        return next(item for item in lists["claim"]["items"] if item["id"] == "31")

    assert explained(looked_study.numbers)["status"] == "filled"
    lost = explained({**looked_study.numbers, "attention": None})
    assert lost["status"] == "not_met"
    assert "#what-the-network-looked-at" in lost["why"]
