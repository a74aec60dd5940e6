"""How often the 95 % intervals of calibration, net benefit and re-weighted areas hold the truth.

Cohorts are drawn from populations whose truth is known by numerical integration; the sizes are
those of the study's test set and external site. Where an interval holds the truth less or more
often than 95 %, the band that it was seen in is written beside it.

`python tests/evaluation/test_coverage_of_probabilities.py` prints its tables of docs/intervals.md.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm

from osteohip.evaluation.aggregates import net_benefit, net_benefit_over_all, refer_all
from osteohip.evaluation.calibration import calibration, smooth_curve
from osteohip.evaluation.case_mix import Histogram, histogram, reweighted_area
from osteohip.evaluation.comparison import compare_areas
from osteohip.evaluation.discrimination import delong
from osteohip.evaluation.measures import confusion

pytestmark = pytest.mark.slow

Floats = npt.NDArray[np.float64]

COHORTS = 2000
# 95 % within three and a half Monte Carlo errors of a share among 2,000.
NOMINAL = (0.933, 0.967)
THRESHOLDS = (0.2, 0.5, 0.8)
SCORES = (0.2, 0.4, 0.6, 0.8)
# The mean of few squared errors is skewed, so its normal interval ends too low now and then.
BRIER = (0.92, 0.967)
# The variance of O:E takes the sum of the scores as fixed; scores that discriminate move with O.
OBSERVED_EXPECTED = (0.96, 0.99)
# Wilson's limits are put together where both shares are small; a little too wide then.
NET_BENEFIT = (0.933, 0.98)
# A band on the log-odds scale, a little too wide where few cases make up the curve.
CURVE = (0.933, 0.985)


class Population:
    """Log-odds of osteoporosis, normal in the population, and scores that distort them.

    Parameters
    ----------
    intercept, slope
        The score's log-odds are ``intercept + slope * true log-odds``.
    """

    MEAN, SD = 0.3, 1.7

    def __init__(self, intercept: float, slope: float):
        self.intercept, self.slope = intercept, slope
        z = np.linspace(-8, 8, 40_001)
        self.density = norm.pdf(z) / norm.pdf(z).sum()
        self.truth = expit(self.MEAN + self.SD * z)
        self.scored = expit(intercept + slope * (self.MEAN + self.SD * z))

    def mean(self, values: Floats) -> float:
        return float(self.density @ values)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], Floats]:
        truth = rng.normal(self.MEAN, self.SD, n)
        labels = (rng.random(n) < expit(truth)).astype(np.int64)
        return labels, expit(self.intercept + self.slope * truth)

    def known(self) -> dict[str, float]:
        """The measures of calibration in the whole population."""
        share = self.mean(self.truth)
        loss = self.truth * (1 - self.scored) ** 2 + (1 - self.truth) * self.scored**2
        x = logit(self.scored)
        return {
            "brier": self.mean(loss),
            "brier_scaled": 1 - self.mean(loss) / (share * (1 - share)),
            "calibration_in_the_large": brentq(lambda a: self.mean(expit(a + x)) - share, -5, 5),
            "calibration_slope": 1 / self.slope,
            "observed_expected": share / self.mean(self.scored),
        }

    def benefit(self, threshold: float) -> tuple[float, float, float]:
        """Net benefit by the score, its gain over referring everyone, and that of everyone."""
        weight = threshold / (1 - threshold)
        each = self.truth - weight * (1 - self.truth)
        called = self.scored >= threshold
        model, everyone = self.mean(each * called), self.mean(each)
        return model, model - everyone, everyone


def shares(
    draw: Callable[[], dict[str, tuple[float | None, float | None, float]]],
) -> dict[str, float]:
    """Return how often the limits that ``draw`` gives hold the truth that stands with them."""
    held: dict[str, list[bool]] = defaultdict(list)
    for _ in range(COHORTS):
        for name, (low, high, truth) in draw().items():
            if low is not None and high is not None:
                held[name].append(low <= truth <= high)
    assert all(len(found) > 0.9 * COHORTS for found in held.values())
    return {name: float(np.mean(found)) for name, found in held.items()}


# Cases, and how their scores distort the log-odds.
SITUATIONS = {
    "calibrated scores, 101": (101, 0.0, 1.0),
    "scores too extreme and too high, 117": (117, 0.6, 1.6),
}


@cache
def of_probabilities(situation: str) -> Mapping[str, float]:
    """Coverage of calibration and net benefit."""
    n, intercept, slope = SITUATIONS[situation]
    population, rng = Population(intercept, slope), np.random.default_rng(n)
    known = population.known()
    benefits = {threshold: population.benefit(threshold) for threshold in THRESHOLDS}

    def draw() -> dict[str, tuple[float | None, float | None, float]]:
        labels, scores = population.draw(n, rng)
        found = {
            name: (item.low, item.high, known[name])
            for name, item in calibration(labels=labels, scores=scores).items()
        }
        for threshold, (model, gain, everyone) in benefits.items():
            counts = confusion(labels=labels, scores=scores, threshold=threshold)
            for name, item, truth in (
                ("model", net_benefit(counts, preference=threshold), model),
                ("gain", net_benefit_over_all(counts, preference=threshold), gain),
                ("everyone", net_benefit(refer_all(counts), preference=threshold), everyone),
            ):
                found[f"{name} at {threshold}"] = (item.low, item.high, truth)
        curve = smooth_curve(labels=labels, scores=scores)
        grid = np.array([row["score"] for row in curve])
        for score in SCORES:
            row = curve[int(np.abs(grid - score).argmin())]
            truth = float(expit((logit(row["score"]) - intercept) / slope))
            found[f"curve at {score}"] = (row["low"], row["high"], truth)
        return found

    return shares(draw)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_calibration_and_net_benefit(situation: str) -> None:
    bands = {"brier": BRIER, "observed_expected": OBSERVED_EXPECTED}
    for name, share in of_probabilities(situation).items():
        kind = name.split()[0]
        band = {"curve": CURVE, "model": NET_BENEFIT, "gain": NET_BENEFIT}.get(kind, NOMINAL)
        low, high = bands.get(name, band)
        assert low <= share <= high, f"{name}: {share}"


@cache
def of_other_patients() -> Mapping[str, float]:
    """Coverage at a site of 86 and 31 whose patients are older, and the model worse for it."""
    edges = (0.0, 65.0, 75.0, 85.0, 120.0)
    ages = np.array([60.0, 70.0, 80.0, 90.0])
    shift = np.array([2.0, 1.5, 1.0, 0.6])
    here = {1: np.array([0.1, 0.25, 0.35, 0.3]), 0: np.array([0.3, 0.3, 0.2, 0.2])}
    there = {1: np.array([0.25, 0.25, 0.3, 0.2]), 0: np.array([0.4, 0.3, 0.2, 0.1])}
    target = Histogram(edges, tuple(1000 * there[1]), tuple(1000 * there[0]))

    def area(of: dict[int, Floats]) -> float:
        # The healthy score alike at all ages.
        return float(of[1] @ norm.cdf(shift / np.sqrt(2)))

    rng = np.random.default_rng(7)
    labels = np.repeat([1, 0], [86, 31])
    moved, change = area(there), area(there) - area(here)

    def draw() -> dict[str, tuple[float | None, float | None, float]]:
        band = np.concatenate([rng.choice(4, 86, p=here[1]), rng.choice(4, 31, p=here[0])])
        scores = rng.normal(0, 1, 117) + np.where(labels == 1, shift[band], 0)
        found = reweighted_area(
            labels=labels,
            scores=scores,
            values={"age_years": ages[band]},
            target={"age_years": target},
            smallest=10,
        )
        return {
            "area": (found.auc.low, found.auc.high, moved),
            "change": (found.change.low, found.change.high, change),
        }

    return shares(draw)


def test_areas_re_weighted_to_other_patients() -> None:
    found = of_other_patients()
    assert NOMINAL[0] <= found["area"] <= NOMINAL[1], found
    # The weights are taken as known, although they come from the site's own few patients: the
    # interval of the change, which lives of them, is a little too narrow (92 %).
    assert 0.90 <= found["change"] <= NOMINAL[1], found


@cache
def of_what_remains() -> Mapping[str, float]:
    """Coverage as before, of the patients of the test set 56 and 45 being known alone."""
    ages = np.array([60.0, 70.0, 80.0, 90.0])
    inside, outside = np.array([2.4, 2.0, 1.6, 1.2]), np.array([2.0, 1.5, 1.0, 0.6])
    here = {1: np.array([0.1, 0.25, 0.35, 0.3]), 0: np.array([0.3, 0.3, 0.2, 0.2])}
    there = {1: np.array([0.25, 0.25, 0.3, 0.2]), 0: np.array([0.4, 0.3, 0.2, 0.1])}
    rng = np.random.default_rng(8)
    truth = float(there[1] @ (norm.cdf(inside / np.sqrt(2)) - norm.cdf(outside / np.sqrt(2))))

    def cohort(
        sick: int, well: int, of: dict[int, Floats], shift: Floats
    ) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        labels = np.repeat([1, 0], [sick, well])
        band = np.concatenate([rng.choice(4, sick, p=of[1]), rng.choice(4, well, p=of[0])])
        scores = rng.normal(0, 1, len(labels)) + np.where(labels == 1, shift[band], 0)
        return labels, scores, ages[band]

    def draw() -> dict[str, tuple[float | None, float | None, float]]:
        labels_in, scores_in, ages_in = cohort(56, 45, there, inside)
        labels, scores, own = cohort(86, 31, here, outside)
        found = reweighted_area(
            labels=labels,
            scores=scores,
            values={"age_years": own},
            target={"age_years": histogram(ages_in, labels_in, "age_years")},
            smallest=10,
        )
        if found.area is None:
            return {"remains": (None, None, truth)}
        remains = compare_areas(delong(labels=labels_in, scores=scores_in), found.area)
        return {"remains": (remains.low, remains.high, truth)}

    return shares(draw)


def test_what_remains_of_the_drop_beyond_the_patients() -> None:
    share = of_what_remains()["remains"]
    assert NOMINAL[0] <= share <= NOMINAL[1], share


PAGE = Path(__file__).parents[2] / "docs" / "intervals.md"
STAR = " \\*"
# Three standard errors of a share of 0.95, as in the page's other tables.
BAND = 3 * math.sqrt(0.95 * 0.05 / COHORTS)
WORDS = {
    "brier": "Brier score",
    "brier_scaled": "scaled Brier score",
    "calibration_in_the_large": "calibration in the large",
    "calibration_slope": "calibration slope",
    "observed_expected": "observed to expected cases",
    "model": "net benefit",
    "gain": "net benefit less that of referring all",
    "everyone": "net benefit of referring all",
    "curve": "calibration curve",
}


def tables() -> list[tuple[tuple[str, ...], dict[str, tuple[float, ...]]]]:
    """Headers and rows of the page's tables."""
    found = [of_probabilities(situation) for situation in SITUATIONS]
    remains = of_what_remains()["remains"]
    areas = of_other_patients()
    return [
        (
            ("interval", *SITUATIONS),
            {
                " ".join((WORDS[name.split()[0]], *name.split()[1:])): tuple(
                    shares[name] for shares in found
                )
                for name in found[0]
            },
        ),
        (
            ("interval", "site of 117, test set of 101"),
            {
                "re-weighted area": (areas["area"],),
                "change by case mix": (areas["change"],),
                "what remains of the drop": (remains,),
            },
        ),
    ]


def printed() -> Iterator[str]:
    """Lines of the page's tables."""
    for header, rows in tables():
        yield "| " + " | ".join(header) + " |"
        yield "|" + " --- |" * len(header)
        for name, shares in rows.items():
            cells = (f"{100 * x:.1f}{'' if abs(x - 0.95) <= BAND else STAR}" for x in shares)
            yield f"| {name} | " + " | ".join(cells) + " |"
        yield ""


def test_the_page_tells_this_coverage() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    told = {row[0]: row[1:] for row in rows}
    for _, expected in tables():
        for name, shares in expected.items():
            # The draws are the same; another numpy may move a case or two by rounding.
            assert [float(cell.removesuffix(STAR)) for cell in told[name]] == pytest.approx(
                [100 * share for share in shares], abs=0.35
            ), name


if __name__ == "__main__":
    print("\n".join(printed()))
