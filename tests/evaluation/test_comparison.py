"""Comparison of two areas: published answers of pROC, the definition, and edge cases."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from osteohip.evaluation.comparison import (
    AreaDifference,
    compare_areas,
    paired_delong,
    unpaired_delong,
)
from osteohip.evaluation.discrimination import Area, Floats, Labels, auc

CASES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-4, 4), st.integers(-4, 4)), min_size=6, max_size=50
)


def asah(shared: Path, column: str) -> tuple[Labels, Floats]:
    with (shared / "stats" / "aSAH.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    labels = np.array([int(row["outcome"] == "Poor") for row in rows])
    return labels, np.array([float(row[column]) for row in rows])


# test-roc.test.R of pROC, whose R tests hold all of these digits.
@pytest.mark.parametrize(
    ("a", "b", "statistic", "p", "low", "high"),
    [
        ("wfns", "s100b", 2.20898359144091, 0.0271757822291882, 0.0104061769564846, 0.174214419249),
        ("wfns", "ndka", 2.79777591868904, 0.00514557970691098, 0.0634011709339876, 0.360040563483),
        ("ndka", "s100b", -1.39077002573558, 0.164295175223054, -0.2876917446341914, 0.04887060642),
    ],
)
def test_paired_known_answers_of_proc(
    shared: Path, a: str, b: str, statistic: float, p: float, low: float, high: float
) -> None:
    labels, scores_a = asah(shared, a)
    found = paired_delong(labels=labels, scores_a=scores_a, scores_b=asah(shared, b)[1])
    assert found.statistic == pytest.approx(statistic, abs=1e-10)
    assert found.p == pytest.approx(p, abs=1e-10)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-10)
    assert (found.df, found.reason) == (None, None)


@pytest.mark.parametrize(
    ("a", "b", "statistic", "p"),
    [
        ("wfns", "s100b", 1.43490640926908, 0.152825378808796),
        ("wfns", "ndka", 3.10125096778969, 0.00220950791756457),
        ("ndka", "s100b", -1.55995743389685, 0.120192832430845),
    ],
)
def test_unpaired_known_answers_of_proc(
    shared: Path, a: str, b: str, statistic: float, p: float
) -> None:
    (labels, scores_a), (_, scores_b) = asah(shared, a), asah(shared, b)
    found = unpaired_delong(labels_a=labels, scores_a=scores_a, labels_b=labels, scores_b=scores_b)
    assert found.statistic == pytest.approx(statistic, abs=1e-10)
    assert found.p == pytest.approx(p, abs=1e-10)


def test_interval_and_p_of_the_unpaired_test_agree(shared: Path) -> None:
    labels, scores = asah(shared, "ndka")
    _, other = asah(shared, "s100b")
    cases = {"labels_a": labels, "scores_a": scores, "labels_b": labels, "scores_b": other}
    p = unpaired_delong(**cases).p
    assert p is not None
    assert unpaired_delong(**cases, level=1 - p).high == pytest.approx(0, abs=1e-12)


def covariance_by_the_definition(labels: Labels, a: Floats, b: Floats) -> float:
    """Variance of the difference from the full matrices of comparisons, as DeLong et al. write."""
    parts = []
    for scores in (a, b):
        x, y = scores[labels == 1], scores[labels == 0]
        psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
        parts.append((psi.mean(axis=1), psi.mean(axis=0)))
    (x_a, y_a), (x_b, y_b) = parts
    s10, s01 = np.cov(x_a, x_b), np.cov(y_a, y_b)
    contrast = np.array([1, -1])
    return float(contrast @ (s10 / len(x_a) + s01 / len(y_a)) @ contrast)


@given(CASES)
def test_paired_test_comes_from_delongs_definition(cases: list[tuple[int, int, int]]) -> None:
    labels, a, b = (np.array(column) for column in zip(*cases, strict=True))
    assume(1 < labels.sum() < len(labels) - 1)
    variance = covariance_by_the_definition(labels, a, b)
    assume(variance > 1e-12)
    found = paired_delong(labels=labels, scores_a=a.astype(float), scores_b=b.astype(float))
    assert found.difference is not None
    z = found.difference / np.sqrt(variance)
    assert found.statistic == pytest.approx(z, abs=1e-8)
    assert found.p == pytest.approx(2 * stats.norm.cdf(-abs(z)), abs=1e-8)


@given(CASES)
def test_exchanging_both_scores_changes_the_sign_alone(cases: list[tuple[int, int, int]]) -> None:
    labels, a, b = (np.array(column) for column in zip(*cases, strict=True))
    assume(0 < labels.sum() < len(labels))
    a, b = a.astype(float), b.astype(float)
    for found, mirror in (
        (
            paired_delong(labels=labels, scores_a=a, scores_b=b),
            paired_delong(labels=labels, scores_a=b, scores_b=a),
        ),
        (
            unpaired_delong(labels_a=labels, scores_a=a, labels_b=labels, scores_b=b),
            unpaired_delong(labels_a=labels, scores_a=b, labels_b=labels, scores_b=a),
        ),
    ):
        assert (found.auc_a, found.auc_b) == (mirror.auc_b, mirror.auc_a)
        assert found.p == pytest.approx(mirror.p)
        if found.low is not None:
            assert mirror.high is not None
            assert found.low == pytest.approx(-mirror.high)
        assert found.reason == mirror.reason


def test_identical_ranks_give_p_1_as_in_proc_and_no_interval() -> None:
    labels, scores = np.array([1, 0, 1, 0, 1]), np.array([0.9, 0.2, 0.3, 0.4, 0.5])
    found = paired_delong(labels=labels, scores_a=scores, scores_b=np.exp(scores))
    assert (found.difference, found.statistic, found.p) == (0.0, 0.0, 1.0)
    assert (found.low, found.high) == (None, None)
    assert found.reason == "the placements are the same in every case"


@pytest.mark.parametrize("n", [2, 20, 200])
def test_perfect_against_constant_has_an_interval_but_no_test(n: int) -> None:
    labels = np.repeat([1, 0], n)
    perfect, constant = labels * 1.0, np.zeros(2 * n)
    found = paired_delong(labels=labels, scores_a=perfect, scores_b=constant)
    assert (found.auc_a, found.auc_b, found.difference) == (1.0, 0.5, 0.5)
    assert (found.statistic, found.p) == (None, None)
    assert found.low is not None
    assert found.high is not None
    a, b = (auc(labels=labels, scores=scores) for scores in (perfect, constant))
    assert found.low == pytest.approx(0.5 - np.hypot(1 - a.low, b.high - 0.5))  # type: ignore[operator]
    assert found.high == pytest.approx(0.5 + 0.5 - b.low)  # type: ignore[operator]
    assert found.method.startswith("square-and-add of both intervals as if")
    assert "conservative" in found.method
    assert found.reason == (
        "no test, because the placements differ by the same in every case of a class"
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_two_perfect_scores_have_an_interval_and_are_not_called_alike(sign: int) -> None:
    labels = np.repeat([1, 0], 20)
    first = 100 * labels + np.arange(40.0)
    second = 100 * labels - np.arange(40.0)
    found = paired_delong(labels=labels, scores_a=sign * first, scores_b=sign * second)
    assert (found.difference, found.statistic, found.p) == (0.0, None, None)
    assert found.low is not None
    assert found.low == -found.high < 0  # type: ignore[operator]
    assert found.reason == "no test, because the placements are the same in every case"


def test_perfect_separation_in_a_cohort_gives_an_interval_with_a_width() -> None:
    labels = np.repeat([1, 0], 20)
    found = unpaired_delong(
        labels_a=labels, scores_a=labels * 1.0, labels_b=labels, scores_b=labels * 2.0
    )
    assert (found.difference, found.p, found.statistic) == (0.0, None, None)
    assert found.low is not None
    assert found.high == -found.low
    own = auc(labels=labels, scores=labels * 1.0)
    assert own.low is not None
    assert found.low == pytest.approx(own.low - 1)
    assert found.reason == "no test, because the variance of an area is zero or undefined"


@pytest.mark.parametrize("paired", [True, False])
def test_one_class_is_undefined_with_a_reason(paired: bool) -> None:
    labels, scores = np.ones(4, dtype=int), np.arange(4.0)
    found = (
        paired_delong(labels=labels, scores_a=scores, scores_b=-scores)
        if paired
        else unpaired_delong(labels_a=labels, scores_a=scores, labels_b=labels, scores_b=scores)
    )
    assert (found.auc_a, found.difference, found.p) == (None, None, None)
    assert found.reason == "all cases are of one class"


def test_one_case_in_a_class_has_a_difference_but_no_test() -> None:
    labels, scores = np.array([1, 0, 0, 0]), np.array([0.5, 0.2, 0.8, 0.1])
    found = paired_delong(labels=labels, scores_a=scores, scores_b=-scores)
    assert found.difference == pytest.approx(1 / 3)
    assert (found.p, found.reason) == (None, "a class has one case alone")


def test_aggregates_give_the_same_as_scores() -> None:
    # By hand: variance 0.0025 + 0.0036, error 0.0781025, statistic 0.1 / 0.0781025,
    # df = 0.0061^2 / (0.0025^2 / 100 + 0.0036^2 / 116).
    found = compare_areas(Area(0.8, 0.0025, 56, 45), Area(0.7, 0.0036, 86, 31))
    assert found.statistic == pytest.approx(1.280369, abs=1e-6)
    assert found.df == pytest.approx(213.5755, abs=1e-3)
    assert found.p == pytest.approx(0.201808, abs=1e-5)
    assert isinstance(found, AreaDifference)
