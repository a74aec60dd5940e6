"""A refit of the calibration: scores moved on the log-odds scale, never their order."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.special import expit

from osteohip.errors import StudyError
from osteohip.evaluation.calibration import NO_PROBABILITIES, are_probabilities
from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.logistic import NoEstimateError, fit_logistic, log_odds
from osteohip.evaluation.threshold import require_validation
from osteohip.files import read_json

Method = Literal["platt", "temperature"]
METHODS: tuple[Method, ...] = ("platt", "temperature")


@dataclass(frozen=True)
class Recalibration:
    """A refit: log-odds become ``intercept + slope * log-odds``.

    Parameters
    ----------
    method
        ``platt`` (intercept and slope) or ``temperature`` (slope alone, one by the temperature).
    intercept, slope
        None where there is no refit, and then ``reason`` says why; a slope is above 0.
    fitted_on
        The part of the data that it was fitted on.
    n, osteoporosis
        Cases that it was fitted on, and those of them with osteoporosis.
    """

    method: Method
    intercept: float | None
    slope: float | None
    fitted_on: str
    n: int
    osteoporosis: int
    reason: str | None = None

    def apply(self, scores: Floats) -> Floats | None:
        """Return the refitted scores; None without a refit or where scores leave [0, 1]."""
        if self.intercept is None or self.slope is None or not are_probabilities(scores):
            return None
        return np.asarray(expit(self.intercept + self.slope * log_odds(scores)), dtype=np.float64)

    def as_json(self) -> dict[str, Any]:
        """Return the refit as it stands in ``calibration.json``."""
        return asdict(self)


def fit_recalibration(
    *, labels: Labels, scores: Floats, method: Method, fitted_on: str
) -> Recalibration:
    """Fit a refit by maximum likelihood.

    A slope that is not positive would turn the order of the scores round; there is no refit then.

    References
    ----------
    Platt JC. In: Advances in Large Margin Classifiers, 1999:61-74 (here on log-odds, which is
    Cox's logistic recalibration); temperature: Guo C et al. ICML 2017:1321-1330.
    """
    n, osteoporosis = len(labels), int(labels.sum())

    def without(reason: str) -> Recalibration:
        return Recalibration(method, None, None, fitted_on, n, osteoporosis, reason)

    if not are_probabilities(scores):
        return without(NO_PROBABILITIES)
    x = log_odds(scores)
    design = np.column_stack([np.ones(n), x])
    try:
        if method == "temperature":
            fit = fit_logistic(labels=labels, design=design[:, 1:])
            intercept, slope = 0.0, float(fit.coefficients[0])
        else:
            fit = fit_logistic(labels=labels, design=design)
            intercept, slope = (float(value) for value in fit.coefficients)
    except NoEstimateError as reason:
        return without(str(reason))
    if slope <= 0:
        return without("the slope is not positive, so that a refit would turn the order round")
    return Recalibration(method, intercept, slope, fitted_on, n, osteoporosis)


def read_recalibration(path: Path) -> Recalibration:
    """Read ``calibration.json``.

    Raises
    ------
    StudyError
        If it is missing, none of ours, or fitted on other cases than those of validation.
    """
    try:
        content = read_json(path)
        found = Recalibration(**content)
        valid = found.method in METHODS and (found.slope is None) == (found.intercept is None)
        if found.slope is not None and found.intercept is not None:
            valid = valid and found.slope > 0 and math.isfinite(found.intercept + found.slope)
        if not valid:
            raise ValueError
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError, ValueError):
        raise StudyError(
            f"{path.name}: expected JSON with method, intercept, slope, fitted_on, n, "
            "osteoporosis and reason"
        ) from None
    require_validation(found.fitted_on, file=path.name, key="fitted_on")
    return found
