"""The two kinds of synthetic hospitals: people, errors, machines, and how many of whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from osteohip.synthetic.scanners import DEVELOPMENT_SCANNERS, EXTERNAL_SCANNERS, Scanner

Criterion = Literal[
    "age",
    "sex",
    "pairing",
    "osteoarthritis",
    "other_disease",
    "operated_hip",
    "foreign_body",
    "other_institution",
]

YOUNGEST, OLDEST = 55.2, 100.5  # years, the range of the paper
LARGE_SITE = 500  # final records from which a site must hold what the recipe says of large ones
FAILING_SHARE: Mapping[Criterion, float] = {  # of the final records
    "age": 0.013,
    "sex": 0.014,
    "pairing": 0.015,
    "osteoarthritis": 0.014,
    "other_disease": 0.012,
    "operated_hip": 0.013,
    "foreign_body": 0.011,
    "other_institution": 0.012,
}


@dataclass(frozen=True)
class BoneModel:
    """How bone states are spread in a population, and the errors with which they are seen.

    All in T-score units. ``latent = mean + per_year * (age - 72.5) + N(0, spread)``; the film shows
    ``latent + N(0, film_error)``; DXA reads ``latent`` with the errors of `dxa.t_scores`.
    """

    mean: float
    per_year: float
    spread: float
    film_error: float
    region_error: float
    exam_error: float


@dataclass(frozen=True)
class Recipe:
    """All that tells one kind of synthetic hospital from another.

    Parameters
    ----------
    name, number, letter
        Of the recipe; the number goes into every seed, the letter begins the patient ids.
    title, institution, other_institution
        Name of the site, of its hospital in tags and tables, and of the hospital elsewhere.
    first_day, last_day
        Between which the films were taken.
    age_shape
        Shape (a, b) of the beta distribution of the age between `YOUNGEST` and `OLDEST`.
    bone
        Bone states and errors.
    ceiling
        Least and greatest ceiling AUC of a large site: a cohort outside is drawn anew, so that no
        seed makes a site easier or harder than the recipe means.
    osteoporosis, right
        Shares of the final cohort, as (count, of) in the paper.
    scanners
        What the hospital takes its films with.
    """

    name: str
    number: int
    letter: str
    title: str
    institution: str
    other_institution: str
    first_day: date
    last_day: date
    age_shape: tuple[float, float]
    bone: BoneModel
    ceiling: tuple[float, float]
    osteoporosis: tuple[int, int]
    right: tuple[int, int]
    scanners: tuple[Scanner, ...]


# The error SDs were chosen by simulation (20,000 patients): ceiling 0.915 here, 0.83 externally.
# Mean and spread make the paper's total-hip T-score (-2.2 +- 1.3) and its share of osteoporosis.
DEVELOPMENT = Recipe(
    name="development",
    number=1,
    letter="D",
    title="Synthetic development hospital",
    institution="Synthetic Hospital A",
    other_institution="Synthetic Clinic Z",
    first_day=date(2010, 1, 4),
    last_day=date(2019, 2, 27),
    age_shape=(1.25, 2.05),
    bone=BoneModel(
        mean=-2.21, per_year=-0.04, spread=1.13, film_error=0.59, region_error=0.35, exam_error=0.25
    ),
    ceiling=(0.903, 0.927),
    osteoporosis=(504, 1001),
    right=(440, 1001),
    scanners=DEVELOPMENT_SCANNERS,
)
# Older, thinner and more alike in their bones; films and examinations with larger errors.
EXTERNAL = Recipe(
    name="external",
    number=2,
    letter="E",
    title="Synthetic external hospital",
    institution="Synthetic Hospital B",
    other_institution="Synthetic Clinic Y",
    first_day=date(2020, 10, 5),
    last_day=date(2021, 7, 28),
    age_shape=(1.7, 1.9),
    bone=BoneModel(
        mean=-2.7, per_year=-0.04, spread=0.95, film_error=0.85, region_error=0.45, exam_error=0.45
    ),
    ceiling=(0.81, 0.85),
    osteoporosis=(86, 117),
    right=(440, 1001),
    scanners=EXTERNAL_SCANNERS,
)
RECIPES = {recipe.name: recipe for recipe in (DEVELOPMENT, EXTERNAL)}


@dataclass(frozen=True)
class Counts:
    """How many of whom a site of ``final`` records holds; scaled from the paper's numbers."""

    final: int
    osteoporosis: int
    right: int
    uncroppable: int
    failing: Mapping[Criterion, int]
    other_views: int
    listed: int
    untagged: int

    @classmethod
    def of(cls, recipe: Recipe, final: int) -> Counts:
        """Return the counts of a site whose final cohort has ``final`` records."""

        def share(part: float, least: int) -> int:
            return max(least, round(final * part))

        least = 10 if final >= LARGE_SITE else 2
        return cls(
            final=final,
            osteoporosis=round(final * recipe.osteoporosis[0] / recipe.osteoporosis[1]),
            right=round(final * recipe.right[0] / recipe.right[1]),
            uncroppable=share(10 / 1001, 1),
            failing={name: share(part, least) for name, part in FAILING_SHARE.items()},
            other_views=share(0.01, 1),
            listed=share(0.015, 2),
            untagged=share(0.004, 1),
        )
