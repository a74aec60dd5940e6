"""Logistic regression on the log-odds of scores, refused where its estimate does not exist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.special import logit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from osteohip.evaluation.discrimination import ONE_CLASS, Floats, Labels

# Scores of exactly 0 and 1 have no finite log-odds and are taken this far inside.
SATURATION = 1e-6
SEPARATED = "the scores separate the classes, so that the estimate is infinite"
CONSTANT = "all scores are equal"


@dataclass(frozen=True)
class Fit:
    """Maximum likelihood estimate: coefficients, shape (p,), and their covariance, (p, p)."""

    coefficients: Floats
    covariance: Floats


class NoEstimateError(ValueError):
    """The maximum likelihood estimate does not exist; the message is the reason."""


def log_odds(scores: Floats) -> Floats:
    """Return log(p / (1 - p)) of scores in [0, 1], 0 and 1 taken `SATURATION` inside."""
    return np.asarray(logit(np.clip(scores, SATURATION, 1 - SATURATION)), dtype=np.float64)


def fit_logistic(*, labels: Labels, design: Floats) -> Fit:
    """Fit a logistic regression by maximum likelihood.

    Parameters
    ----------
    labels
        Shape (n,), 0 or 1.
    design
        Shape (n, p), with the column of ones if there is to be an intercept.

    Raises
    ------
    NoEstimateError
        If one class is missing, the columns depend on each other, as they do where all scores are
        equal, or a combination of them separates the classes (Albert A, Anderson JA. Biometrika
        1984;71:1-10).
    """
    if len(set(labels.tolist())) < 2:
        raise NoEstimateError(ONE_CLASS)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise NoEstimateError(CONSTANT)
    if separated(labels=labels, design=design):
        raise NoEstimateError(SEPARATED)
    found = GLM(labels, design, family=Binomial()).fit(maxiter=200, tol=1e-10)
    # What calls itself converged must solve the likelihood equations.
    scale = np.abs(design).sum(axis=0)
    slack = np.abs(design.T @ (labels - found.mu)) / scale
    if not found.converged or not np.isfinite(found.bse).all() or slack.max() > 1e-6:
        raise NoEstimateError("the maximum likelihood estimate was not found")
    return Fit(np.asarray(found.params), np.asarray(found.cov_params()))


def separated(*, labels: Labels, design: Floats) -> bool:
    """Tell whether a plane has all cases of each class on its own side, ties on it allowed.

    Then, and only then, the likelihood grows without end. Found by linear programming.

    References
    ----------
    Konis K. Linear programming algorithms for detecting separated data in binary logistic
    regression models. DPhil thesis, Oxford 2007.
    """
    scale = np.abs(design).max(axis=0)
    signed = np.where(labels == 1, 1.0, -1.0)[:, None] * design / np.where(scale > 0, scale, 1)
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(labels)), bounds=(-1, 1))
    return bool(found.status == 0 and found.fun is not None and found.fun < -1e-7)
