"""Statistics from aggregates: published answers, other implementations, limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep

from osteohip.evaluation.aggregates import (
    difference_of_paired_proportions,
    difference_of_proportions,
    discordant_p,
    hanley_mcneil,
    net_benefit,
    net_benefit_over_all,
    odds,
    refer_all,
    useful_range,
)
from osteohip.evaluation.comparison import compare_areas
from osteohip.evaluation.discrimination import area_interval
from osteohip.evaluation.measures import Confusion

COUNTS = st.builds(
    Confusion,
    tp=st.integers(0, 60),
    fn=st.integers(0, 60),
    fp=st.integers(0, 60),
    tn=st.integers(0, 60),
)


def variance(area: float, diseased: int, healthy: int) -> float:
    found = hanley_mcneil(area=area, diseased=diseased, healthy=healthy).variance
    assert found is not None
    return found


def test_the_variance_by_hand_for_the_films_of_hanley_and_mcneil_1982() -> None:
    # 51 abnormal and 58 normal, area 0.893; Q1 = 0.893 / 1.107, Q2 = 2 * 0.893 ** 2 / 1.893.
    by_hand = 0.893 * 0.107 + 50 * (0.806684 - 0.797449) + 57 * (0.842524 - 0.797449)
    assert variance(0.893, 51, 58) == pytest.approx(by_hand / (51 * 58), rel=1e-4)


def test_the_variance_is_exact_for_exponential_scores() -> None:
    rng = np.random.default_rng(1982)
    diseased = rng.exponential(4.0, (20_000, 1, 12))
    healthy = rng.exponential(1.0, (20_000, 9, 1))
    areas = (diseased > healthy).mean(axis=(1, 2))
    assert areas.var() == pytest.approx(variance(0.8, 12, 9), rel=0.05)


def test_an_area_of_one_case_each_has_the_variance_of_a_coin() -> None:
    assert variance(0.7, 1, 1) == pytest.approx(0.21)


@given(st.floats(0, 1), st.integers(1, 500), st.integers(1, 500))
def test_the_interval_holds_the_area(area: float, diseased: int, healthy: int) -> None:
    published = hanley_mcneil(area=area, diseased=diseased, healthy=healthy)
    found = area_interval(published, scale="plain", variance_method="Hanley-McNeil")
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= area <= found.high <= 1


@pytest.mark.parametrize(("diseased", "healthy"), [(0, 5), (5, 0)])
def test_one_class_has_no_area(diseased: int, healthy: int) -> None:
    found = hanley_mcneil(area=0.7, diseased=diseased, healthy=healthy)
    assert (found.area, found.variance) == (None, None)


def test_what_is_no_area_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        hanley_mcneil(area=1.1, diseased=3, healthy=3)


def test_two_published_areas_are_compared() -> None:
    a = hanley_mcneil(area=0.867, diseased=56, healthy=45)
    b = hanley_mcneil(area=0.700, diseased=86, healthy=31)
    found = compare_areas(a, b, variance_method="Hanley-McNeil")
    # By hand: 0.167 / sqrt(0.0357 ** 2 + 0.0510 ** 2) = 2.68, against t with about 200 df.
    assert found.statistic == pytest.approx(2.68, abs=0.01)
    assert found.p == pytest.approx(0.008, abs=1e-3)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe 1998, table II, method 10, examples (a) to (h).
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_differences_of_newcombe_1998(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference_of_proportions(first=first, second=second)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_differences_agree_with_statsmodels() -> None:
    for first, second in (((82, 101), (84, 117)), ((31, 45), (12, 31)), ((1, 9), (7, 8))):
        found = difference_of_proportions(first=first, second=second)
        other = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
        assert (found.low, found.high) == pytest.approx(other)


def test_a_difference_without_cases_is_undefined() -> None:
    found = difference_of_proportions(first=(0, 0), second=(1, 2))
    assert (found.difference, found.reason) == (None, "a denominator is zero")
    assert found.as_json()["p"] is None


def test_a_paired_difference_of_newcombe_1998() -> None:
    # Newcombe 1998, paired data, method 10: 36 both, 12 and 2 one alone, none neither.
    found = difference_of_paired_proportions(both=36, first_alone=12, second_alone=2, neither=0)
    assert found.difference == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    # McNemar exact by hand: 2 * (1 + 14 + 91) / 2 ** 14.
    assert found.p == pytest.approx(2 * 106 / 2**14)


@given(COUNTS)
def test_paired_differences_turn_their_sign_and_hold_the_estimate(counts: Confusion) -> None:
    a, b, c, d = counts.tp, counts.fn, counts.fp, counts.tn
    found = difference_of_paired_proportions(both=a, first_alone=b, second_alone=c, neither=d)
    turned = difference_of_paired_proportions(both=a, first_alone=c, second_alone=b, neither=d)
    if found.low is None or found.high is None or found.difference is None:
        assert counts.n == 0
        return
    assert turned.low == pytest.approx(-found.high)
    assert -1 - 1e-9 <= found.low <= found.difference <= found.high <= 1 + 1e-9


@given(COUNTS, st.floats(0.02, 0.98))
def test_net_benefit_is_that_of_vickers_and_elkin(counts: Confusion, preference: float) -> None:
    found = net_benefit(counts, preference=preference)
    if counts.n == 0:
        assert (found.estimate, found.reason) == (None, "the denominator is zero")
        return
    weight = preference / (1 - preference)
    assert found.estimate == pytest.approx((counts.tp - weight * counts.fp) / counts.n)
    against_all = net_benefit_over_all(counts, preference=preference)
    everyone = net_benefit(refer_all(counts), preference=preference)
    assert everyone.estimate is not None
    assert against_all.estimate == pytest.approx(found.estimate - everyone.estimate)
    for item in (found, everyone, against_all):
        assert item.low <= item.estimate <= item.high
        assert item.high - item.low > 1e-3


@pytest.mark.parametrize(
    ("counts", "preference", "model", "everyone"),
    [
        # The paper's Tables 1 and 2: 51 - 14 of 101 and 72 - 19 of 117 at 50 %.
        (Confusion(51, 5, 14, 31), 0.5, 37 / 101, 11 / 101),
        (Confusion(72, 14, 19, 12), 0.5, 53 / 117, 55 / 117),
        # At 20 % a false positive weighs a quarter: 51 - 3.5, and 56 - 11.25.
        (Confusion(51, 5, 14, 31), 0.2, 47.5 / 101, 44.75 / 101),
    ],
)
def test_net_benefit_by_hand(
    counts: Confusion, preference: float, model: float, everyone: float
) -> None:
    assert net_benefit(counts, preference=preference).estimate == pytest.approx(model)
    of_all = net_benefit(refer_all(counts), preference=preference)
    assert of_all.estimate == pytest.approx(everyone)


def test_the_interval_of_referring_all_is_wilsons_of_the_prevalence() -> None:
    found = net_benefit(refer_all(Confusion(51, 5, 14, 31)), preference=0.5)
    # Wilson of 56/101 is 0.4573 to 0.6477, and the net benefit is twice that less one.
    assert (found.low, found.high) == pytest.approx((-0.0854, 0.2954), abs=2e-4)


@given(st.floats(0.05, 0.95))
def test_nobody_referred_has_a_benefit_of_zero_with_a_width(preference: float) -> None:
    found = net_benefit(Confusion(0, 30, 0, 40), preference=preference)
    assert found.low < found.estimate == 0 < found.high


def test_in_large_samples_the_interval_of_net_benefit_is_that_of_a_mean() -> None:
    counts = Confusion(40_000, 10_000, 15_000, 35_000)
    weight = 3 / 7
    value = (40_000 - weight * 15_000) / 100_000
    variance = (40_000 + weight**2 * 15_000) / 100_000 - value**2
    half = 1.959964 * math.sqrt(variance / 100_000)
    found = net_benefit(counts, preference=0.3)
    assert (found.low, found.high) == pytest.approx((value - half, value + half), abs=2e-5)


@given(COUNTS)
def test_the_useful_range_is_where_the_calls_beat_both_extremes(counts: Confusion) -> None:
    borders = useful_range(counts)
    for preference in np.arange(0.05, 1, 0.1):
        model = net_benefit(counts, preference=preference).estimate
        more = net_benefit_over_all(counts, preference=preference).estimate
        if model is None or more is None:
            continue
        inside = borders is not None and borders[0] + 1e-9 < preference < borders[1] - 1e-9
        if inside:
            assert min(model, more) > 0
        elif counts.n > 0 and counts.tp + counts.fp and counts.fn + counts.tn:
            assert min(model, more) <= 1e-9


def test_mcnemar_agrees_with_statsmodels() -> None:
    for first, second in ((14, 12), (5, 14), (0, 3), (7, 7)):
        table = np.array([[3, first], [second, 4]])
        assert discordant_p(first, second) == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert discordant_p(0, 0) == 1


@pytest.mark.parametrize("probability", [0, 1, -0.1])
def test_odds_of_what_is_no_open_probability(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        odds(probability)
