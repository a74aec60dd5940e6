import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from osteohip.explanation.similarity import median, similarity, spearman, ssim, zero_maps

RNG = np.random.default_rng(0)
MAPS = RNG.random((5, 6, 6)).astype(np.float32)
OTHER = RNG.random((5, 6, 6)).astype(np.float32)
ONE = np.full((1, 6, 6), 0.3, dtype=np.float32)
NONE = np.zeros((1, 6, 6), dtype=np.float32)


def test_rank_correlation_is_scipys_with_ties():
    first, second = (np.round(maps, 1) for maps in (MAPS, OTHER))
    expected = [
        spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(spearman(first, second), expected, rtol=1e-10)


@pytest.mark.parametrize("measure", [spearman, lambda a, b: ssim(a, b, size=24)])
def test_equal_maps_are_alike_whatever_their_scale(measure):
    np.testing.assert_allclose(measure(MAPS, 7 * MAPS), 1, rtol=1e-6)


def test_opposite_ranks_are_minus_one():
    np.testing.assert_allclose(spearman(MAPS, 1 - MAPS), -1, rtol=1e-6)


def test_ssim_of_flat_surroundings_is_known_in_closed_form():
    """Away from a corner each map is flat there: only the first factor is left."""
    first, second = (np.full((1, 60, 60), value) for value in (0.5, 0.25))
    first[0, 0, 0] = second[0, 0, 0] = 1
    found = ssim(first, second, size=60)[0]
    flat = (2 * 0.5 * 0.25 + 1e-4) / (0.5**2 + 0.25**2 + 1e-4)
    assert found == pytest.approx(flat, abs=0.01)


@given(*[arrays(np.float32, (2, 3, 4), elements=st.floats(0, 50, width=16)) for _ in range(2)])
def test_measures_are_symmetric_and_within_one(a, b):
    for measure in (spearman, lambda x, y: ssim(x, y, size=16)):
        there, back = measure(a, b), measure(b, a)
        np.testing.assert_allclose(there, back, rtol=1e-9, atol=1e-12)
        assert (np.isnan(there) | (np.abs(there) <= 1 + 1e-9)).all()


@pytest.mark.parametrize("flat", [ONE, NONE])
def test_a_map_of_one_value_is_like_no_other_and_counted(flat):
    maps = np.concatenate([flat, MAPS[1:]])
    assert np.isnan(spearman(maps, OTHER)).tolist() == [True, False, False, False, False]
    assert np.isnan(ssim(OTHER, maps, size=24)).tolist() == [True, False, False, False, False]
    found = similarity(maps, OTHER, size=24)
    assert found["undefined"] == 1
    assert found["spearman"]["n"] == found["ssim"]["n"] == 4
    nothing = similarity(flat, OTHER[:1], size=24)
    assert nothing["spearman"]["estimate"] is None
    assert nothing["spearman"]["reason"] == "in each pair at least one map is the same everywhere"


def test_maps_without_heat_are_counted():
    assert zero_maps(np.concatenate([MAPS, ONE, NONE, NONE])) == 2


@pytest.mark.parametrize(
    ("n", "low", "high"),
    # Conover's table of the sign test: ranks of the limits of a median at 95 %.
    [(6, 1, 6), (10, 2, 9), (20, 6, 15), (25, 8, 18), (100, 40, 61)],
)
def test_limits_of_a_median_are_the_published_ranks(n, low, high):
    values = RNG.permutation(np.arange(1.0, n + 1))
    found = median(np.append(values, np.nan))
    assert (found.estimate, found.low, found.high, found.n) == ((n + 1) / 2, low, high, n)


def test_few_values_have_a_median_without_limits():
    found = median(np.array([1.0, 3.0, 2.0, 9.0, np.nan]))
    assert (found.estimate, found.low, found.high, found.n) == (2.5, None, None, 4)
    assert found.reason == "4 values are too few for limits of the median"
