"""Agreement: published tables, independent implementations, and where kappa is 0/0."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import t
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from osteohip.errors import InputError
from osteohip.evaluation.agreement import Ratings, agreement, band
from osteohip.evaluation.command import agreement as agreement_command
from osteohip.evaluation.estimate import Estimate


def ratings_of(table: list[list[int]]) -> Ratings:
    """Ratings of two readers with these counts, the first reader's categories in rows."""
    cells = [[(i, j)] * n for i, row in enumerate(table) for j, n in enumerate(row)]
    return np.array([pair for cell in cells for pair in cell])


def t_error(found: Estimate, n: int) -> float:
    """The standard error that the lower limit was made of."""
    assert found.estimate is not None
    assert found.low is not None
    return float((found.estimate - found.low) / t.ppf(0.975, n - 1))


def test_two_readers_as_irrcac(shared: Path) -> None:
    folder = shared / "stats"
    expected = json.loads((folder / "expected.json").read_text())["irrCAC_cont3x3abstractors"]
    with (folder / "irrCAC_cont3x3abstractors.csv").open() as stream:
        table = [[int(cell) for cell in row[1:]] for row in list(csv.reader(stream))[1:]]
    found = agreement(ratings_of(table), categories=3)
    assert found.n == 100
    assert found.agreement.estimate == pytest.approx(expected["percent_agreement"])
    assert found.kappa.estimate == pytest.approx(expected["cohen_kappa"], abs=5e-8)
    assert t_error(found.kappa, 100) == pytest.approx(expected["cohen_kappa_se"], abs=5e-9)
    assert found.ac1.estimate == pytest.approx(expected["gwet_ac1"], abs=5e-8)
    assert t_error(found.ac1, 100) == pytest.approx(expected["gwet_ac1_se"], abs=5e-9)
    # The README of irrCAC has Brennan and Prediger's coefficient, which PABAK is, as 0.835.
    assert found.pabak.estimate == pytest.approx(0.835)


# README of the R package irrCAC: 15 patients, 6 psychiatrists, 5 diagnoses.
SIX_READERS = [
    [0, 0, 0, 6, 0],
    [0, 3, 0, 0, 3],
    [0, 1, 4, 0, 1],
    [0, 0, 0, 0, 6],
    [0, 3, 0, 3, 0],
    [2, 0, 4, 0, 0],
    [0, 0, 4, 0, 2],
    [2, 0, 3, 1, 0],
    [2, 0, 0, 4, 0],
    [0, 0, 0, 0, 6],
    [1, 0, 0, 5, 0],
    [1, 1, 0, 4, 0],
    [0, 3, 3, 0, 0],
    [1, 0, 0, 5, 0],
    [0, 2, 0, 3, 1],
]
# The same page: 12 cases, 4 readers, 5 categories, some readings missing (0).
FOUR_READERS = [
    [1, 1, 0, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [0, 5, 5, 5],
    [0, 0, 1, 1],
    [0, 0, 3, 0],
]


def test_six_readers_as_irrcac() -> None:
    found = agreement(np.array([np.repeat(np.arange(5), row) for row in SIX_READERS]), categories=5)
    literal = {
        "agreement": (0.5511111, None),
        "kappa": (0.4139265, 0.08119291),
        "ac1": (0.4448007, 0.08418757),
        "pabak": (0.4388889, 0.08312142),
    }
    for name, (estimate, error) in literal.items():
        item = getattr(found, name)
        assert item.estimate == pytest.approx(estimate, abs=5e-8)
        if error is not None:
            assert t_error(item, 15) == pytest.approx(error, abs=5e-9)
    assert found.kappa.method.startswith("Fleiss")


def test_missing_readings_as_irrcac() -> None:
    found = agreement(np.array(FOUR_READERS) - 1, categories=5)
    assert found.n == 11
    literal = {
        "agreement": (0.8181818, 0.12561),
        "kappa": (0.76117, 0.15302),
        "ac1": (0.77544, 0.14295),
        "pabak": (0.77273, 0.14472),
    }
    for name, (estimate, error) in literal.items():
        item = getattr(found, name)
        assert item.estimate == pytest.approx(estimate, abs=5e-6)
        assert t_error(item, 12) == pytest.approx(error, abs=5e-6)
        assert item.high == 1.0


# Feinstein AR, Cicchetti DV. J Clin Epidemiol 1990;43:543-549: the same raw agreement of 0.85, and
# kappas of 0.70 and 0.32; agreement by answer as in their second paper, 1990;43:551-558.
@pytest.mark.parametrize(
    ("table", "kappa", "positive", "negative"),
    [
        ([[40, 9], [6, 45]], 0.70, (80, 95), (90, 105)),
        ([[80, 10], [5, 5]], 0.32, (160, 175), (10, 25)),
    ],
)
def test_the_paradox_of_prevalence(
    table: list[list[int]], kappa: float, positive: tuple[int, int], negative: tuple[int, int]
) -> None:
    found = agreement(ratings_of(table))
    assert found.agreement.estimate == pytest.approx(0.85)
    assert found.kappa.estimate == pytest.approx(kappa, abs=5e-3)
    assert found.pabak.estimate == pytest.approx(0.70)
    assert [(item.k, item.n) for item in found.by_category] == [positive, negative]
    assert found.ac1.estimate is not None
    assert found.ac1.estimate > kappa


TWO = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=60)


@given(TWO)
def test_two_readers_equal_scikit_learn_and_statsmodels(pairs: list[tuple[int, int]]) -> None:
    found = agreement(np.array(pairs))
    first, second = zip(*pairs, strict=True)
    assume(len(set(first + second)) == 2)
    assert found.kappa.estimate == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    table = np.array([[pairs.count((i, j)) for j in (0, 1)] for i in (0, 1)])
    independent = cohens_kappa(table)
    error = independent.std_kappa
    assert found.kappa.estimate == pytest.approx(independent.kappa, abs=1e-12)
    if error > 1e-6 and found.kappa.low is not None and found.kappa.low > -1:
        assert t_error(found.kappa, len(pairs)) == pytest.approx(error, abs=1e-9)


@given(st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), min_size=2, max_size=30))
def test_more_readers_equal_statsmodels(rows: list[list[int]]) -> None:
    ratings = np.array(rows)
    assume(0 < ratings.sum() < ratings.size)
    found = agreement(ratings)
    counts, _ = aggregate_raters(ratings, n_cat=2)
    assert found.kappa.estimate == pytest.approx(fleiss_kappa(counts), abs=1e-12)


@given(TWO)
def test_no_interval_has_zero_width_and_all_hold_their_estimate(
    pairs: list[tuple[int, int]],
) -> None:
    found = agreement(np.array(pairs))
    for item in (found.agreement, found.kappa, found.ac1, found.pabak, *found.by_category):
        assert (item.reason is None) == (item.low is not None)
        if item.low is not None:
            assert item.high is not None
            assert item.estimate is not None
            assert -1 <= item.low <= item.estimate + 1e-12
            assert item.estimate - 1e-12 <= item.high <= 1
            assert item.low < item.high


@given(TWO)
def test_exchanging_readers_or_answers_changes_nothing(pairs: list[tuple[int, int]]) -> None:
    ratings = np.array(pairs)
    found = agreement(ratings)
    for other in (agreement(ratings[:, ::-1]), agreement(1 - ratings)):
        for name in ("agreement", "kappa", "ac1", "pabak"):
            one, two = getattr(found, name), getattr(other, name)
            assert [one.estimate, one.low, one.high] == pytest.approx(
                [two.estimate, two.low, two.high], abs=1e-12
            )
    assert agreement(1 - ratings).by_category == found.by_category[::-1]


@pytest.mark.parametrize("readers", [2, 3])
def test_kappa_is_null_where_it_is_0_by_0(readers: int) -> None:
    # The paper's case: every map adequate for every reader, printed there as kappa = 1.000.
    found = agreement(np.ones((101, readers), dtype=int))
    assert found.kappa.estimate is None
    assert found.kappa.reason == "all readings are the same, so that kappa is 0/0"
    assert (found.agreement.estimate, found.ac1.estimate, found.pabak.estimate) == (1, 1, 1)
    # 101 of 101: Wilson's lower limit is 1 / (1 + z^2 / n).
    low = 1 / (1 + 1.959963984540054**2 / 101)
    assert found.agreement.low == pytest.approx(low)
    assert found.pabak.low == pytest.approx(2 * low - 1)
    assert found.ac1.low == pytest.approx(low)
    assert found.by_category[0].reason == "no reader gave this answer"


def test_perfect_agreement_on_both_answers_has_a_width() -> None:
    found = agreement(ratings_of([[5, 0], [0, 96]]))
    low = 1 / (1 + 1.959963984540054**2 / 101)
    chance = (5 / 101) ** 2 + (96 / 101) ** 2
    assert found.kappa.estimate == 1
    assert found.kappa.low == pytest.approx((low - chance) / (1 - chance))
    assert found.kappa.method == "Cohen's kappa, limits of raw agreement with chance held"


def test_nothing_read_twice_is_null() -> None:
    found = agreement(np.array([[1, -1], [-1, 0]]))
    assert found.n == 0
    assert found.agreement.reason == found.kappa.reason == "no case was read by two readers"


@pytest.mark.parametrize(
    "ratings", [np.array([1, 0]), np.array([[1], [0]]), np.array([[1, 2]]), np.array([[1, -2]])]
)
def test_wrong_arrays_are_refused(ratings: Ratings) -> None:
    with pytest.raises(ValueError, match="expected"):
        agreement(ratings)


@pytest.mark.parametrize(
    ("kappa", "word"),
    [
        (1.0, "perfect"),
        (0.999, "almost perfect"),
        (0.8, "almost perfect"),
        (0.799, "substantial"),
        (0.6, "substantial"),
        (0.4, "moderate"),
        (0.2, "fair"),
        (0.199, "slight"),
        (-0.3, "slight"),
    ],
)
def test_bands_of_the_paper(kappa: float, word: str) -> None:
    assert band(kappa) == word


HEAD = "case_id,reader,adequate\n"


def read(tmp_path: Path, rows: str, *, allow_incomplete: bool = False) -> dict[str, Any]:
    path = tmp_path / "r.csv"
    path.write_text(HEAD + rows)
    agreement_command(readings=path, out=tmp_path / "out.json", allow_incomplete=allow_incomplete)
    content: dict[str, Any] = json.loads((tmp_path / "out.json").read_text())
    return content


def test_command(tmp_path: Path) -> None:
    rows = [
        (i, reader, "yes" if i < 8 or (i == 8 and reader == "A") else "no")
        for i in range(12)
        for reader in "AB"
    ]
    found = read(tmp_path, "".join(f"c{i},{reader},{word}\n" for i, reader, word in rows))
    assert list(found) == [
        "n",
        "readers",
        "cases",
        "read_once",
        "incomplete",
        "answers",
        "agreement",
        "kappa",
        "ac1",
        "pabak",
        "positive_agreement",
        "negative_agreement",
    ]
    assert (found["n"], found["readers"], found["incomplete"]) == (12, 2, 0)
    assert found["answers"] == {"no": 7, "yes": 17}
    assert (found["agreement"]["k"], found["agreement"]["n"]) == (11, 12)
    # po = 11/12, pe = (9 * 8 + 3 * 4) / 144 = 7/12, so kappa is 4/5.
    assert found["kappa"]["estimate"] == pytest.approx(0.8)
    assert found["kappa"]["band"] == "almost perfect"
    assert found["positive_agreement"]["estimate"] == pytest.approx(16 / 17)
    assert found["negative_agreement"]["estimate"] == pytest.approx(6 / 7)


def test_kappa_of_0_by_0_has_no_band(tmp_path: Path) -> None:
    kappa = read(tmp_path, "a,A,yes\na,B,Yes\nb,A,yes\nb,B,yes\n")["kappa"]
    assert (kappa["estimate"], kappa["band"]) == (None, None)
    assert "0/0" in kappa["reason"]


def problems(tmp_path: Path, rows: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, rows)
    return [problem.sentence() for problem in caught.value.problems]


def test_all_problems_are_named_by_row(tmp_path: Path) -> None:
    rows = "a,A,yes\na,B,maybe\na,A,no\nb,A,yes\n,A,no\nc,,no\nd,A,yes,1\nc,A,no\nc,B,no\n"
    assert problems(tmp_path, rows) == [
        "r.csv, row 3, column adequate: expected yes or no",
        "r.csv, row 4, column case_id: expected one reading of a case by a reader; row 2 has it",
        "r.csv, row 5, column case_id: expected a reading of this case by each of 2 readers, not 1",
        "r.csv, row 6, column case_id: expected a case_id",
        "r.csv, row 7, column reader: expected a reader",
        "r.csv, row 8: expected 3 cells",
    ]


def test_one_reader_is_none_to_agree_with(tmp_path: Path) -> None:
    expected = "r.csv, column reader: expected readings of two readers or more"
    assert problems(tmp_path, "a,A,yes\nb,A,no\n") == [expected]


def test_incomplete_readings_are_counted_where_they_are_allowed(tmp_path: Path) -> None:
    rows = "a,A,yes\na,B,yes\nb,A,no\nb,B,no\nc,A,yes\nd,A,no\nd,B,yes\n"
    found = read(tmp_path, rows, allow_incomplete=True)
    assert (found["cases"], found["n"], found["read_once"], found["incomplete"]) == (4, 3, 1, 1)
    assert (found["agreement"]["k"], found["agreement"]["n"]) == (2, 3)
    assert found["answers"] == {"no": 3, "yes": 3}


def test_three_readers_have_their_pairs_too(tmp_path: Path) -> None:
    rows = "".join(
        f"c{i},{reader},{'yes' if (i + (reader == 'C') * (i % 4 == 0)) % 3 else 'no'}\n"
        for i in range(20)
        for reader in "ABC"
    )
    found = read(tmp_path, rows)
    assert found["kappa"]["method"].startswith("Fleiss")
    assert [pair["readers"] for pair in found["pairs"]] == [["A", "B"], ["A", "C"], ["B", "C"]]
    shares = [pair["agreement"]["estimate"] for pair in found["pairs"]]
    assert found["agreement"]["estimate"] == pytest.approx(np.mean(shares))


@pytest.mark.parametrize(
    ("table", "raw"), [([[49, 1], [0, 0]], 0.98), ([[0, 3], [0, 7]], 0.7), ([[0, 9], [0, 0]], 0.0)]
)
def test_a_constant_reader_has_a_kappa_of_exactly_0_without_interval(
    table: list[list[int]], raw: float
) -> None:
    for ratings in (ratings_of(table), ratings_of(table)[:, ::-1]):
        found = agreement(ratings)
        assert (found.agreement.estimate, found.kappa.estimate) == (raw, 0.0)
        assert (found.kappa.low, found.kappa.high) == (None, None)
        assert found.kappa.method == "Cohen's kappa"
        assert found.kappa.reason is not None
        assert found.kappa.reason.startswith("a reader gave the same answer in every case")
        assert found.agreement.low is not None


@pytest.mark.parametrize("n", [3, 7, 20, 101, 5000])
def test_values_of_whole_counts_are_exact(n: int) -> None:
    # Two of three say yes each time: seen 1/3, chance of yes 2/3, so that Fleiss' chance is 5/9.
    found = agreement(np.tile([1, 1, 0], (n, 1)))
    values = [found.agreement, found.kappa, found.ac1, found.pabak]
    assert [item.estimate for item in values] == [1 / 3, -1 / 2, -1 / 5, -1 / 3]
    for item in values:
        assert (item.low, item.high, item.reason) == (None, None, "the standard error is zero")
    # Half of the cases by three readers who agree, half by four with one against three.
    rows = [[1, 1, 1, -1], [0, 0, 0, -1], [1, 1, 1, 0], [0, 0, 0, 1]] * n
    found = agreement(np.array(rows))
    assert found.agreement.estimate == 0.75
    assert (found.kappa.estimate, found.ac1.estimate, found.pabak.estimate) == (0.5, 0.5, 0.5)


def test_three_readers_that_all_say_yes_have_an_interval_of_positive_agreement() -> None:
    found = agreement(np.ones((20, 3), dtype=int))
    positive = found.by_category[1]
    assert (positive.k, positive.n, positive.estimate) == (120, 120, 1.0)
    assert (positive.low, positive.high) == (found.agreement.low, found.agreement.high)
    assert positive.method == found.agreement.method == "Wilson, cases as trials"
    # An answer that all share where it is given has as many trials as cases with it.
    mixed = agreement(np.array([[1, 1, 1]] * 5 + [[0, 0, 0]] * 15))
    assert mixed.by_category[1].low == pytest.approx(1 / (1 + 1.959963984540054**2 / 5))
