"""The drop: its parts, from cases and from a bundle's aggregates by the same way."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from osteohip.errors import InputError, StudyError
from osteohip.evaluation.calibration import calibration
from osteohip.evaluation.case_mix import VARIABLES, histogram, suppressed
from osteohip.evaluation.command import drop, threshold
from osteohip.evaluation.comparison import unpaired_delong
from osteohip.evaluation.discrimination import area_interval, delong
from osteohip.evaluation.drop import _value_explained, variables_of
from osteohip.evaluation.measures import Confusion, class_measures, confusion
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.ratios import at_prevalence


def write_cohort(folder: Path, *, n: int, seed: int, worse: float) -> pd.DataFrame:
    """Write predictions.csv and cohort.csv, the scores the worse the larger that is."""
    rng = np.random.default_rng(seed)
    t_score = np.round(rng.normal(-2.5 - worse / 3, 1.0, n), 1)
    signal = -2.5 - t_score + rng.normal(worse, 0.7 + worse, n)
    rows = pd.DataFrame(
        {
            "case_id": [f"H{i:04d}" for i in range(n)],
            "label": (t_score <= -2.5).astype(int),
            "score": expit(1.5 * signal),
            "age_years": np.round(rng.uniform(56, 90, n), 1),
            "t_score": t_score,
        }
    )
    folder.mkdir()
    rows[["case_id", "label", "score"]].to_csv(folder / "predictions.csv", index=False)
    rows[["case_id", "age_years", "t_score"]].sample(frac=1, random_state=1).to_csv(
        folder / "cohort.csv", index=False
    )
    return rows


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """An internal test set and an external site, an operating point and a refit."""
    validation = write_cohort(tmp_path / "validation", n=200, seed=3, worse=0.0)
    pd.DataFrame({"case_id": validation["case_id"], "part": "validation"}).to_csv(
        tmp_path / "split.csv", index=False
    )
    threshold(
        predictions=tmp_path / "validation" / "predictions.csv",
        split=tmp_path / "split.csv",
        out=tmp_path / "threshold.json",
        calibration_out=tmp_path / "calibration.json",
    )
    internal = write_cohort(tmp_path / "internal", n=400, seed=1, worse=0.0)
    write_cohort(tmp_path / "external", n=300, seed=2, worse=0.8)
    labels, scores = internal["label"].to_numpy(), internal["score"].to_numpy()
    area = delong(labels=labels, scores=scores)
    interval = area_interval(area)
    counts = confusion(labels=labels, scores=scores, threshold=0.5)
    content = {
        "n": 400,
        "osteoporosis": int(labels.sum()),
        "auc": {
            "estimate": area.area,
            "low": interval.low,
            "high": interval.high,
            "variance": area.variance,
            "diseased": area.diseased,
            "healthy": area.healthy,
        },
        "confusion": {name: getattr(counts, name) for name in ("tp", "fn", "fp", "tn")},
        **{
            v: suppressed(
                histogram(internal[v].to_numpy(), labels, v),
                border=-2.5 if v == "t_score" else None,
            )
            for v in VARIABLES
        },
    }
    (tmp_path / "reference.json").write_text(json.dumps({"test": content}))
    return tmp_path


def take(study: Path, **further: object) -> dict:
    arguments: dict = {
        "predictions": study / "external" / "predictions.csv",
        "cohort": study / "external" / "cohort.csv",
        "threshold_file": study / "threshold.json",
        "calibration_file": study / "calibration.json",
        "internal_predictions": study / "internal" / "predictions.csv",
        "internal_cohort": study / "internal" / "cohort.csv",
        "out": study / "drop.json",
    }
    drop(**arguments | further)
    return json.loads((study / "drop.json").read_text())


AGGREGATES = {"internal_predictions": None, "internal_cohort": None}


def test_parts_are_what_they_say(study: Path) -> None:
    found = take(study)
    inside, outside = (pd.read_csv(study / s / "predictions.csv") for s in ("internal", "external"))
    expected = unpaired_delong(
        labels_a=inside["label"].to_numpy(),
        scores_a=inside["score"].to_numpy(),
        labels_b=outside["label"].to_numpy(),
        scores_b=outside["score"].to_numpy(),
    )
    assert found["differences"]["auc"] == expected.as_json()
    assert found["external"]["osteoporosis"]["k"] == outside["label"].sum()
    for item in found["reweighted"]:
        remains = item["remains"]["difference"]
        whole = found["differences"]["auc"]["difference"]
        assert remains + item["case_mix"]["estimate"] == pytest.approx(whole)
    carried = calibration(labels=outside["label"].to_numpy(), scores=outside["score"].to_numpy())
    parts = found["calibration"]
    assert parts["carried_over"]["brier"] == carried["brier"].as_json()
    here = parts["after_site_refit"]
    assert here["calibration_slope"]["estimate"] == pytest.approx(1, abs=1e-5)
    assert here["refit"]["fitted_on"] == "the external site itself"
    gain = parts["gain_of_site_refit"]
    assert gain["estimate"] == pytest.approx(carried["brier"].estimate - here["brier"]["estimate"])
    assert gain["low"] > 0


def test_aggregates_tell_the_same_as_the_cases(study: Path) -> None:
    cases = take(study)
    aggregates = take(study, reference=study / "reference.json", **AGGREGATES)
    assert (cases["internal"]["source"], aggregates["internal"]["source"]) == (
        "cases",
        "aggregates",
    )
    for part in ("external", "differences", "reweighted", "case_mix"):
        assert aggregates[part] == cases[part]
    assert aggregates["calibration"]["internal"]["brier"]["estimate"] is None
    reason = "the cases of the internal test set are not at hand"
    assert aggregates["calibration"]["internal"]["brier"]["reason"] == reason


def test_prevalence_and_what_remains_add_up_to_the_difference(study: Path) -> None:
    found = take(study)
    site, there = found["external"]["confusion"], found["internal"]["osteoporosis"]["estimate"]
    ill, well = site["tp"] + site["fn"], site["fp"] + site["tn"]
    true, false = there * site["tp"] / ill, (1 - there) * site["fp"] / well
    missed, spared = there * site["fn"] / ill, (1 - there) * site["tn"] / well
    by_bayes = {
        "accuracy": true + spared,
        "ppv": true / (true + false),
        "npv": spared / (spared + missed),
    }
    for name, value in by_bayes.items():
        split, whole = found["prevalence"][name], found["differences"][name]["difference"]
        moved = split["at_internal_prevalence"]
        assert moved["estimate"] == pytest.approx(value)
        assert moved["low"] < value < moved["high"]
        parts = split["remains"]["difference"], split["prevalence"]["difference"]
        assert sum(parts) == pytest.approx(whole)
        for part in ("remains", "prevalence"):
            assert split[part]["low"] <= split[part]["difference"] <= split[part]["high"]


def test_at_the_same_prevalence_nothing_is_prevalence() -> None:
    counts = Confusion(tp=40, fn=16, fp=4, tn=41)
    for name in ("ppv", "npv"):
        found = _value_explained(counts, name, 0.5, 0.5)
        assert (found.difference, found.low, found.high) == (0, 0, 0)


@pytest.mark.parametrize("name", ["ppv", "npv"])
def test_what_prevalence_explains_is_bounded_over_the_ratios_interval(name: str) -> None:
    # So few cases that the interval of the ratio reaches over the turning point.
    counts = Confusion(tp=6, fn=3, fp=5, tn=4)
    there, here = 0.3, 0.7
    found = _value_explained(counts, name, there, here)
    ends = class_measures(counts, prevalences=(0.5,))[at_prevalence(name, 0.5)]
    log_ratio = np.linspace(logit(ends.low), logit(ends.high), 10_001)
    sign = 1 if name == "ppv" else -1
    moved = expit(log_ratio + sign * logit(there)) - expit(log_ratio + sign * logit(here))
    assert found.low == pytest.approx(moved.min(), abs=1e-6)
    assert found.high == pytest.approx(moved.max(), abs=1e-6)


def test_suppressed_cells_leave_the_rest(study: Path) -> None:
    content = json.loads((study / "reference.json").read_text())
    content["test"]["confusion"]["fn"] = None
    ages = content["test"]["age_years"]["osteoporosis"]
    hidden = ages[1] + ages[3]
    ages[1] = ages[3] = None
    (study / "reference.json").write_text(json.dumps(content))
    found = take(study, reference=study / "reference.json", **AGGREGATES)
    assert found["internal"]["confusion"] is None
    npv = found["prevalence"]["npv"]
    assert npv["remains"]["reason"] == "the bundle does not tell the whole confusion matrix"
    sensitivity = found["differences"]["sensitivity"]
    assert sensitivity["difference"] is None
    assert sensitivity["reason"] == "the bundle does not tell the whole confusion matrix"
    inside = found["case_mix"]["age_years"]["internal"]
    assert inside["osteoporosis"][1] is inside["osteoporosis"][3] is None
    assert inside["untold"] == {"osteoporosis": hidden, "no_osteoporosis": 0}
    cases = take(study)
    for item, exact in zip(found["reweighted"], cases["reweighted"], strict=True):
        if "age_years" not in item["to"]:
            assert item == exact
            continue
        told = f"age, osteoporosis: {hidden} cases in 2 bands without a count"
        assert item["note"] == f"{told}; these bands are weighted as one"
        span = item["span"]
        for area in (item["auc"]["estimate"], exact["auc"]["estimate"]):
            assert span["low"] < area < span["high"]
        assert exact["span"] is exact["note"] is None


def test_few_cases_refuse_the_re_weighted_area(study: Path) -> None:
    found = take(study, settings='{"smallest_effective_size":1000}')
    for item in found["reweighted"]:
        assert item["auc"]["estimate"] is None
        assert "is below 1000" in item["auc"]["reason"]
        assert item["remains"]["reason"] == item["auc"]["reason"]


def test_scores_that_are_no_probabilities_have_a_drop_but_no_calibration(study: Path) -> None:
    path = study / "external" / "predictions.csv"
    table = pd.read_csv(path)
    table.assign(score=5 * table["score"]).to_csv(path, index=False)
    found = take(study)
    assert found["differences"]["auc"]["difference"] is not None
    parts = found["calibration"]
    for name in ("carried_over", "after_validation_refit", "after_site_refit"):
        assert parts[name]["brier"]["reason"] == "scores outside 0 to 1 are no probabilities"
    assert parts["gain_of_site_refit"]["estimate"] is None


def test_a_model_without_a_refit(study: Path) -> None:
    parts = take(study, calibration_file=None)["calibration"]
    assert parts["after_validation_refit"]["brier"]["reason"] == "the model brings no refit"


@pytest.mark.parametrize("side", ["internal", "external"])
def test_a_case_that_stands_twice_in_the_cohort_is_refused(study: Path, side: str) -> None:
    path = study / side / "cohort.csv"
    table = pd.read_csv(path)
    pd.concat([table, table.iloc[[4]]]).to_csv(path, index=False)
    with pytest.raises(InputError, match=r"cohort\.csv"):
        take(study)
    assert not (study / "drop.json").exists()


def test_variables_of_a_case_that_stands_twice_are_refused() -> None:
    predictions = Predictions(("a", "b"), np.array([1, 0]), np.array([0.7, 0.2]))
    cohort = pd.DataFrame({"case_id": ["a", "b", "a"], "age_years": 70.0, "t_score": -2.0})
    with pytest.raises(StudyError, match=r"expected each case_id once; repeated in 1 rows"):
        variables_of(predictions, cohort)


def test_the_internal_side_comes_one_way(study: Path) -> None:
    with pytest.raises(StudyError, match="give --internal-predictions and --internal-cohort, or"):
        take(study, reference=study / "reference.json")
    with pytest.raises(StudyError, match="give --internal-predictions and --internal-cohort, or"):
        take(study, internal_cohort=None)
    (study / "reference.json").write_text('{"test": {"n": 3}}')
    with pytest.raises(StudyError, match="expected the aggregates of the internal test set"):
        take(study, reference=study / "reference.json", **AGGREGATES)
    with pytest.raises(StudyError, match="there is no file"):
        take(study, reference=study / "none.json", **AGGREGATES)
