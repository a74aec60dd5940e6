"""Intervals of a proportion against published values and an independent implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from osteohip.evaluation.proportions import ProportionInterval, clopper_pearson, proportion, wilson


# Newcombe RG. Stat Med 1998;17:857-872, Table I, method 3, printed with four decimals.
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(k: int, n: int, low: float, high: float) -> None:
    found = wilson(k=k, n=n)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)
    assert (found.k, found.n, found.method, found.reason) == (k, n, "Wilson", None)


# The same table, method 5.
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_published_exact_intervals(k: int, n: int, low: float, high: float) -> None:
    found = clopper_pearson(k=k, n=n)
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)
    assert found.method == "Clopper-Pearson"


def test_the_interval_is_chosen_by_name() -> None:
    assert proportion(k=3, n=9) == wilson(k=3, n=9)
    assert proportion(k=3, n=9, interval="clopper_pearson") == clopper_pearson(k=3, n=9)


def test_borders_touch_0_and_1_and_still_have_a_width() -> None:
    none, every = wilson(k=0, n=10), wilson(k=10, n=10)
    assert (none.estimate, none.low) == (0.0, 0.0)
    assert (every.estimate, every.high) == (1.0, 1.0)
    assert none.high == pytest.approx(0.2775, abs=5e-5)
    assert every.low == pytest.approx(0.7225, abs=5e-5)


@pytest.mark.parametrize("interval", ["wilson", "clopper_pearson"])
def test_without_trials_it_is_undefined_with_a_reason(interval: ProportionInterval) -> None:
    found = proportion(k=0, n=0, interval=interval)
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert found.reason == "the denominator is zero"


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(k: int, n: int) -> None:
    for interval in (wilson, clopper_pearson):
        with pytest.raises(ValueError, match="0 <= k <= n"):
            interval(k=k, n=n)


@given(n=st.integers(1, 5000), data=st.data(), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_equals_statsmodels(n: int, data: st.DataObject, level: float) -> None:
    k = data.draw(st.integers(0, n))
    for interval, name in ((wilson, "wilson"), (clopper_pearson, "beta")):
        found = interval(k=k, n=n, level=level)
        low, high = proportion_confint(k, n, alpha=1 - level, method=name)
        assert [found.low, found.high] == pytest.approx([low, high], abs=1e-12)
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.high
