"""Bone states of a population, as they are, as films show them and as DXA reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from osteohip.synthetic import dxa
from osteohip.synthetic.recipes import LARGE_SITE, OLDEST, YOUNGEST, BoneModel, Counts, Recipe

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class States:
    """Bone states of n hips.

    Parameters
    ----------
    age
        Years, shape (n,).
    latent, film
        Bone state, and bone state as the film shows it, T-score units, shape (n,).
    t_scores
        As `dxa.t_scores` gives them, shape (n, 5).
    """

    age: Floats
    latent: Floats
    film: Floats
    t_scores: Floats

    @property
    def label(self) -> npt.NDArray[np.bool_]:
        """Whether DXA says osteoporosis, shape (n,)."""
        return dxa.osteoporosis(self.t_scores)

    @property
    def ceiling_auc(self) -> float:
        """AUC of the state as rendered in the film against the label."""
        return auc(-self.film, self.label)

    def take(self, rows: npt.NDArray[np.intp]) -> States:
        """Return the hips of ``rows``, in that order."""
        return States(self.age[rows], self.latent[rows], self.film[rows], self.t_scores[rows])


def auc(scores: Floats, labels: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve as the Mann-Whitney statistic, ties counting half.

    Parameters
    ----------
    scores
        Shape (n,), higher means more disease.
    labels
        Shape (n,), both values present.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    ranks = float(rankdata(scores)[labels].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def draw_ages(shape: tuple[float, float], count: int, rng: np.random.Generator) -> Floats:
    """Return ages in years at the film, shape (count,)."""
    return YOUNGEST + (OLDEST - YOUNGEST) * rng.beta(*shape, count)


def draw_states(ages: Floats, bone: BoneModel, rng: np.random.Generator) -> States:
    """Return bone states with their film and DXA readings for patients of these ages."""
    mean = bone.mean + bone.per_year * (ages - 72.5)
    latent = mean + rng.normal(0.0, bone.spread, len(ages))
    film = latent + rng.normal(0.0, bone.film_error, len(ages))
    scores = dxa.t_scores(
        latent, region_error=bone.region_error, exam_error=bone.exam_error, rng=rng
    )
    return States(ages, latent, film, scores)


def draw_cohort(recipe: Recipe, counts: Counts, rng: np.random.Generator) -> States:
    """Return the final cohort: patients in the order they come, until both labels are full.

    The recipe's population has about the wanted share by nature, so few are turned away.
    """
    wanted = {True: counts.osteoporosis, False: counts.final - counts.osteoporosis}
    drawn = 4 * counts.final + 400
    low, high = recipe.ceiling if counts.final >= LARGE_SITE else (0.0, 1.0)
    while True:
        states = draw_states(draw_ages(recipe.age_shape, drawn, rng), recipe.bone, rng)
        label = states.label
        rows = [np.flatnonzero(label == value)[:count] for value, count in wanted.items()]
        if all(len(found) == wanted[v] for v, found in zip(wanted, rows, strict=True)):
            cohort = states.take(np.sort(np.concatenate(rows)))
            if low <= cohort.ceiling_auc <= high:
                return cohort
