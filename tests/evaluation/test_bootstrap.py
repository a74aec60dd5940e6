"""The bootstrap: what is drawn, what is kept, and what its intervals say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.evaluation.bootstrap import (
    bootstrap,
    class_strata,
    logit_interval,
    percentile_interval,
)
from osteohip.evaluation.discrimination import Floats

PATIENTS = st.lists(st.integers(0, 6), min_size=1, max_size=20).map(
    lambda names: np.unique(names, return_inverse=True)[1]
)


def weights(**arguments: object) -> Floats:
    """All weights that were drawn, shape (resamples, cases)."""
    seen: list[Floats] = []

    def keep(drawn: Floats) -> dict[str, Floats]:
        seen.append(drawn.copy())
        return {"sum": drawn.sum(axis=1)}

    bootstrap(keep, **arguments)  # type: ignore[arg-type]
    return np.concatenate(seen)


def test_each_resample_has_as_many_cases_as_there_are() -> None:
    drawn = weights(cases=7, resamples=50, seed=1)
    assert drawn.shape == (50, 7)
    assert set(drawn.sum(axis=1)) == {7}
    assert drawn.std() > 0.5


@given(PATIENTS)
def test_a_patient_comes_with_all_cases_and_patients_keep_their_number(
    patients: np.ndarray,
) -> None:
    drawn = weights(cases=len(patients), resamples=20, seed=3, patients=patients)
    first = np.unique(patients, return_index=True)[1]
    assert (drawn == drawn[:, first][:, patients]).all()
    assert set(drawn[:, first].sum(axis=1)) == {len(first)}


def test_strata_keep_their_number_of_patients() -> None:
    labels = np.array([1, 0, 0, 1, 0, 1, 1])
    drawn = weights(cases=7, resamples=50, seed=1, strata=labels)
    assert set(drawn[:, labels == 1].sum(axis=1)) == {4}
    assert set(drawn[:, labels == 0].sum(axis=1)) == {3}


def test_strata_of_patients_tell_none_some_and_all_diseased() -> None:
    labels, patients = np.array([0, 1, 1, 0, 1, 1]), np.array([0, 1, 2, 2, 3, 3])
    assert class_strata(labels=labels).tolist() == labels.tolist()
    assert class_strata(labels=labels, patients=patients).tolist() == [0, 2, 1, 1, 2, 2]


def test_many_cases_are_drawn_in_chunks_of_the_same_stream() -> None:
    one = weights(cases=300_000, resamples=3, seed=5)
    again = weights(cases=300_000, resamples=3, seed=5)
    assert (one == again).all()
    assert not (one[0] == one[1]).all()
    assert set(one.sum(axis=1)) == {300_000}


def test_draws_of_a_mean_have_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=200)
    found = bootstrap(lambda w: {"mean": w @ values / w.sum(axis=1)}, cases=200, seed=1)
    assert found["mean"].shape == (2000,)
    assert found["mean"].std() == pytest.approx(values.std() / np.sqrt(200), rel=0.06)
    interval = percentile_interval(found["mean"], estimate=values.mean(), n=200, stratified=False)
    assert interval.low == pytest.approx(np.quantile(found["mean"], 0.025))
    assert interval.high == pytest.approx(np.quantile(found["mean"], 0.975))
    assert interval.method == "percentile bootstrap by patient, 2000 resamples"


@pytest.mark.parametrize(
    ("draws", "method_end", "reason"),
    [
        ([*range(96), *[np.nan] * 4], "100 resamples, 4 undefined", None),
        (
            [*range(94), *[np.nan] * 6],
            "100 resamples, 6 undefined",
            "undefined in 6 of 100 resamples",
        ),
        ([1.0] * 100, "100 resamples", "nearly all resamples give the same value"),
        ([1.0] * 99 + [2.0], "100 resamples", "nearly all resamples give the same value"),
    ],
)
def test_undefined_draws_are_counted_and_no_interval_has_zero_width(
    draws: list[float], method_end: str, reason: str | None
) -> None:
    found = percentile_interval(np.array(draws), estimate=1.0, n=9, stratified=False)
    assert found.method.endswith(method_end)
    assert found.reason == reason
    assert (found.low is None) == (reason is not None)
    assert found.estimate == 1.0


HIGH = "the upper limit is infinite: the ratio divides by zero in some resamples"
LOW = "both limits are infinite: the ratio divides by zero in nearly all resamples"


@pytest.mark.parametrize(
    ("finite", "infinite", "undefined", "low", "high", "reason"),
    [
        # 2.5 % of 0 ... 999 are 24.975 and 974.025: the draws beside them, outwards.
        (980, 20, 0, 24.0, 975.0, None),
        (975, 25, 0, 24.0, None, HIGH),
        (950, 50, 0, 24.0, None, HIGH),
        (300, 700, 0, 24.0, None, HIGH),
        (20, 980, 0, None, None, LOW),
        (930, 30, 40, 23.0, None, HIGH),
        (0, 1000, 0, None, None, "nearly all resamples give the same value"),
    ],
)
def test_infinite_draws_have_their_place_above_all_others(
    finite: int,
    infinite: int,
    undefined: int,
    low: float | None,
    high: float | None,
    reason: str | None,
) -> None:
    draws = np.array([*range(finite), *[np.inf] * infinite, *[np.nan] * undefined])
    np.random.default_rng(0).shuffle(draws)
    found = percentile_interval(draws, estimate=1.0, n=9, stratified=False)
    assert (found.low, found.high, found.reason) == (low, high, reason)
    counted = f", {undefined} undefined" if undefined else ""
    assert found.method.endswith(f"1000 resamples{counted}, {infinite} infinite")


def test_logit_interval_by_hand() -> None:
    # Logits -1, 0 and 1 have a standard deviation of 1 around the estimate's logit of 0.
    draws = np.array([1 / (1 + np.e), 0.5, 1 / (1 + 1 / np.e)])
    found = logit_interval(draws, estimate=0.5, n=9, stratified=False)
    high = 1 / (1 + np.exp(-1.959963984540054))
    assert [found.low, found.high] == pytest.approx([1 - high, high])
    assert found.method == "logit bootstrap by patient, 3 resamples"


def test_without_logits_the_percentiles_remain() -> None:
    draws = np.array([0.8, 0.9, 1.0])
    found = logit_interval(draws, estimate=0.9, n=9, stratified=False)
    assert found == percentile_interval(draws, estimate=0.9, n=9, stratified=False)
    assert logit_interval(np.ones(9), estimate=1.0, n=9, stratified=False).low is None


def test_an_undefined_statistic_has_no_interval() -> None:
    found = percentile_interval(np.arange(9.0), estimate=None, n=9, reason="why", stratified=True)
    assert (found.estimate, found.low, found.reason) == (None, None, "why")
    assert found.method.endswith("9 resamples stratified by class")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cases": 0}, "at least one case"),
        ({"cases": 2, "patients": np.array([0, 2])}, "without a gap"),
        (
            {"cases": 2, "patients": np.array([0, 0]), "strata": np.array([0, 1])},
            "one stratum for all cases",
        ),
    ],
)
def test_impossible_plans_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weights(seed=1, **arguments)
