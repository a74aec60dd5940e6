"""Sample sizes: published examples, and the least number that is enough."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.errors import StudyError
from osteohip.evaluation.aggregates import hanley_mcneil_variance
from osteohip.evaluation.command import samplesize
from osteohip.evaluation.sample_size import (
    patients_for_auc,
    patients_for_observed_expected,
    patients_for_share,
    sample_size,
)

WIDTHS = {"auc": 0.1, "sensitivity": 0.1, "specificity": 0.1, "observed_expected": 0.2}


def test_ratio_as_the_package_of_the_formulas_authors_has_it() -> None:
    # pmvalsampsize 0.1.0, its own test: 905 for a width of 1 at a prevalence of 0.018. It looks
    # for the standard error in steps of 0.0001; the exact one needs 905.03.
    found = patients_for_observed_expected(ratio=1, width=1, prevalence=0.018)
    assert found.n == 906
    exact = (1 - 0.018) / 0.018 / 0.2455**2
    assert exact == pytest.approx(905.2, abs=0.1)


def test_wilson_as_presize_has_it() -> None:
    # presize, prec_prop(0.2, half width 0.2, "wilson"): 13.445.
    found = patients_for_share(share=0.2, width=0.4, prevalence=0.5, of_diseased=True)
    assert (found.n, found.osteoporosis) == (28, 14)


def test_a_sensitivity_of_one_still_needs_patients() -> None:
    # The width is then z^2 / (n + z^2).
    z2 = 1.959963984540054**2
    found = patients_for_share(share=1.0, width=0.1, prevalence=1 / 2, of_diseased=False)
    assert found.n == 2 * math.ceil(z2 * 9)


@given(st.floats(0.5, 0.99), st.floats(0.02, 0.4), st.floats(0.05, 0.95))
def test_the_number_for_an_area_is_the_least(area: float, width: float, share: float) -> None:
    found = patients_for_auc(area=area, width=width, prevalence=share)
    assert found.n is not None

    def reached(n: int) -> float:
        variance = hanley_mcneil_variance(area=area, diseased=n * share, healthy=n - n * share)
        return 2 * 1.959963984540054 * math.sqrt(variance)

    assert reached(found.n) <= width * (1 + 1e-9)
    before = found.n - 1
    assert min(before * share, before * (1 - share)) < 1 or reached(before) > width * (1 - 1e-9)


def test_all_measures_beside_those_in_hand() -> None:
    found = sample_size(
        prevalence=0.5,
        anticipated={
            "auc": 0.85,
            "sensitivity": 0.9,
            "specificity": None,
            "observed_expected": 1.0,
        },
        widths=WIDTHS,
        in_hand=(300, 150),
        achieved={"auc": 0.12},
    )
    needed = found["needed"]
    assert found["in_hand"] == {"n": 300, "osteoporosis": 150}
    assert needed["auc"]["n"] == 233
    assert needed["auc"]["in_hand_enough"] is True
    assert needed["auc"]["achieved_width"] == 0.12
    assert needed["observed_expected"]["n"] == 386
    assert needed["observed_expected"]["in_hand_enough"] is False
    assert needed["specificity"]["n"] is None
    assert needed["specificity"]["reason"] == "no value is anticipated"
    assert found["n"] == max(item["n"] for item in needed.values() if item["n"])


def test_no_width_is_told_of_patients_without_intervals() -> None:
    found = sample_size(
        prevalence=0.5, anticipated={"auc": 0.85}, widths=WIDTHS, in_hand=(117, None)
    )
    assert found["needed"]["auc"]["in_hand_enough"] is False
    assert "achieved_width" not in found["needed"]["auc"]


@pytest.mark.parametrize("prevalence", [None, 0.0, 1.0])
def test_without_both_classes_nothing_is_defined(prevalence: float | None) -> None:
    anticipated = {"auc": 0.8, "sensitivity": 0.8, "specificity": 0.8, "observed_expected": 1.0}
    found = sample_size(prevalence=prevalence, anticipated=anticipated, widths=WIDTHS)
    assert found["n"] is None
    assert all(item["reason"] for item in found["needed"].values())


def test_an_area_of_one_has_no_width_to_plan_with() -> None:
    assert patients_for_auc(area=1.0, width=0.1, prevalence=0.5).n is None


def test_the_command_takes_values_or_an_earlier_evaluation(tmp_path: Path) -> None:
    earlier = {
        "n": 200,
        "confusion": {"tp": 90, "fn": 10, "fp": 30, "tn": 70},
        "metrics": {
            "auc": {"estimate": 0.85},
            "sensitivity": {"estimate": 0.9},
            "specificity": {"estimate": 0.7},
        },
    }
    path, out = tmp_path / "metrics.json", tmp_path / "size.json"
    path.write_text(json.dumps(earlier))
    samplesize(metrics=path, in_hand=100, out=out)
    from_file = json.loads(out.read_text())
    samplesize(prevalence=0.5, auc=0.85, sensitivity=0.9, specificity=0.7, in_hand=100, out=out)
    assert json.loads(out.read_text()) == from_file
    assert from_file["needed"]["auc"]["n"] == 233
    # How many of those in hand have osteoporosis was not told.
    assert from_file["in_hand"] == {"n": 100}
    samplesize(metrics=path, auc_width=0.2, out=out)
    assert json.loads(out.read_text())["needed"]["auc"]["n"] < 233
    with pytest.raises(StudyError, match="give --prevalence"):
        samplesize(auc=0.8)
    path.write_text("{}")
    with pytest.raises(StudyError, match="expected JSON with n, confusion and metrics"):
        samplesize(metrics=path)
