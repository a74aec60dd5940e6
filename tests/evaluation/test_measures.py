"""Measures at an operating point, and the Brier score."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, confusion_matrix

from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.measures import (
    PROPORTIONS,
    Confusion,
    Resampling,
    brier,
    class_measures,
    confusion,
    measures,
    proportions,
)


def test_a_score_at_the_threshold_is_called_osteoporosis() -> None:
    counts = confusion(
        labels=np.array([1, 1, 0, 0]), scores=np.array([0.5, 0.49, 0.5, 0.1]), threshold=0.5
    )
    assert counts == Confusion(tp=1, fn=1, fp=1, tn=1)


def test_table_1_of_the_paper_with_the_intervals_that_were_owed() -> None:
    found = proportions(Confusion(tp=51, fn=5, fp=14, tn=31))
    literal = {
        "accuracy": (82, 101, 0.8119, 0.7248, 0.8761),
        "sensitivity": (51, 56, 0.9107, 0.8074, 0.9613),
        "specificity": (31, 45, 0.6889, 0.5434, 0.8047),
        "ppv": (51, 65, 0.7846, 0.6703, 0.8671),
        "npv": (31, 36, 0.8611, 0.7134, 0.9392),
    }
    for name, (k, n, estimate, low, high) in literal.items():
        assert (found[name].k, found[name].n) == (k, n)
        values = [found[name].estimate, found[name].low, found[name].high]
        assert values == pytest.approx([estimate, low, high], abs=1e-4)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=1, max_size=80),
    st.integers(-1, 11),
)
def test_counts_equal_scikit_learn_and_add_up(cases: list[tuple[int, int]], cut: int) -> None:
    labels, scores = np.array([c[0] for c in cases]), np.array([float(c[1]) for c in cases])
    counts = confusion(labels=labels, scores=scores, threshold=cut)
    expected = confusion_matrix(labels, scores >= cut, labels=[1, 0]).ravel().tolist()
    assert [counts.tp, counts.fn, counts.fp, counts.tn] == expected
    assert counts.n == len(cases)


FEW = Resampling(resamples=200, seed=1)


def cohort(n: int = 120, seed: int = 4) -> tuple[Labels, Floats]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    return labels, 1 / (1 + np.exp(-rng.normal(1.5 * labels - 0.7)))


def test_names_and_their_order() -> None:
    labels, scores = cohort()
    found = measures(
        labels=labels, scores=scores, threshold=0.5, prevalences=[0.1, 0.3], resampling=FEW
    )
    assert list(found.metrics) == [
        *PROPORTIONS,
        "balanced_accuracy",
        "youden",
        "f1",
        "mcc",
        "lr_positive",
        "lr_negative",
        "diagnostic_odds_ratio",
        "ppv_at_0.10",
        "npv_at_0.10",
        "ppv_at_0.30",
        "npv_at_0.30",
        "auc",
        "average_precision",
        "brier",
    ]
    assert set(found.resampled) == set(found.undefined) == set(found.metrics)
    for name, item in found.metrics.items():
        assert item.estimate == pytest.approx(found.resampled[name].estimate, abs=1e-12)
        assert item.low is not None
        assert item.high is not None
        assert item.estimate is not None
        assert item.low < item.estimate < item.high
        assert item.reason is None


@pytest.mark.parametrize("name", ["accuracy", "sensitivity", "ppv", "youden", "auc", "brier"])
def test_formula_and_bootstrap_agree_in_a_large_cohort(name: str) -> None:
    labels, scores = cohort(2000)
    found = measures(labels=labels, scores=scores, threshold=0.5)
    one, other = found.metrics[name], found.resampled[name]
    assert one.low is not None
    assert one.high is not None
    assert [other.low, other.high] == pytest.approx(
        [one.low, one.high], abs=0.1 * (one.high - one.low)
    )


def test_methods_of_the_intervals() -> None:
    labels, scores = cohort()
    found = measures(
        labels=labels,
        scores=scores,
        threshold=0.5,
        prevalences=[0.1],
        interval="clopper_pearson",
        resampling=FEW,
    )
    methods = {name: item.method for name, item in found.metrics.items()}
    resampled = "percentile bootstrap by patient, 200 resamples"
    assert methods == {
        **dict.fromkeys(PROPORTIONS, "Clopper-Pearson"),
        "balanced_accuracy": "square-and-add of Clopper-Pearson intervals",
        "youden": "square-and-add of Clopper-Pearson intervals",
        "f1": resampled,
        "mcc": resampled,
        **dict.fromkeys(("lr_positive", "lr_negative", "diagnostic_odds_ratio"), "log method"),
        "ppv_at_0.10": "log method of the likelihood ratio",
        "npv_at_0.10": "log method of the likelihood ratio",
        "auc": "DeLong, logit scale",
        "average_precision": "logit bootstrap by patient, 200 resamples",
        "brier": "normal interval of a mean",
    }
    assert found.resampled["auc"].method == f"{resampled} stratified by class"
    assert found.resampled["ppv"].method == resampled


def test_table_1_of_the_paper_beyond_the_five() -> None:
    found = class_measures(Confusion(tp=51, fn=5, fp=14, tn=31), prevalences=[0.1])
    # From the formulas with 51/56 and 14/45 and their Wilson limits, worked out apart.
    literal = {
        "balanced_accuracy": (0.7998016, 0.7105735, 0.8629876),
        "youden": (0.5996032, 0.4211471, 0.7259752),
        "lr_positive": (2.9272959, 1.8806987, 4.5563181),
        "lr_negative": (0.1296083, 0.0548885, 0.3060442),
        "diagnostic_odds_ratio": (22.5857143, 7.4105293, 68.8364450),
        "ppv_at_0.10": (0.2454283, 0.1728472, 0.3361029),
        "npv_at_0.10": (0.9858035, 0.9671134, 0.9939382),
    }
    assert list(found) == list(literal)
    for name, values in literal.items():
        item = found[name]
        assert [item.estimate, item.low, item.high] == pytest.approx(list(values), rel=1e-6), name


def test_a_measure_without_denominator_is_undefined_and_never_one() -> None:
    found = measures(
        labels=np.array([0, 0]),
        scores=np.array([0.1, 0.2]),
        threshold=0.5,
        prevalences=[0.1],
        resampling=FEW,
    ).metrics
    assert {name for name, item in found.items() if item.estimate is not None} == {
        "accuracy",
        "specificity",
        "npv",
        "brier",
    }
    for item in found.values():
        assert (item.low is None) == (item.reason is not None)
    assert found["f1"].reason == "no case has osteoporosis or is called so"
    assert found["mcc"].reason == "all cases are of one class or are called alike"
    assert found["youden"].reason == found["auc"].reason == "all cases are of one class"


def test_no_interval_of_a_perfect_classifier_has_zero_width() -> None:
    labels = np.repeat([0, 1], 20)
    found = measures(labels=labels, scores=labels * 1.0, threshold=0.5, resampling=FEW).metrics
    for item in found.values():
        assert (item.low is None) == (item.reason is not None)
        assert item.low is None or item.low < item.high  # type: ignore[operator]
    assert found["auc"].low is not None
    assert found["youden"].low is not None
    assert found["mcc"].reason == "nearly all resamples give the same value"


def test_cases_of_one_patient_are_resampled_together() -> None:
    labels, scores = cohort(80)
    alone = measures(labels=labels, scores=scores, threshold=0.5, resampling=FEW)
    twice = {
        "labels": np.tile(labels, 2),
        "scores": np.tile(scores, 2),
        "threshold": 0.5,
    }
    patients = np.tile(np.arange(80), 2)
    found = measures(**twice, resampling=replace(FEW, patients=patients))
    for name, item in found.metrics.items():
        # Each case written twice tells nothing new if the patient is known ...
        expected = (alone.metrics if name == "average_precision" else alone.resampled)[name]
        assert [item.low, item.high] == pytest.approx([expected.low, expected.high])
        assert "bootstrap by patient" in item.method
    assert (found.metrics["accuracy"].k, found.metrics["accuracy"].n) == (
        2 * alone.metrics["accuracy"].k,  # type: ignore[operator]
        160,
    )
    # ... and would seem to if it were not.
    naive = measures(**twice, resampling=FEW).metrics["accuracy"]
    known = found.metrics["accuracy"]
    assert naive.high - naive.low < 0.8 * (known.high - known.low)  # type: ignore[operator]


def test_the_order_of_the_cases_does_not_matter() -> None:
    labels, scores = cohort()
    scores = np.round(scores, 1)
    order = np.random.default_rng(0).permutation(len(labels))
    found = measures(labels=labels, scores=scores, threshold=0.5, resampling=FEW)
    again = measures(labels=labels[order], scores=scores[order], threshold=0.5, resampling=FEW)
    for name, item in found.metrics.items():
        other = again.metrics[name]
        assert [item.low, item.high] == pytest.approx([other.low, other.high], abs=1e-12)


def test_the_seed_changes_the_bootstrap_alone() -> None:
    labels, scores = cohort()
    found, again = (
        measures(
            labels=labels, scores=scores, threshold=0.5, resampling=replace(FEW, seed=seed)
        ).metrics
        for seed in (1, 2)
    )
    changed = {name for name in found if found[name] != again[name]}
    assert changed == {"f1", "mcc", "average_precision"}


def test_brier_equals_scikit_learn_and_the_interval_of_a_mean() -> None:
    labels, scores = np.array([1, 0, 1, 0, 1]), np.array([0.9, 0.2, 0.6, 0.7, 0.5])
    found = brier(labels=labels, scores=scores)
    assert found.estimate == pytest.approx(brier_score_loss(labels, scores))
    # Losses 0.01, 0.04, 0.16, 0.49, 0.25: mean 0.19, SD 0.19326, half width 0.16939.
    assert (found.low, found.high) == pytest.approx((0.02060, 0.35940), abs=1e-4)
    assert (found.k, found.n) == (None, 5)


@pytest.mark.parametrize(
    ("scores", "estimate", "reason"),
    [
        ([0.2, 1.2], None, "scores outside 0 to 1 are no probabilities"),
        ([-3.0, 0.5], None, "scores outside 0 to 1 are no probabilities"),
        ([0.5, 0.5], 0.25, "the loss is the same in all cases"),
    ],
)
def test_brier_is_null_with_a_reason(
    scores: list[float], estimate: float | None, reason: str
) -> None:
    found = brier(labels=np.array([0, 1]), scores=np.array(scores))
    assert (found.estimate, found.low, found.reason) == (estimate, None, reason)


def test_ratios_that_divide_by_zero_in_some_resamples() -> None:
    # 35 of 50 and 3 of 50: none of 50 is drawn with (1 - 3/50)^50 = 4.5 %, more than 2.5 %.
    labels = np.repeat([1, 0], 50)
    scores = np.concatenate([np.repeat([1.0, 0.0], [35, 15]), np.repeat([1.0, 0.0], [3, 47])])
    measured = measures(labels=labels, scores=scores, threshold=0.5)
    found = measured.resampled["lr_positive"]
    assert found.estimate == pytest.approx(35 / 3)
    assert found.low == pytest.approx(5, abs=0.5)
    assert (found.high, measured.undefined["lr_positive"]) == (None, 0)
    assert found.reason is not None
    assert "the upper limit is infinite" in found.reason
    assert int(found.method.split()[-2]) == pytest.approx(2000 * 0.94**50, abs=40)
    assert measured.resampled["lr_negative"].high is not None
    # Turned round, the ratio that divides by zero is the negative one.
    turned = measures(labels=labels, scores=-scores, threshold=-0.5).resampled
    assert turned["lr_negative"].high is None
    assert turned["diagnostic_odds_ratio"].estimate == pytest.approx(15 * 3 / (35 * 47))


def test_a_ratio_that_is_infinite_itself_is_null_among_the_resampled() -> None:
    labels, scores = np.repeat([1, 0], 10), np.repeat([1.0, 0.0], [8, 12])
    found = measures(labels=labels, scores=scores, threshold=0.5, resampling=FEW).resampled
    assert (found["lr_positive"].estimate, found["lr_positive"].low) == (None, None)
    assert found["lr_positive"].reason == "no case without osteoporosis is called positive"
