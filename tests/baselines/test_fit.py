"""The baselines find what is there, on the training hips alone, and meet unknown hips."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from osteohip.baselines.fit import baselines_from_json, design, fit_baselines
from osteohip.baselines.plan import (
    AGE,
    BASELINES,
    EVERYONE,
    FITTED,
    NO_PIXELS,
    PENALTIES,
    THUMBNAIL,
)


def areas(fitted: Any, hips: Any) -> dict[str, float]:
    scores = fitted.scores(hips)
    return {name: float(roc_auc_score(hips.labels, scores[name])) for name in FITTED}


@pytest.mark.parametrize(
    ("on", "good", "useless"),
    [
        ("age", (AGE, NO_PIXELS), (THUMBNAIL,)),
        ("device", (NO_PIXELS,), (AGE, THUMBNAIL)),
        ("pixels", (THUMBNAIL,), (AGE, NO_PIXELS)),
    ],
)
def test_each_baseline_sees_its_own_columns_alone(
    make_hips: Any, on: str, good: tuple[str, ...], useless: tuple[str, ...]
) -> None:
    fitted = fit_baselines(make_hips(400, on=on), seed=3)
    found = areas(fitted, make_hips(1000, on=on, seed=2))
    assert all(found[name] > 0.7 for name in good)
    assert all(0.4 < found[name] < 0.6 for name in useless)


def test_without_a_signal_the_probabilities_stay_near_the_share(make_hips: Any) -> None:
    training = make_hips(400, on="nothing")
    scores = fit_baselines(training, seed=3).scores(make_hips(300, on="nothing", seed=9))
    for name in FITTED:
        assert scores[name].mean() == pytest.approx(training.labels.mean(), abs=0.08)
        assert scores[name].std() < 0.1


def test_everyone_is_called_positive(make_hips: Any) -> None:
    hips = make_hips(20)
    scores = fit_baselines(hips, seed=1).scores(hips)
    assert tuple(scores) == BASELINES
    assert (scores[EVERYONE] == 1).all()


def test_the_kept_numbers_are_those_of_a_scikit_learn_pipeline(make_hips: Any) -> None:
    training, other = make_hips(150), make_hips(80, seed=4)
    training.facts.loc[3, "year"] = np.nan
    fitted = fit_baselines(training, seed=5)
    model = fitted.models[NO_PIXELS]
    assert model is not None
    assert model.penalty in PENALTIES
    known = {"devices": fitted.devices, "years": fitted.years}
    pipeline = make_pipeline(
        SimpleImputer(),
        StandardScaler(),
        LogisticRegression(C=model.penalty, max_iter=5000, tol=1e-10),
    )
    columns = design(NO_PIXELS, training, **known)
    pipeline.fit(columns.to_numpy(), training.labels)
    expected = pipeline.predict_proba(design(NO_PIXELS, other, **known).to_numpy())[:, 1]
    assert fitted.scores(other)[NO_PIXELS] == pytest.approx(expected, abs=1e-5)


def test_an_unknown_device_counts_as_the_average_one(make_hips: Any) -> None:
    training = make_hips(400, on="device")
    fitted = fit_baselines(training, seed=3)
    hips = make_hips(1)
    of = {}
    for device in (*fitted.devices, "Innovision DXII", "not stated"):
        facts = hips.facts.assign(device=device)
        of[device] = float(fitted.scores(replace(hips, facts=facts))[NO_PIXELS][0])
    assert of["Innovision DXII"] == of["not stated"]
    known = [of[device] for device in fitted.devices]
    assert min(known) < of["Innovision DXII"] < max(known)
    shares = training.facts["device"].value_counts(normalize=True)
    log_odds = {name: np.log(p / (1 - p)) for name, p in of.items()}
    average = sum(shares[name] * log_odds[name] for name in fitted.devices)
    assert log_odds["Innovision DXII"] == pytest.approx(average)


def test_years_beyond_the_training_films_count_as_the_nearest(make_hips: Any) -> None:
    fitted = fit_baselines(make_hips(100), seed=3)
    assert fitted.years == (2010, 2019)
    hips = make_hips(1)

    def score(year: float) -> float:
        facts = hips.facts.assign(year=year)
        return float(fitted.scores(replace(hips, facts=facts))[NO_PIXELS][0])

    assert score(2021) == score(2019) != score(2010) == score(1999)
    assert np.isfinite(score(float("nan")))


def test_the_same_hips_and_seed_give_the_same_numbers(make_hips: Any) -> None:
    one, two = (json.dumps(fit_baselines(make_hips(60), seed=3).as_json()) for _ in range(2))
    assert one == two


def test_the_file_gives_the_same_scores(make_hips: Any) -> None:
    fitted, other = fit_baselines(make_hips(100), seed=3), make_hips(30, seed=2)
    kept = baselines_from_json(json.loads(json.dumps(fitted.as_json())))
    for name, scores in kept.scores(other).items():
        assert (scores == fitted.scores(other)[name]).all()


@pytest.mark.parametrize("ill", [0, 1])
def test_a_class_of_one_hip_fits_nothing_and_says_so(make_hips: Any, ill: int) -> None:
    hips = make_hips(20)
    labels = np.zeros(20, np.int64)
    labels[:ill] = 1
    fitted = fit_baselines(replace(hips, labels=labels), seed=1)
    assert fitted.reason == "the training set has fewer than two hips of a class"
    assert np.isnan(fitted.scores(hips)[AGE]).all()
    assert baselines_from_json(fitted.as_json()).models == dict.fromkeys(FITTED)


def test_a_class_of_two_hips_still_fits(make_hips: Any) -> None:
    labels = np.zeros(20, np.int64)
    labels[:2] = 1
    fitted = fit_baselines(replace(make_hips(20), labels=labels), seed=1)
    model = fitted.models[AGE]
    assert model is not None
    assert model.folds == 2


def test_films_without_year_and_device_are_fitted(make_hips: Any) -> None:
    hips = make_hips(60)
    bare = replace(hips, facts=hips.facts.assign(year=np.nan, device="not stated"))
    fitted = fit_baselines(bare, seed=1)
    assert fitted.years is None
    assert np.isfinite(fitted.scores(hips)[NO_PIXELS]).all()
