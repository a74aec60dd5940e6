"""Ratios against published values and an independent implementation."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import test_proportions_2indep as score_test

from osteohip.evaluation.ratios import (
    LOG_METHOD,
    SCORE_METHOD,
    at_prevalence,
    complement,
    koopman_interval,
    odds_ratio,
    ratio_estimate,
    ratio_of_proportions,
    share_from_ratio,
)


def test_published_log_and_score_intervals_of_a_ratio() -> None:
    # Fagerland MW, Lydersen S, Laake P. Statistical analysis of contingency tables, 2017, ch. 4:
    # 7 of 34 against 1 of 34, as their R package contingencytables prints it.
    found = ratio_of_proportions(k1=7, n1=34, k2=1, n2=34)
    assert found is not None
    assert found.value == pytest.approx(7)
    assert [found.low, found.high] == pytest.approx([0.9096, 53.8695], abs=5e-5)
    assert found.method == LOG_METHOD
    limits = koopman_interval(k1=7, n1=34, k2=1, n2=34)
    assert limits == pytest.approx((1.2209, 42.5757), abs=5e-5)


def test_published_likelihood_ratio() -> None:
    # epi.tests of the R package epiR, example 1: 670 of 744 and 202 of 842 test positive.
    found = ratio_of_proportions(k1=670, n1=744, k2=202, n2=842)
    assert found is not None
    assert [found.value, found.low, found.high] == pytest.approx([3.75, 3.32, 4.24], abs=5e-3)


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(1, 30))
def test_score_limits_lie_at_the_border_of_the_score_test(
    k1: int, n1: int, k2: int, n2: int
) -> None:
    assume(k1 <= n1 and k2 <= n2 and k1 + k2 > 0)
    low, high = koopman_interval(k1=k1, n1=n1, k2=k2, n2=n2)
    assert (low == 0) == (k1 == 0)
    assert math.isinf(high) == (k2 == 0)
    for limit in (low, high):
        if 0 < limit < math.inf:
            found = score_test(
                k1, n1, k2, n2, value=limit, compare="ratio", method="score", correction=False
            )
            assert found.pvalue == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "method"),
    [
        ((0, 10, 3, 20), SCORE_METHOD),
        ((10, 10, 20, 20), SCORE_METHOD),
        ((3, 10, 3, 20), LOG_METHOD),
    ],
)
def test_no_interval_has_zero_width(counts: tuple[int, int, int, int], method: str) -> None:
    k1, n1, k2, n2 = counts
    found = ratio_of_proportions(k1=k1, n1=n1, k2=k2, n2=n2)
    assert found is not None
    assert found.method == method
    assert found.low <= found.value <= found.high
    assert found.low < found.high


def test_an_infinite_ratio_and_one_of_nothing_are_null_with_their_reason() -> None:
    words = {"n": 30, "undefined": "nothing", "infinite": "infinite"}
    infinite = ratio_of_proportions(k1=4, n1=10, k2=0, n2=20)
    nothing = ratio_of_proportions(k1=0, n1=10, k2=0, n2=20)
    assert ratio_estimate(infinite, **words).reason == "infinite"
    assert ratio_estimate(nothing, **words).reason == "nothing"
    assert ratio_estimate(infinite, **words).estimate is None
    # The predictive value exists all the same, and has a width.
    share = share_from_ratio(infinite, odds=0.25, n=30, undefined="nothing")
    assert (share.estimate, share.high) == (1.0, 1.0)
    assert share.low is not None
    assert 0 < share.low < 1
    assert share_from_ratio(nothing, odds=0.25, n=30, undefined="nothing").reason == "nothing"


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 0 <= k <= n"):
        ratio_of_proportions(k1=1, n1=0, k2=1, n2=2)


@given(*[st.integers(1, 80)] * 4)
def test_odds_ratio_equals_statsmodels(tp: int, fn: int, fp: int, tn: int) -> None:
    found = odds_ratio(tp=tp, fn=fn, fp=fp, tn=tn)
    table = Table2x2([[tp, fp], [fn, tn]])
    assert found.estimate == pytest.approx(table.oddsratio)
    assert [found.low, found.high] == pytest.approx(list(table.oddsratio_confint()))


@pytest.mark.parametrize(
    ("counts", "estimate", "reason"),
    [
        ((5, 0, 2, 8), None, "no case of a class is called wrongly, so the ratio divides by zero"),
        ((0, 5, 2, 8), 0.0, "no case of a class is called rightly"),
    ],
)
def test_odds_ratio_with_an_empty_cell(
    counts: tuple[int, int, int, int], estimate: float | None, reason: str
) -> None:
    tp, fn, fp, tn = counts
    found = odds_ratio(tp=tp, fn=fn, fp=fp, tn=tn)
    assert (found.estimate, found.low, found.reason) == (estimate, None, reason)


@given(*[st.integers(1, 60)] * 4)
def test_at_the_prevalence_of_the_cohort_it_is_the_plain_predictive_value(
    tp: int, fn: int, fp: int, tn: int
) -> None:
    ill, well = tp + fn, fp + tn
    words = {"odds": ill / well, "n": ill + well, "undefined": ""}
    positive = ratio_of_proportions(k1=tp, n1=ill, k2=fp, n2=well)
    negative = ratio_of_proportions(k1=fn, n1=ill, k2=tn, n2=well)
    ppv = share_from_ratio(positive, **words)
    npv = complement(share_from_ratio(negative, **words))
    assert ppv.estimate == pytest.approx(tp / (tp + fp))
    assert npv.estimate == pytest.approx(tn / (tn + fn))
    for found in (ppv, npv):
        assert found.low is not None
        assert found.high is not None
        assert found.estimate is not None
        assert 0 <= found.low <= found.estimate <= found.high <= 1


def test_predictive_value_by_hand() -> None:
    # Sensitivity 0.9, specificity 0.8, prevalence 0.1: 0.09 / (0.09 + 0.18) and 0.72 / 0.73.
    positive = ratio_of_proportions(k1=90, n1=100, k2=20, n2=100)
    negative = ratio_of_proportions(k1=10, n1=100, k2=80, n2=100)
    words = {"odds": 1 / 9, "n": 200, "undefined": ""}
    assert share_from_ratio(positive, **words).estimate == pytest.approx(1 / 3)
    assert complement(share_from_ratio(negative, **words)).estimate == pytest.approx(72 / 73)


@pytest.mark.parametrize(
    ("prevalence", "name"), [(0.1, "ppv_at_0.10"), (0.25, "ppv_at_0.25"), (0.125, "ppv_at_0.125")]
)
def test_names_of_predictive_values(prevalence: float, name: str) -> None:
    assert at_prevalence("ppv", prevalence) == name
