"""Sentences on measures, calibration and subgroups: no word without an interval that bears it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from osteohip.baselines.plan import EVERYONE
from osteohip.report.discussion import conclusion, limitations, main_findings
from osteohip.report.findings import (
    below_one_call,
    calibration_sentences,
    compared_sentence,
    explained_sentence,
    miscalibrated,
    one_call,
    performance_sentences,
    subgroup_sentences,
    wrong_calls,
)
from osteohip.writing.wording import difference, estimate

Change = Callable[[dict[str, Any]], None]


def item(value: float | None, low: float | None = None, high: float | None = None) -> Any:
    reason = "one class" if low is None else None
    return {"estimate": value, "low": low, "high": high, "k": None, "n": 9, "reason": reason}


@pytest.fixture
def content(study: Any) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(study.numbers))
    return copied


@pytest.fixture
def cohort(content: dict[str, Any]) -> dict[str, Any]:
    """The external site of a study."""
    found: dict[str, Any] = content["cohorts"][2]
    return found


def bare(text: str) -> str:
    return text.replace("[", "").replace("]{.unbroken}", "").replace("\\", "")


def test_one_call_is_that_of_the_larger_class_and_the_baseline_of_the_table(study: Any) -> None:
    compared = 0
    for cohort in study.numbers["cohorts"]:
        same, counts = cohort["one_call"], cohort["confusion"]
        ill, well = counts["tp"] + counts["fn"], counts["fp"] + counts["tn"]
        assert same["accuracy"]["k"] == max(ill, well)
        assert same["osteoporosis"] is (ill >= well)
        if same["osteoporosis"]:
            compared += 1
            row = cohort["baselines"]["scorers"][EVERYONE]
            assert same["difference"]["difference"] == pytest.approx(
                row["accuracy_difference"]["difference"]
            )
            assert same["difference"]["low"] == pytest.approx(row["accuracy_difference"]["low"])
            assert same["accuracy"]["low"] == pytest.approx(row["accuracy"]["low"])
    assert compared
    few = one_call({"tp": 1, "fn": 2, "fp": 3, "tn": 10})
    assert few["osteoporosis"] is False
    assert few["accuracy"]["k"] == 13
    assert few["difference"]["difference"] == pytest.approx((11 - 13) / 16)
    assert one_call({"tp": 0, "fn": 0, "fp": 0, "tn": 0})["difference"]["difference"] is None


@pytest.mark.parametrize(
    ("value", "low", "high", "p", "words", "weak"),
    [
        (0.2, 0.1, 0.3, 0.01, "This accuracy is above that of calling", False),
        (0.1, -0.1, 0.3, 0.3, "This accuracy was not shown to be above that of calling", True),
        (0.2, 0.1, 0.3, 0.06, "This accuracy was not shown to be above that of calling", True),
        (-0.1, -0.2, 0.1, 0.3, "This accuracy lies below that of calling", True),
        (-0.2, -0.3, -0.1, 0.01, "This accuracy is below that of calling", True),
        (None, None, None, None, None, False),
    ],
)
def test_the_accuracy_stands_beside_that_of_one_call(
    content: dict[str, Any],
    cohort: dict[str, Any],
    value: float | None,
    low: float | None,
    high: float | None,
    p: float | None,
    words: str | None,
    weak: bool,
) -> None:
    for other in content["cohorts"]:
        other["one_call"]["difference"] |= {"difference": 0.2, "low": 0.1, "high": 0.3, "p": 0.01}
    found = {"difference": value, "low": low, "high": high, "p": p}
    cohort["one_call"]["difference"] |= found
    text = bare(performance_sentences(cohort))
    assert estimate(cohort["metrics"]["auc"]) in text
    assert (words or "This accuracy") in text if words else "This accuracy" not in text
    assert bool(below_one_call(cohort)) is (value is not None and value < 0)
    assert ("same call at External hospital" in conclusion(content)) is weak
    assert any("one call for every hip" in text for text in limitations(content)) is weak


def test_a_call_that_is_mostly_wrong_is_named(
    content: dict[str, Any], cohort: dict[str, Any]
) -> None:
    cohort["metrics"]["ppv"] |= {"estimate": 0.9}
    cohort["metrics"]["npv"] |= {"estimate": 0.5}
    assert wrong_calls(cohort) == ""
    cohort["metrics"]["npv"] |= {"estimate": 0.4}
    assert "does not rule osteoporosis out" in wrong_calls(cohort)
    assert wrong_calls(cohort) in limitations(content)
    cohort["metrics"]["npv"] |= {"estimate": None, "reason": "no such call"}
    assert wrong_calls(cohort) == ""


@pytest.mark.parametrize(
    ("ratio", "slope", "words"),
    [
        ((1.2, 1.1, 1.3), (0.5, 0.4, 0.6), ["too low on average", "they were too extreme"]),
        ((0.8, 0.7, 0.9), (1.5, 1.2, 1.8), ["too high on average", "not extreme enough"]),
        (
            (1.0, 0.9, 1.1),
            (1.0, 0.5, 1.5),
            ["not shown to be too high", "too extreme or too timid"],
        ),
        ((None, None, None), (None, None, None), ["not defined (one class)."]),
    ],
)
def test_calibration_says_what_the_intervals_show(
    cohort: dict[str, Any], ratio: Any, slope: Any, words: list[str]
) -> None:
    cohort["metrics"] |= {"observed_expected": item(*ratio), "calibration_slope": item(*slope)}
    text = bare(calibration_sentences(cohort))
    assert [word for word in words if word not in text] == []
    away = ratio[0] not in (1.0, None)
    assert bool(miscalibrated([cohort])) is away


def test_no_refit_is_not_told(cohort: dict[str, Any]) -> None:
    cohort["recalibrated"] = {"slope": None}
    assert "After the refit" not in calibration_sentences(cohort)


def test_differences_that_exclude_zero_are_named(cohort: dict[str, Any]) -> None:
    found = cohort["drop"]["differences"]
    for name in ("sensitivity", "specificity", "accuracy", "ppv", "npv"):
        found[name] |= {"difference": 0.1, "low": -0.1, "high": 0.3, "p": 0.3}
    assert "Of the 5 measures that rest on the threshold, none was shown" in compared_sentence(
        cohort
    )
    found["npv"] |= {"low": 0.05}
    assert "none was shown" in compared_sentence(cohort)
    found["npv"] |= {"p": 0.01}
    shown = difference(found["npv"], percents=True)
    assert f"tell a difference of the negative predictive value, {shown}" in bare(
        compared_sentence(cohort)
    )
    for name in ("sensitivity", "specificity", "accuracy", "ppv", "npv"):
        found[name] |= {"difference": None, "low": None, "high": None}
    assert compared_sentence(cohort) == ""


def test_what_explains_the_drop_is_told_where_it_is_known(cohort: dict[str, Any]) -> None:
    drop = cohort["drop"]
    drop["reweighted"][-1]["case_mix"] |= item(0.02, -0.01, 0.05)
    assert "age and T-score of the patients explain" in explained_sentence(cohort)
    drop["reweighted"][-1]["case_mix"] |= {"estimate": None}
    assert "patients explain" not in explained_sentence(cohort)
    drop["prevalence"]["npv"]["prevalence"] |= {"difference": None}
    assert explained_sentence(cohort) == ""


def test_the_lowest_and_the_highest_subgroup_are_named(
    content: dict[str, Any], cohort: dict[str, Any]
) -> None:
    def group(variable: str, level: str, area: Any) -> dict[str, Any]:
        return {"variable": variable, "level": level, "n": 20, "auc": area}

    cohort["subgroups"] = [
        group("all", "all hips", item(0.7, 0.6, 0.8)),
        group("age", "under 65", item(0.9, 0.8, 0.95)),
        group("age", "not stated", item(0.6, 0.3, 0.8)),
        group("manufacturer", "A*B", item(None)),
        group("t_score", "-3.5 or less", item(0.1, 0.0, 0.2)),
        group("t_score_distance", "within 0.5 of -2.5", item(0.55, 0.4, 0.7)),
        group("t_score_distance", "0.5 or more from -2.5", item(0.9, 0.8, 0.95)),
    ]
    text = bare(subgroup_sentences(cohort))
    assert "lowest, 0.600 (0.300–0.800) in hips whose age is not stated (n = 20)" in text
    assert "highest, 0.900 (0.800–0.950) in the age band under 65 (n = 20)" in text
    assert "2 subgroups by age" in text
    assert "It was 0.550 (0.400–0.700) at a T-score within 0.5 of −2.5" in text
    assert "0.550 (0.400–0.700) at External hospital" in bare(" ".join(main_findings(content)))
    cohort["subgroups"] = cohort["subgroups"][:1]
    assert "could be estimated in no subgroup by age" in subgroup_sentences(cohort)


def test_one_training_is_a_limit_and_several_are_none(content: dict[str, Any]) -> None:
    assert any("trained once" in text for text in limitations(content))
    content["runs"] = {"trained": 3}
    assert not any("trained once" in text for text in limitations(content))
