"""A linear model of probabilities as numbers that can be read, kept and applied anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """What one column adds to the log-odds: ``weight * (value - mean) / scale``.

    Parameters
    ----------
    name
        Of the column.
    mean, scale
        Mean and standard deviation among the training hips; scale is 1 where all are equal.
    weight
        Log-odds a standard deviation.
    """

    name: str
    mean: float
    scale: float
    weight: float


@dataclass(frozen=True)
class Linear:
    """Log-odds as a sum of terms.

    Parameters
    ----------
    intercept
        Log-odds of a hip whose every column is unknown or at its mean.
    terms
        One a column.
    penalty
        Inverse strength C of the ridge penalty, as scikit-learn has it.
    folds
        Folds of the cross-validation that chose it.
    """

    intercept: float
    terms: tuple[Term, ...]
    penalty: float
    folds: int

    def probabilities(self, columns: pd.DataFrame) -> Floats:
        """Return the probability of osteoporosis of each row, shape (n,), in [0, 1].

        Parameters
        ----------
        columns
            A column for each term; nan where a value is unknown, which then adds nothing.
        """
        values = columns[[term.name for term in self.terms]].to_numpy(float)
        means, scales, weights = (
            np.array([getattr(term, part) for term in self.terms])
            for part in ("mean", "scale", "weight")
        )
        standard = np.nan_to_num((values - means) / scales)
        found: Floats = expit(self.intercept + (standard * weights).sum(axis=1))
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the model as it stands in JSON."""
        return asdict(self)


def linear_from_json(content: Mapping[str, Any]) -> Linear:
    """Read what `Linear.as_json` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is something else.
    """
    return Linear(
        intercept=float(content["intercept"]),
        terms=tuple(Term(**term) for term in content["terms"]),
        penalty=float(content["penalty"]),
        folds=int(content["folds"]),
    )
