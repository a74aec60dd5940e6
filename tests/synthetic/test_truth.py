"""The truth beside a synthetic site."""

from __future__ import annotations

import json

import pytest

from osteohip.synthetic.population import draw_population
from osteohip.synthetic.recipes import DEVELOPMENT, EXTERNAL
from osteohip.synthetic.truth import causes_of_drop, final_cohort, truth


@pytest.fixture(scope="module")
def causes() -> dict[str, dict[str, float]]:
    return {row["cause"]: row for row in causes_of_drop(EXTERNAL, seed=1)}


def test_each_cause_alone_costs_and_together_they_cost_more(
    causes: dict[str, dict[str, float]],
) -> None:
    alone = [row["drop"] for cause, row in causes.items() if cause.startswith(("pop", "label"))]
    together = causes["all of these"]
    assert all(drop > 0 for drop in alone)
    assert together["drop"] > max(alone)
    assert together["osteoporosis"] == pytest.approx(86 / 117, abs=0.015)


def test_the_scanner_moves_no_ceiling(causes: dict[str, dict[str, float]]) -> None:
    assert causes["scanner"]["drop"] == 0


def test_the_development_recipe_has_no_drop() -> None:
    assert {row["drop"] for row in causes_of_drop(DEVELOPMENT, seed=1)} == {0.0}


def test_truth_is_json_and_counts_the_cohort() -> None:
    cases = final_cohort(draw_population(EXTERNAL, 117, seed=4))
    known = truth(EXTERNAL, cases, seed=4)
    assert json.loads(json.dumps(known, allow_nan=False)) == known
    assert (known["n"], known["osteoporosis"]) == (117, 86)
    assert 0.7 < known["ceiling_auc"] < 0.95
    assert known["expected"]["ceiling_auc"] == pytest.approx(0.83, abs=0.01)


def test_cases_name_one_film_a_patient() -> None:
    subjects = draw_population(DEVELOPMENT, 50, seed=4)
    cases = final_cohort(subjects)
    assert list(cases) == ["sop_instance_uid", "side", "film_state", "latent", "label"]
    assert cases["sop_instance_uid"].is_unique
    assert cases["sop_instance_uid"].is_monotonic_increasing
