"""Standardised differences: worked examples, and what they do not depend on."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.evaluation.balance import standardised_difference, standardised_share


def values(*items: float) -> np.ndarray:
    return np.array(items, dtype=float)


def test_means_differ_by_their_common_standard_deviation() -> None:
    found = standardised_difference(values(1, 3, math.nan), values(5, 9))
    # Variances 2 and 8, means 2 and 7.
    assert found.estimate == pytest.approx(-5 / math.sqrt(5))
    error = math.sqrt(4 / 4 + 5 / 8)
    assert found.low == pytest.approx(-math.sqrt(5) - 1.959964 * error, abs=1e-5)
    assert found.n == 4


def test_shares_differ_by_their_common_standard_deviation() -> None:
    found = standardised_share(55, 100, 45, 100)
    assert found.estimate == pytest.approx(0.2010, abs=1e-4)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (standardised_difference(values(1), values(1, 2)), "fewer than two known values"),
        (standardised_difference(values(1, 1), values(1, 1)), "the same value everywhere"),
        (standardised_difference(values(1, 1), values(2, 2)), "no variation within the groups"),
        (standardised_share(0, 5, 0, 7), "the same value everywhere"),
        (standardised_share(5, 5, 0, 7), "no variation within the groups"),
        (standardised_share(0, 0, 1, 2), "a group is empty"),
    ],
)
def test_what_is_undefined_says_why(found: object, reason: str) -> None:
    assert found.estimate is found.low is found.high is None  # type: ignore[attr-defined]
    assert reason in found.reason  # type: ignore[attr-defined]


def test_a_count_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 3"):
        standardised_share(4, 3, 1, 2)


SAMPLE = st.lists(st.floats(-50, 50), min_size=3, max_size=20)


@given(SAMPLE, SAMPLE, st.floats(0.1, 10), st.floats(-20, 20))
def test_unit_and_origin_do_not_count(
    a: list[float], b: list[float], scale: float, shift: float
) -> None:
    first = standardised_difference(values(*a), values(*b))
    other = standardised_difference(values(*b) * scale + shift, values(*a) * scale + shift)
    if first.estimate is not None and abs(first.estimate) < 1e6 and other.estimate is not None:
        assert other.estimate == pytest.approx(-first.estimate, rel=1e-4, abs=1e-6)
