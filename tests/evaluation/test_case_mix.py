"""Case mix: bands, suppressed cells, and areas re-weighted to other patients."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.errors import StudyError
from osteohip.evaluation.case_mix import (
    EDGES,
    Histogram,
    bands,
    distance,
    histogram,
    read_histogram,
    reweighted_area,
    suppressed,
    without_small_cells,
)
from osteohip.evaluation.discrimination import delong

NAMES = {1: "osteoporosis", 0: "no_osteoporosis"}
COUNTS = st.lists(st.integers(0, 30), min_size=4, max_size=4)


def test_borders_belong_to_the_band_of_their_label() -> None:
    scores = np.array([-2.5, -2.4999, -12, 11, np.nan, -3.5])
    assert bands(scores, EDGES["t_score"], ends_in_band=True).tolist() == [3, 4, 0, 7, -1, 1]
    ages = np.array([64.99, 65, 85, 20, 130])
    assert bands(ages, EDGES["age_years"], ends_in_band=False).tolist() == [0, 1, 3, 0, 3]


def test_counts_by_class_without_the_unknown() -> None:
    found = histogram(np.array([60, 70, 70, np.nan, 90]), np.array([1, 1, 0, 0, 0]), "age_years")
    assert found.osteoporosis == (1, 1, 0, 0)
    assert found.no_osteoporosis == (0, 1, 0, 1)


@given(COUNTS, COUNTS)
def test_what_travels_hides_small_cells_and_makes_none_up(sick: list[int], well: list[int]) -> None:
    counts = Histogram((0, 65, 75, 85, 120), tuple(sick), tuple(well))
    travelled = suppressed(counts)
    for name in ("osteoporosis", "no_osteoporosis"):
        assert all(cell is None or cell >= 5 for cell in travelled[name])
    back = read_histogram(travelled, osteoporosis=sum(sick), others=sum(well))
    for label, cells in ((1, sick), (0, well)):
        shown = travelled[NAMES[label]]
        assert getattr(back, NAMES[label]) == tuple(shown)
        hidden = [n for n, t in zip(cells, shown, strict=True) if t is None]
        assert back.untold_of(label) == sum(hidden)
        assert back.of_class(label).sum() == sum(cells)
        assert all(filled.sum() == sum(cells) for filled in back.fillings(label))
        assert len(list(back.fillings(label))) == max(1, len(hidden))
    if min(*sick, *well) >= 5:
        assert back.osteoporosis == counts.osteoporosis


def consistent(shown: list[int | None], total: int, possible: list[bool]) -> list[tuple[int, ...]]:
    """All cells that the hidden ones may have, for who knows the sum and that there are small ones.

    None of the hidden cells that a case can be in is taken to be large: the worst that a reader
    may guess.
    """
    open_cells = [p for cell, p in zip(shown, possible, strict=True) if cell is None and p]
    rest = total - sum(cell for cell in shown if cell is not None)
    return [c for c in product(range(5), repeat=len(open_cells)) if sum(c) == rest]


@given(COUNTS, st.lists(st.booleans(), min_size=4, max_size=4))
def test_no_hidden_cell_follows_from_the_sum(cells: list[int], possible: list[bool]) -> None:
    counts = [n if p else 0 for n, p in zip(cells, possible, strict=True)]
    shown = without_small_cells(counts, possible=possible)
    assert all(cell is None or cell == n >= 5 for cell, n in zip(shown, counts, strict=True))
    hidden = [n for n, s, p in zip(counts, shown, possible, strict=True) if s is None and p]
    if hidden and any(cell is not None for cell in shown):
        # Either a large cell is among them, or several small ones could be otherwise.
        assert len(hidden) > 1
        assert sum(hidden) >= 5
        guesses = consistent(shown, sum(counts), possible)
        if max(hidden) < 5:
            assert len(guesses) > 1


@pytest.mark.parametrize(
    ("counts", "possible", "shown"),
    [
        ([9, 3, 20, 8], None, [9, None, 20, None]),  # 3 alone would follow
        ([9, 4, 4, 20], None, [None, None, None, 20]),  # 8 in two small cells is 4 and 4
        ([9, 4, 3, 20], None, [9, None, None, 20]),
        ([9, 0, 20, 8], None, [9, None, 20, None]),
        ([9, 8, 0, 0], [True, True, False, False], [9, 8, None, None]),
        ([9, 3, 0, 0], [True, True, False, False], [None] * 4),
        ([1, 2, 0, 1], None, [None] * 4),
        ([9, 8, 7, 6], None, [9, 8, 7, 6]),
    ],
)
def test_small_cells_and_what_would_tell_them_are_hidden(
    counts: list[int], possible: list[bool] | None, shown: list[int | None]
) -> None:
    assert without_small_cells(counts, possible=possible) == shown


def test_a_class_has_no_case_beyond_the_border_of_its_label() -> None:
    counts = Histogram((-10, -4, -2.5, -1, 10), (9, 8, 0, 0), (0, 0, 7, 6))
    travelled = suppressed(counts, border=-2.5)
    assert travelled["osteoporosis"] == [9, 8, None, None]
    assert travelled["no_osteoporosis"] == [None, None, 7, 6]
    assert read_histogram(travelled, osteoporosis=17, others=13) == counts


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"edges": [0, 1], "border": None, "osteoporosis": [1, 2], "no_osteoporosis": [1]},
        {"edges": "no", "border": None, "osteoporosis": [1], "no_osteoporosis": [1]},
        {"edges": [0, 1], "border": None, "osteoporosis": ["x"], "no_osteoporosis": [1]},
    ],
)
def test_no_histogram_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(StudyError, match="expected a histogram"):
        read_histogram(content, osteoporosis=3, others=1)


def test_more_cases_than_the_class_has_are_refused() -> None:
    content = suppressed(Histogram((0, 1, 2), (5, 6), (7, 8)))
    with pytest.raises(StudyError, match="more than the 10 cases of osteoporosis"):
        read_histogram(content, osteoporosis=10, others=15)


def test_distance_takes_untold_bands_together() -> None:
    told = Histogram((0, 1, 2, 3), (6, 2, 2), (1, 1, 1))
    untold = Histogram((0, 1, 2, 3), (None, 10, None), (1, 1, 1), (10, 0))
    assert distance(untold, told, 1) == pytest.approx(0.3)
    assert distance(told, untold, 1) == pytest.approx(0.3)
    assert distance(told, untold, 0) == 0


@given(st.integers(0, 100), st.lists(st.integers(0, 12), min_size=8, max_size=8))
def test_the_area_with_the_true_counts_lies_within_the_span(seed: int, cells: list[int]) -> None:
    labels, scores, ages = cohort(seed, n=200)
    true = Histogram((0, 65, 75, 85, 120), tuple(cells[:4]), tuple(cells[4:]))
    sums = {"osteoporosis": sum(cells[:4]), "others": sum(cells[4:])}
    target = read_histogram(suppressed(true), **sums)
    found, exact = (
        reweighted_area(
            labels=labels,
            scores=scores,
            values={"age_years": ages},
            target={"age_years": histogram},
            smallest=1,
        )
        for histogram in (target, true)
    )
    if target == true:
        assert found.span is found.note is None
        assert found.auc == exact.auc
    elif found.span is not None and exact.auc.estimate is not None:
        assert "weighted as one" in (found.note or "")
        low, high = found.span
        for area in (found.auc.estimate, exact.auc.estimate):
            assert area is not None
            assert low - 1e-9 <= area <= high + 1e-9


def test_distance_is_the_share_that_would_have_to_move() -> None:
    one = Histogram((0, 1, 2), (5, 5), (1, 0))
    other = Histogram((0, 1, 2), (8, 2), (0, 0))
    assert distance(one, other, 1) == pytest.approx(0.3)
    assert distance(one, other, 0) is None


def cohort(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, scores with ties, and ages."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 2)
    return labels, np.round(rng.normal(labels, 1), 1), rng.uniform(55, 90, n)


def by_the_definition(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    sick, well = labels == 1, labels == 0
    above = scores[sick][:, None] - scores[well][None, :]
    psi = (above > 0) + 0.5 * (above == 0)
    return float(weights[sick] @ psi @ weights[well] / weights[sick].sum() / weights[well].sum())


@given(st.integers(0, 500))
def test_the_own_patients_give_the_plain_area_and_delongs_variance(seed: int) -> None:
    labels, scores, ages = cohort(seed)
    found = reweighted_area(
        labels=labels,
        scores=scores,
        values={"age_years": ages},
        target={"age_years": histogram(ages, labels, "age_years")},
        smallest=10,
    )
    plain = delong(labels=labels, scores=scores)
    assert found.area is not None
    assert found.area.area == pytest.approx(plain.area)
    assert found.area.variance == pytest.approx(plain.variance)
    assert found.change.estimate == pytest.approx(0, abs=1e-12)
    assert found.effective == pytest.approx({"osteoporosis": 40, "no_osteoporosis": 40})
    assert found.covered == {"osteoporosis": 1.0, "no_osteoporosis": 1.0}


@given(st.integers(0, 200), st.lists(st.integers(5, 40), min_size=8, max_size=8))
def test_weights_are_the_ratio_of_the_shares(seed: int, cells: list[int]) -> None:
    labels, scores, ages = cohort(seed, n=200)
    target = Histogram((0, 65, 75, 85, 120), tuple(cells[:4]), tuple(cells[4:]))
    own = histogram(ages, labels, "age_years")
    band = bands(ages, target.edges, ends_in_band=False)
    weights = np.empty(200)
    for label in (1, 0):
        inside = labels == label
        ratio = target.of_class(label) / target.of_class(label).sum()
        ratio = ratio / (own.of_class(label) / own.of_class(label).sum())
        weights[inside] = ratio[band[inside]]
    found = reweighted_area(
        labels=labels,
        scores=scores,
        values={"age_years": ages},
        target={"age_years": target},
        smallest=1,
    )
    assert found.area is not None
    assert found.area.area == pytest.approx(by_the_definition(labels, scores, weights))
    for label, name in ((1, "osteoporosis"), (0, "no_osteoporosis")):
        part = weights[labels == label]
        assert found.effective[name] == pytest.approx(part.sum() ** 2 / (part**2).sum())


def test_case_mix_alone_is_taken_away() -> None:
    """A model that is right among the young and guesses among the old."""
    young, old = np.full(40, 60.0), np.full(40, 80.0)
    ages = np.concatenate([young, old])
    labels = np.tile([1, 0], 40)
    scores = np.concatenate([labels[:40] * 1.0, np.full(40, 0.5)])
    target = Histogram((0, 65, 75, 85, 120), (30, 0, 10, 0), (30, 0, 10, 0))
    found = reweighted_area(
        labels=labels,
        scores=scores,
        values={"age_years": ages},
        target={"age_years": target},
        smallest=10,
    )
    assert found.area is not None
    # Of the pairs 9/16 are young and right, 6/16 mixed and right, 1/16 old and tied.
    plain = 0.25 + 0.5 + 0.25 / 2
    assert found.area.area == pytest.approx(15 / 16 + 1 / 32)
    assert found.change.estimate == pytest.approx(15 / 16 + 1 / 32 - plain)


def test_two_variables_are_met_at_once() -> None:
    labels, scores, ages = cohort(3, n=400)
    t_scores = np.where(labels == 1, -3.2, -1.8) + np.random.default_rng(4).normal(0, 0.3, 400)
    values = {"age_years": ages, "t_score": t_scores}
    half = np.arange(400) < 200
    target = {v: histogram(x[half], labels[half], v) for v, x in values.items()}
    found = reweighted_area(labels=labels, scores=scores, values=values, target=target, smallest=10)
    assert found.area is not None
    assert found.effective["osteoporosis"] > 150


@pytest.mark.parametrize(
    ("target", "smallest", "reason"),
    [
        ((0, 0, 0, 40), 10, "cannot meet"),
        ((1, 0, 0, 99), 10, "bands without a case"),
        ((1, 99, 0, 0), 30, "below 30"),
        ((0, 0, 0, 0), 10, "cannot meet"),
    ],
)
def test_too_little_in_common_is_refused_with_a_reason(
    target: tuple[float, ...], smallest: float, reason: str
) -> None:
    labels = np.tile([1, 0], 40)
    ages = np.repeat([60.0, 70.0], [60, 20])
    found = reweighted_area(
        labels=labels,
        scores=np.linspace(0, 1, 80),
        values={"age_years": ages},
        target={"age_years": Histogram((0, 65, 75, 85, 120), target, (10, 10, 0, 0))},
        smallest=smallest,
    )
    assert found.area is None
    assert found.auc.estimate is None
    assert found.change.estimate is None
    assert reason in (found.auc.reason or "")
