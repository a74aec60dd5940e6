"""Refits: what they repair on their own cases, what they never change, what refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import expit, logit

from osteohip.errors import StudyError
from osteohip.evaluation.calibration import NO_PROBABILITIES, calibration
from osteohip.evaluation.discrimination import auc
from osteohip.evaluation.recalibration import METHODS, fit_recalibration, read_recalibration


def cases(seed: int, n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are too extreme and too low."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.3, 1.2, n)
    labels = (rng.random(n) < expit(truth)).astype(np.int64)
    return labels, expit(2 * truth - 1)


@given(st.integers(0, 1000))
def test_platt_is_calibrated_on_its_own_cases(seed: int) -> None:
    labels, scores = cases(seed)
    refit = fit_recalibration(labels=labels, scores=scores, method="platt", fitted_on="validation")
    after = refit.apply(scores)
    assert after is not None
    found = calibration(labels=labels, scores=after)
    assert found["calibration_slope"].estimate == pytest.approx(1, abs=1e-5)
    assert found["calibration_in_the_large"].estimate == pytest.approx(0, abs=1e-5)
    assert found["observed_expected"].estimate == pytest.approx(1, abs=1e-6)


@given(st.integers(0, 1000), st.sampled_from(METHODS))
def test_the_order_of_the_scores_stays(seed: int, method: str) -> None:
    labels, scores = cases(seed)
    refit = fit_recalibration(labels=labels, scores=scores, method=method, fitted_on="validation")
    after = refit.apply(scores)
    assume(after is not None)
    assert auc(labels=labels, scores=after) == auc(labels=labels, scores=scores)


def test_temperature_divides_the_log_odds() -> None:
    labels, scores = cases(1, n=20_000)
    true = expit((logit(scores) + 1) / 2)
    rng = np.random.default_rng(2)
    drawn = (rng.random(len(true)) < true).astype(np.int64)
    refit = fit_recalibration(
        labels=drawn, scores=expit(3 * logit(true)), method="temperature", fitted_on="validation"
    )
    assert refit.intercept == 0
    assert refit.slope == pytest.approx(1 / 3, abs=0.02)
    assert (refit.n, refit.osteoporosis) == (20_000, drawn.sum())
    assert labels.shape == drawn.shape


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("labels", "scores", "reason"),
    [
        ([1, 0, 1, 0], [0.1, 7, 0.3, 0.4], NO_PROBABILITIES),
        ([1, 1, 0, 0, 0, 1], [0.1, 0.2, 0.7, 0.8, 0.3, 0.6], "the slope is not positive"),
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], "the scores separate the classes"),
        ([1, 1, 1, 1], [0.1, 0.2, 0.8, 0.9], "all cases are of one class"),
    ],
)
def test_no_refit_has_a_reason(
    method: str, labels: list[int], scores: list[float], reason: str
) -> None:
    refit = fit_recalibration(
        labels=np.array(labels), scores=np.array(scores), method=method, fitted_on="validation"
    )
    assert (refit.intercept, refit.slope) == (None, None)
    assert reason in (refit.reason or "")
    assert refit.apply(np.array([0.2])) is None


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    labels, scores = cases(3)
    refit = fit_recalibration(labels=labels, scores=scores, method="platt", fitted_on="validation")
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(refit.as_json()))
    assert read_recalibration(path) == refit


@pytest.mark.parametrize(
    "change", [{"slope": -1.0}, {"slope": None}, {"method": "isotonic"}, {"more": 1}]
)
def test_another_file_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    content = {
        "method": "platt",
        "intercept": 0.1,
        "slope": 0.9,
        "fitted_on": "validation",
        "n": 9,
        "osteoporosis": 4,
        "reason": None,
    }
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(content | change))
    with pytest.raises(StudyError, match=r"calibration\.json: expected JSON with method"):
        read_recalibration(path)
    with pytest.raises(StudyError, match="there is no file"):
        read_recalibration(tmp_path / "none.json")


@pytest.mark.parametrize("part", ["external", "test", "the external site itself", None])
def test_a_refit_fitted_on_other_cases_is_refused(tmp_path: Path, part: str | None) -> None:
    labels, scores = np.array([1, 0, 1, 0]), np.array([0.8, 0.3, 0.4, 0.5])
    refit = fit_recalibration(labels=labels, scores=scores, method="platt", fitted_on="validation")
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(refit.as_json() | {"fitted_on": part}))
    with pytest.raises(StudyError, match='expected `fitted_on` to be "validation"'):
        read_recalibration(path)
