"""Seeds and variants side by side."""

import math

import numpy as np
import pytest

from osteohip.config import Evaluation, Plan
from osteohip.evaluation.assessment import assess, measure
from osteohip.evaluation.comparison import paired_delong
from osteohip.evaluation.ensemble import mean_scores
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.runs import compare_runs, spread
from osteohip.evaluation.threshold import Threshold

WITHOUT = "network.non_local_after: null"
PLANS = (
    Plan(name="primary", variant="", seeds=(1,)),
    Plan(name="with-2", variant="", seeds=(2,)),
    Plan(name="without-1", variant=WITHOUT, seeds=(1,)),
    Plan(name="without-2", variant=WITHOUT, seeds=(2,)),
    Plan(name="without-3", variant=WITHOUT, seeds=(3,)),
    Plan(name="both", variant="", seeds=(1, 2), ensemble=("primary", "with-2")),
    Plan(name="neither", variant=WITHOUT, seeds=(1, 2), ensemble=("without-1", "without-2")),
    Plan(name="all", variant=None, seeds=(1, 1), ensemble=("primary", "without-1")),
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.7, 0.8, 0.9], (3, 0.8, 0.1, 0.7, 0.9)),
        ([0.7, None, 0.9], (2, 0.8, math.sqrt(0.02), 0.7, 0.9)),
        ([0.7], (1, 0.7, None, 0.7, 0.7)),
        ([None], (0, None, None, None, None)),
    ],
)
def test_spread(values, expected):
    found = spread(values)
    assert (found.n, found.mean, found.sd, found.low, found.high) == pytest.approx(expected)
    assert (found.reason is None) == (None not in expected)


@pytest.fixture(scope="module")
def scored() -> dict[str, Predictions]:
    rng = np.random.default_rng(1)
    labels = np.arange(60) % 2
    ids = tuple(f"case{i:02d}" for i in range(60))
    scores = {
        plan.name: 1
        / (1 + np.exp(-labels * (2 - len(plan.variant or "") / 30) - rng.normal(0, 1, 60)))
        for plan in PLANS
        if plan.ensemble is None
    }
    found = {name: Predictions(ids, labels, score) for name, score in scores.items()}
    for plan in PLANS:
        if plan.ensemble is not None:
            found[plan.name] = mean_scores({member: found[member] for member in plan.ensemble})
    return found


@pytest.fixture(scope="module")
def compared(scored):
    point = Threshold(0.5, "fixed", None)
    metrics = {
        name: assess(found, point, measure(found, point, Evaluation()))
        for name, found in scored.items()
    }
    return compare_runs(PLANS, primary="primary", predictions=scored, metrics=metrics), metrics


def test_variants_have_the_spread_of_their_trained_seeds(compared):
    found, metrics = compared
    assert [(v["variant"], v["runs"]) for v in found["variants"]] == [
        ("", ["primary", "with-2"]),
        (WITHOUT, ["without-1", "without-2", "without-3"]),
    ]
    areas = [metrics[name]["metrics"]["auc"]["estimate"] for name in ("primary", "with-2")]
    auc = found["variants"][0]["spread"]["auc"]
    assert auc["mean"] == pytest.approx(np.mean(areas))
    assert auc["sd"] == pytest.approx(np.std(areas, ddof=1))
    assert (auc["low"], auc["high"], auc["n"]) == (min(areas), max(areas), 2)


def test_differences_are_paired_by_seed_on_the_same_cases(compared, scored):
    (difference,) = compared[0]["differences"]
    pairs = [(p["run"], p["reference"], p["seeds"], p["ensemble"]) for p in difference["pairs"]]
    assert pairs == [
        ("without-1", "primary", [1], False),
        ("without-2", "with-2", [2], False),
        ("neither", "both", [1, 2], True),
    ]
    expected = paired_delong(
        labels=scored["primary"].labels,
        scores_a=scored["without-2"].scores,
        scores_b=scored["with-2"].scores,
    )
    second = difference["pairs"][1]
    assert {name: second[name] for name in expected.as_json()} == expected.as_json()
    values = [pair["difference"] for pair in difference["pairs"][:2]]
    assert difference["spread"]["mean"] == pytest.approx(np.mean(values))
    assert difference["spread"]["n"] == 2


def test_ensembles_are_compared_with_the_primary_run(compared):
    found = compared[0]["ensembles"]
    assert [(item["run"], item["reference"]) for item in found] == [
        ("both", "primary"),
        ("neither", "primary"),
        ("all", "primary"),
    ]


def test_one_class_leaves_nulls_with_a_reason(scored):
    sick = {
        name: Predictions(found.case_ids, np.ones_like(found.labels), found.scores)
        for name, found in scored.items()
    }
    point = Threshold(0.5, "fixed", None)
    metrics = {
        name: assess(found, point, measure(found, point, Evaluation()))
        for name, found in sick.items()
    }
    found = compare_runs(PLANS, primary="primary", predictions=sick, metrics=metrics)
    assert found["variants"][0]["spread"]["auc"]["mean"] is None
    assert found["variants"][0]["spread"]["auc"]["reason"] == "no value is defined"
    assert found["differences"][0]["pairs"][0]["reason"] == "all cases are of one class"
