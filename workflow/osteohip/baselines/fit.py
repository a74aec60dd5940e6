"""Fit the baselines on the training hips, and score others with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from osteohip.baselines.hips import Hips
from osteohip.baselines.linear import Floats, Linear, Term, linear_from_json
from osteohip.baselines.plan import EVERYONE, FITTED, FOLDS, NO_PIXELS, PENALTIES, THUMBNAIL

DEVICE = "device: "


@dataclass(frozen=True)
class Baselines:
    """The fitted baselines.

    Parameters
    ----------
    n, osteoporosis
        Training hips, and those of them with osteoporosis.
    years
        First and last year of the training films; None where no year is known.
    models
        By name; None where it could not be fitted, and then ``reason`` says why.
    reason
        Why nothing could be fitted; None where all was.
    """

    n: int
    osteoporosis: int
    years: tuple[float, float] | None
    models: dict[str, Linear | None]
    reason: str | None = None

    @property
    def devices(self) -> tuple[str, ...]:
        """Devices of the training films."""
        model = self.models[NO_PIXELS]
        names = [] if model is None else [term.name for term in model.terms]
        return tuple(name.removeprefix(DEVICE) for name in names if name.startswith(DEVICE))

    def scores(self, hips: Hips) -> dict[str, Floats]:
        """Return the probability that each baseline gives each hip; nan where it is not fitted."""
        found = {EVERYONE: np.ones(len(hips))}
        for name, model in self.models.items():
            columns = design(name, hips, devices=self.devices, years=self.years)
            found[name] = (
                np.full(len(hips), np.nan) if model is None else model.probabilities(columns)
            )
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the baselines as they stand in ``baselines.json``."""
        return {
            "n": self.n,
            "osteoporosis": self.osteoporosis,
            "years": self.years,
            "reason": self.reason,
            "models": {
                name: None if model is None else model.as_json()
                for name, model in self.models.items()
            },
        }


def baselines_from_json(content: Mapping[str, Any]) -> Baselines:
    """Read what `Baselines.as_json` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is something else.
    """
    years = content["years"]
    return Baselines(
        n=int(content["n"]),
        osteoporosis=int(content["osteoporosis"]),
        years=None if years is None else (float(years[0]), float(years[1])),
        reason=content["reason"],
        models={
            name: None
            if content["models"][name] is None
            else linear_from_json(content["models"][name])
            for name in FITTED
        },
    )


def design(
    name: str, hips: Hips, *, devices: tuple[str, ...], years: tuple[float, float] | None
) -> pd.DataFrame:
    """Return the columns of a baseline, one row a hip; nan is unknown.

    A device has a column of its own, 1 for its films and 0 for those of other known devices. A
    film of a device that is not among ``devices`` has no value in any of them: it counts as taken
    on the average device. A year outside ``years`` counts as the nearest, because a trend over
    the years of development says nothing beyond them.

    Parameters
    ----------
    name
        One of `FITTED`.
    devices, years
        Those of the training films.
    """
    if name == THUMBNAIL:
        side = round(math.sqrt(hips.thumbnails.shape[1]))
        names = [f"pixel {row}, {column}" for row in range(side) for column in range(side)]
        return pd.DataFrame(hips.thumbnails, columns=names)
    columns = {"age_years": hips.facts["age_years"].to_numpy(float)}
    if name == NO_PIXELS:
        columns["right"] = hips.facts["right"].to_numpy(float)
        year = hips.facts["year"].to_numpy(float)
        columns["year"] = np.full(len(hips), np.nan) if years is None else np.clip(year, *years)
        used = hips.facts["device"]
        known = used.isin(devices).to_numpy()
        for device in devices:
            columns[DEVICE + device] = np.where(known, used.to_numpy(str) == device, np.nan)
    return pd.DataFrame(columns)


def fit_baselines(training: Hips, *, seed: int) -> Baselines:
    """Fit every baseline on the training hips.

    Each is a logistic regression with a ridge penalty on standardised columns. The penalty is that
    of the lowest log loss in a stratified cross-validation within the training hips, in which
    filling in and standardising are learnt anew in each fold.

    Parameters
    ----------
    training
        Hips of the training part alone.
    seed
        Of the folds.
    """
    n, ill = len(training), int(training.labels.sum())
    known = training.facts["year"].dropna()
    years = None if known.empty else (float(known.min()), float(known.max()))
    devices = tuple(sorted(set(training.facts["device"])))
    folds = min(FOLDS, ill, n - ill)
    if folds < 2:
        reason = "the training set has fewer than two hips of a class"
        return Baselines(n, ill, years, dict.fromkeys(FITTED), reason)
    # One thread gives the same bytes on any machine of a kind, and these matrices want no more.
    with threadpool_limits(1):
        models: dict[str, Linear | None] = {
            name: _fit(
                design(name, training, devices=devices, years=years),
                training.labels,
                folds=folds,
                seed=seed,
            )
            for name in FITTED
        }
    return Baselines(n, ill, years, models)


def _fit(columns: pd.DataFrame, labels: Any, *, folds: int, seed: int) -> Linear:
    pipeline = make_pipeline(
        SimpleImputer(strategy="mean", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(solver="newton-cholesky", max_iter=200, tol=1e-8),
    )
    search = GridSearchCV(
        pipeline,
        {"logisticregression__C": PENALTIES},
        scoring="neg_log_loss",
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
        error_score="raise",
    )
    search.fit(columns.to_numpy(float), labels)
    _, scaler, regression = (step for _, step in search.best_estimator_.steps)
    terms = zip(columns.columns, scaler.mean_, scaler.scale_, regression.coef_[0], strict=True)
    return Linear(
        intercept=float(regression.intercept_[0]),
        terms=tuple(
            Term(str(name), float(mean), float(scale), float(weight))
            for name, mean, scale, weight in terms
        ),
        penalty=float(search.best_params_["logisticregression__C"]),
        folds=folds,
    )
