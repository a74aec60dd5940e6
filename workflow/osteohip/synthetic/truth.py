"""What no hospital could know of its site: the ceiling of any model, and what sets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from osteohip.synthetic.population import Subject
from osteohip.synthetic.recipes import DEVELOPMENT, Recipe
from osteohip.synthetic.states import auc, draw_ages, draw_states

SIMULATED_PATIENTS = 20_000
SCANNER_NOTE = (
    "The scanners change how a bone state looks on the film, not the state that is rendered; so "
    "they move no ceiling. What a model loses beyond the fall of the ceiling is theirs."
)


def final_cohort(subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return the final cohort's cases: one film and hip a patient, with what was rendered.

    Columns: sop_instance_uid, side, film_state and latent (T-score units), label (1 =
    osteoporosis); sorted by UID.
    """
    rows = [
        (
            subject.films[0].sop_instance_uid,
            subject.side,
            subject.films[0].state,
            subject.latent,
            int(subject.label),
        )
        for subject in subjects
        if subject.fails is None and subject.croppable
    ]
    columns = ["sop_instance_uid", "side", "film_state", "latent", "label"]
    return pd.DataFrame(sorted(rows), columns=columns)


def ceiling_auc(cases: pd.DataFrame) -> float:
    """Return the AUC of the state as rendered in the film against the DXA label."""
    return auc(-cases["film_state"].to_numpy(dtype=float), cases["label"].to_numpy() == 1)


def expected_ceiling(recipe: Recipe, seed: int) -> dict[str, float]:
    """Return ceiling and share of osteoporosis of a large population of ``recipe``, no films."""
    rng = np.random.default_rng([seed, 0])
    ages = draw_ages(recipe.age_shape, SIMULATED_PATIENTS, rng)
    states = draw_states(ages, recipe.bone, rng)
    return {
        "ceiling_auc": round(states.ceiling_auc, 4),
        "osteoporosis": round(float(states.label.mean()), 4),
    }


def causes_of_drop(recipe: Recipe, seed: int) -> list[dict[str, Any]]:
    """Return how far each cause alone moves the ceiling away from the development recipe's.

    The population's part is its ages and its spread of bone states; the label's part is the larger
    errors of film and DXA. Each is put alone into the development recipe and simulated.
    """
    here, there = DEVELOPMENT.bone, recipe.bone
    population = replace(here, mean=there.mean, per_year=there.per_year, spread=there.spread)
    film = replace(here, film_error=there.film_error)
    examination = replace(here, region_error=there.region_error, exam_error=there.exam_error)
    both = replace(film, region_error=there.region_error, exam_error=there.exam_error)
    baseline = expected_ceiling(DEVELOPMENT, seed)
    alone = {
        "population: older, lower and more alike in bone density": replace(
            DEVELOPMENT, bone=population, age_shape=recipe.age_shape
        ),
        "label: larger error of the film's bone state": replace(DEVELOPMENT, bone=film),
        "label: larger error of the DXA reading": replace(DEVELOPMENT, bone=examination),
        "label: both errors": replace(DEVELOPMENT, bone=both),
        "all of these": recipe,
    }
    rows: list[dict[str, Any]] = [{"cause": "none: development recipe", **baseline, "drop": 0.0}]
    for cause, changed in alone.items():
        found = expected_ceiling(changed, seed)
        drop = round(baseline["ceiling_auc"] - found["ceiling_auc"], 4)
        rows.append({"cause": cause, **found, "drop": drop})
    rows.append({"cause": "scanner", **baseline, "drop": 0.0})
    return rows


def truth(recipe: Recipe, cases: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Return the content of ``truth.json``."""
    return {
        "recipe": recipe.name,
        "n": len(cases),
        "osteoporosis": int(cases["label"].sum()),
        "ceiling_auc": ceiling_auc(cases),
        "ceiling_is": "AUC of the bone state as rendered in the film against the DXA label, over "
        "the final cohort",
        "expected": expected_ceiling(recipe, seed),
        "drop_by_cause": causes_of_drop(recipe, seed),
        "simulated_patients": SIMULATED_PATIENTS,
        "scanner": SCANNER_NOTE,
    }
