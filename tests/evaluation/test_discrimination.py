"""ROC curve and area: published answers, an independent implementation, and edge cases."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from osteohip.evaluation.discrimination import (
    Floats,
    Labels,
    auc,
    newcombe_interval,
    roc_curve,
)

# Few distinct scores, so that ties within and between the classes are common.
CASES = st.lists(st.tuples(st.integers(0, 1), st.integers(-4, 4)), min_size=4, max_size=60).filter(
    lambda cases: len({label for label, _ in cases}) == 2
)


def arrays(cases: list[tuple[int, int]]) -> tuple[Labels, Floats]:
    return np.array([c[0] for c in cases]), np.array([c[1] / 8 for c in cases])


def asah(shared: Path, column: str) -> tuple[Labels, Floats]:
    with (shared / "stats" / "aSAH.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    labels = np.array([int(row["outcome"] == "Poor") for row in rows])
    return labels, np.array([float(row[column]) for row in rows])


def test_known_answers_of_proc(shared: Path) -> None:
    expected = json.loads((shared / "stats" / "expected.json").read_text())["aSAH"]
    labels, scores = asah(shared, "ndka")
    found = auc(labels=labels, scores=scores, scale="plain")
    assert found.estimate == pytest.approx(expected["auc_ndka"], abs=1e-12)
    assert [found.low, found.high] == pytest.approx(expected["delong_ci95_ndka"], abs=1e-12)
    labels, scores = asah(shared, "wfns")
    found = auc(labels=labels, scores=scores)
    assert found.estimate == pytest.approx(expected["auc_wfns"], abs=1e-12)


def delong_by_the_definition(labels: Labels, scores: Floats) -> float:
    """The variance from the full matrix of comparisons, as DeLong et al. write it."""
    x, y = scores[labels == 1], scores[labels == 0]
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    v10, v01 = psi.mean(axis=1), psi.mean(axis=0)
    return float(v10.var(ddof=1) / len(x) + v01.var(ddof=1) / len(y))


@given(CASES)
def test_interval_comes_from_delongs_definition(cases: list[tuple[int, int]]) -> None:
    labels, scores = arrays(cases)
    assume(min(labels.sum(), len(labels) - labels.sum()) > 1)
    found = auc(labels=labels, scores=scores)
    area = found.estimate
    assert area is not None
    variance = delong_by_the_definition(labels, scores)
    assume(variance > 1e-12 and 0 < area < 1)
    half = 1.959963984540054 * np.sqrt(variance) / (area * (1 - area))
    logit = np.log(area / (1 - area))
    limits = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    assert [found.low, found.high] == pytest.approx(limits.tolist(), abs=1e-10)


@given(CASES)
def test_area_equals_scikit_learn_and_lies_in_its_interval(cases: list[tuple[int, int]]) -> None:
    labels, scores = arrays(cases)
    found = auc(labels=labels, scores=scores)
    assert found.estimate is not None
    assert found.estimate == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.high - found.low > 0.01


@given(CASES, st.integers(0, 2**32))
def test_order_and_monotone_change_of_the_scores_do_not_matter(
    cases: list[tuple[int, int]], seed: int
) -> None:
    labels, scores = arrays(cases)
    order = np.random.default_rng(seed).permutation(len(cases))
    found = auc(labels=labels, scores=scores)
    again = auc(labels=labels[order], scores=np.exp(scores[order]) * 3 - 7)
    assert [found.estimate, found.low, found.high] == pytest.approx(
        [again.estimate, again.low, again.high], abs=1e-12
    )


@given(CASES)
def test_negated_scores_mirror_area_and_interval(cases: list[tuple[int, int]]) -> None:
    labels, scores = arrays(cases)
    found = auc(labels=labels, scores=scores)
    mirror = auc(labels=labels, scores=-scores)
    assert found.estimate is not None
    assert found.low is not None
    assert found.high is not None
    assert [1 - found.high, 1 - found.estimate, 1 - found.low] == pytest.approx(
        [mirror.low, mirror.estimate, mirror.high], abs=1e-9
    )


@given(CASES)
@settings(max_examples=50)
def test_curve_equals_scikit_learn(cases: list[tuple[int, int]]) -> None:
    labels, scores = arrays(cases)
    curve = roc_curve(labels=labels, scores=scores)
    fpr, tpr, threshold = sklearn_roc_curve(labels, scores, drop_intermediate=False)
    assert curve.false_positive_rate == pytest.approx(fpr)
    assert curve.true_positive_rate == pytest.approx(tpr)
    assert curve.threshold[1:] == pytest.approx(threshold[1:])


def test_tied_classes_make_one_slanted_step() -> None:
    curve = roc_curve(labels=np.array([1, 0, 1, 0]), scores=np.array([0.7, 0.5, 0.5, 0.2]))
    assert curve.threshold.tolist() == [np.inf, 0.7, 0.5, 0.2]
    assert curve.true_positives.tolist() == [0, 1, 2, 2]
    assert curve.false_positives.tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(("scores", "area"), [([1, 2, 8, 9], 1.0), ([8, 9, 1, 2], 0.0)])
def test_perfect_separation_has_an_interval_with_a_width(scores: list[int], area: float) -> None:
    found = auc(labels=np.array([0, 0, 1, 1]), scores=np.array(scores, dtype=float))
    assert found.estimate == area
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.4
    assert "Newcombe" in found.method


def test_equal_scores_are_a_coin_with_an_interval() -> None:
    found = auc(labels=np.array([0, 1] * 20), scores=np.full(40, 0.3))
    assert found.estimate == 0.5
    assert (found.low, found.high) == pytest.approx((0.328, 0.672), abs=1e-2)


def test_a_class_with_one_case_has_an_interval() -> None:
    found = auc(labels=np.array([0, 0, 0, 1]), scores=np.array([0.1, 0.5, 0.3, 0.4]))
    assert found.estimate == pytest.approx(2 / 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.3
    assert found.high > 0.9


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_is_undefined_with_a_reason(label: int) -> None:
    labels, scores = np.full(5, label), np.linspace(0, 1, 5)
    found = auc(labels=labels, scores=scores)
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert found.reason == "all cases are of one class"
    with pytest.raises(ValueError, match="one class"):
        roc_curve(labels=labels, scores=scores)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1], [0.1], "one length"),
        ([0, 2], [0.1, 0.2], "labels 0 and 1"),
        ([0, 1], [0.1, np.nan], "finite"),
    ],
)
def test_wrong_arrays_are_refused(labels: list[int], scores: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        auc(labels=np.array(labels), scores=np.array(scores))


def test_newcombes_limits_solve_his_equation() -> None:
    area, m, n = 0.867, 56, 45
    for limit in newcombe_interval(area=area, diseased=m, healthy=n):
        star = (m + n) / 2
        q1, q2 = limit / (2 - limit), 2 * limit**2 / (1 + limit)
        spread = limit * (1 - limit) + (star - 1) * (q1 + q2 - 2 * limit**2)
        assert abs(area - limit) == pytest.approx(1.959964 * np.sqrt(spread / (m * n)), abs=1e-6)
