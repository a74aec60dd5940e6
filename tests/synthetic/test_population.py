"""Patients of a synthetic hospital: numbers, moments, quotas and ceilings, without films."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from osteohip.synthetic.population import draw_population, draw_uid
from osteohip.synthetic.recipes import DEVELOPMENT, EXTERNAL, RECIPES, Counts
from osteohip.synthetic.states import auc
from osteohip.synthetic.truth import final_cohort


@pytest.mark.parametrize(("name", "final"), [("development", 1001), ("external", 117)])
def test_subjects_fill_the_counts(name: str, final: int) -> None:
    recipe = RECIPES[name]
    counts = Counts.of(recipe, final)
    subjects = draw_population(recipe, final, seed=7)
    assert Counter(s.fails for s in subjects if s.fails is not None) == counts.failing
    passing = [s for s in subjects if s.fails is None]
    assert len(passing) == final + counts.uncroppable
    assert sum(not s.croppable for s in passing) == counts.uncroppable
    cases = final_cohort(subjects)
    assert cases["label"].sum() == counts.osteoporosis
    assert (cases["side"] == "R").sum() == counts.right


def test_films_are_numbered_through_and_nobody_is_twice_there() -> None:
    subjects = draw_population(DEVELOPMENT, 200, seed=3)
    films = [film for subject in subjects for film in subject.films]
    assert [film.number for film in films] == list(range(len(films)))
    assert len({film.sop_instance_uid for film in films}) == len(films)
    assert len({subject.patient_id for subject in subjects}) == len(subjects)
    assert {film.tags for film in films} == {"complete", "listed", "missing"}
    assert {film.projection for film in films} == {"AP", "lateral"}
    assert sum(film.view == "pelvis" for film in films) / len(films) == pytest.approx(0.25, abs=0.1)


def test_same_seed_same_patients_other_seed_none_in_common() -> None:
    first, again, other = (draw_population(EXTERNAL, 30, seed=s) for s in (1, 1, 2))
    assert first == again
    assert not {s.patient_id for s in first} & {s.patient_id for s in other}

    def uids(subjects: tuple[object, ...]) -> set[str]:
        return set(re.findall(r"2\.25\.\d+", repr(subjects)))

    assert uids(first)
    assert not uids(first) & uids(other)


def test_a_uid_is_a_version_4_uuid_below_2_25() -> None:
    number = int(draw_uid(np.random.default_rng(0)).removeprefix("2.25."))
    assert re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", f"{number:032x}")


@pytest.mark.parametrize(
    ("name", "low", "high", "aim"),
    [("development", 0.9, 0.93, 0.915), ("external", 0.8, 0.86, 0.83)],
)
def test_ceiling_of_a_large_site_lies_where_the_recipe_says(
    name: str, low: float, high: float, aim: float
) -> None:
    recipe = RECIPES[name]
    ceilings = []
    for seed in range(10):
        cases = final_cohort(draw_population(recipe, 1000, seed))
        ceilings.append(auc(-cases["film_state"].to_numpy(), cases["label"].to_numpy() == 1))
    assert low <= min(ceilings)
    assert max(ceilings) <= high
    assert np.mean(ceilings) == pytest.approx(aim, abs=0.007)
