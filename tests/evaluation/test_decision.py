"""Net benefit: the paper's tables by hand, identities, and intervals that keep a width."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.evaluation.decision import (
    DECISION_COLUMNS,
    THRESHOLDS,
    decision_table,
    gain_over_refer_all,
    net_benefit,
    refer_all,
)
from osteohip.evaluation.measures import Confusion

COUNTS = st.builds(Confusion, *[st.integers(0, 60)] * 4).filter(lambda counts: counts.n > 0)


@pytest.mark.parametrize(
    ("counts", "threshold", "model", "everyone"),
    [
        # The paper's Tables 1 and 2: 51 - 14 of 101 and 72 - 19 of 117 at 50 %.
        (Confusion(51, 5, 14, 31), 0.5, 37 / 101, 11 / 101),
        (Confusion(72, 14, 19, 12), 0.5, 53 / 117, 55 / 117),
        # At 20 % a false positive weighs a quarter: 51 - 3.5, and 56 - 11.25.
        (Confusion(51, 5, 14, 31), 0.2, 47.5 / 101, 44.75 / 101),
    ],
)
def test_net_benefit_by_hand(
    counts: Confusion, threshold: float, model: float, everyone: float
) -> None:
    assert net_benefit(counts, threshold=threshold).estimate == pytest.approx(model)
    assert refer_all(counts, threshold=threshold).estimate == pytest.approx(everyone)
    gain = gain_over_refer_all(counts, threshold=threshold).estimate
    assert gain == pytest.approx(model - everyone)


def test_interval_of_refer_all_is_wilsons_of_the_prevalence() -> None:
    found = refer_all(Confusion(51, 5, 14, 31), threshold=0.5)
    # Wilson of 56/101 is 0.4573 to 0.6477, and the net benefit is twice that less one.
    assert (found.low, found.high) == pytest.approx((-0.0854, 0.2954), abs=2e-4)


@given(COUNTS, st.floats(0.02, 0.98))
def test_identities_and_limits(counts: Confusion, threshold: float) -> None:
    model, everyone = (f(counts, threshold=threshold) for f in (net_benefit, refer_all))
    gain = gain_over_refer_all(counts, threshold=threshold)
    assert model.estimate is not None
    assert everyone.estimate is not None
    assert gain.estimate == pytest.approx(model.estimate - everyone.estimate, abs=1e-9)
    for item in (model, everyone, gain):
        assert item.low is not None
        assert item.high is not None
        assert item.estimate is not None
        assert item.low <= item.estimate <= item.high
        assert item.high - item.low > 1e-3


@given(st.floats(0.05, 0.95))
def test_nobody_referred_is_zero_with_a_width(threshold: float) -> None:
    found = net_benefit(Confusion(0, 30, 0, 40), threshold=threshold)
    assert found.estimate == 0
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


def test_in_large_samples_the_interval_is_that_of_a_mean() -> None:
    counts = Confusion(40_000, 10_000, 15_000, 35_000)
    weight = 3 / 7
    value = (40_000 - weight * 15_000) / 100_000
    variance = (40_000 + weight**2 * 15_000) / 100_000 - value**2
    half = 1.959964 * math.sqrt(variance / 100_000)
    found = net_benefit(counts, threshold=0.3)
    assert (found.low, found.high) == pytest.approx((value - half, value + half), abs=2e-5)


def test_table_has_all_strategies_at_all_thresholds() -> None:
    labels, scores = np.array([1, 0, 1, 0]), np.array([0.9, 0.6, 0.4, 0.1])
    table = decision_table(labels=labels, versions={"before": scores, "after": scores / 2})
    assert tuple(table.columns) == DECISION_COLUMNS
    strategies = (
        "model",
        "model_less_refer_all",
        "refitted",
        "refitted_less_refer_all",
        "refer_all",
        "refer_none",
    )
    assert table["strategy"].tolist() == list(strategies) * len(THRESHOLDS)
    at = table[table["threshold"] == 0.5].set_index("strategy")
    assert at.loc["model", ["tp", "fp", "n"]].tolist() == [1, 1, 4]
    assert at.loc["refitted", ["tp", "fp"]].tolist() == [0, 0]
    assert at.loc["refer_all", ["tp", "fp"]].tolist() == [2, 2]
    assert at["net_benefit"].tolist() == [0, 0, 0, 0, 0, 0]


def test_other_numbers_than_probabilities_have_no_curve() -> None:
    table = decision_table(labels=np.array([1, 0]), versions={"before": np.array([2.0, 0.1])})
    assert table.empty
    assert tuple(table.columns) == DECISION_COLUMNS


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_of_zero_or_one_is_no_preference(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        net_benefit(Confusion(1, 1, 1, 1), threshold=threshold)
