"""What was chosen on validation, applied to another cohort by the command."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from osteohip.evaluation.calibration import CALIBRATION
from osteohip.evaluation.command import evaluate

REFIT = {
    "method": "platt",
    "intercept": 0.4,
    "slope": 0.8,
    "fitted_on": "validation",
    "n": 90,
    "osteoporosis": 40,
    "reason": None,
}


def limit(threshold: float | None, reason: str | None = None) -> dict[str, Any]:
    return {"target": 0.95, "threshold": threshold, "k": 19, "n": 20, "reason": reason}


TRIAGE = [
    {
        "basis": "estimate",
        "rule_in": limit(0.8),
        "rule_out": limit(0.2),
        "chosen_on": "validation",
    },
    {
        "basis": "lower_bound",
        "rule_in": limit(None, "out of reach"),
        "rule_out": limit(None, "out of reach"),
        "chosen_on": "validation",
    },
]


@pytest.fixture
def cases() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    truth = rng.normal(0, 1.5, 120)
    return pd.DataFrame(
        {
            "case_id": [f"H{i:04d}" for i in range(120)],
            "label": (rng.random(120) < expit(truth)).astype(int),
            "score": expit(truth),
        }
    )


def run(folder: Path, table: pd.DataFrame, **further: Any) -> dict[str, Any]:
    """Evaluate a table with the refit and the triage, and return ``metrics.json``."""
    table.to_csv(folder / "predictions.csv", index=False)
    for name, content in (("calibration", REFIT), ("triage", TRIAGE)):
        path = folder / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(content))
    evaluate(
        predictions=folder / "predictions.csv",
        threshold=0.5,
        calibration_file=folder / "calibration.json",
        triage_file=folder / "triage.json",
        out_dir=folder,
        **further,
    )
    found: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return found


def test_the_refit_is_shown_and_the_scores_stay(cases: pd.DataFrame, tmp_path: Path) -> None:
    found = run(tmp_path, cases)
    again = run(tmp_path, cases.assign(score=expit(0.4 + 0.8 * logit(cases["score"]))))
    for name in CALIBRATION:
        shown = found["recalibrated"]["metrics"][name]["estimate"]
        assert shown == pytest.approx(again["metrics"][name]["estimate"])
    assert found["metrics"]["auc"] == again["metrics"]["auc"]
    assert {name: found["recalibrated"][name] for name in REFIT} == REFIT
    written = pd.read_csv(tmp_path / "calibration.csv")
    assert set(written["version"]) == {"before", "after"}


def test_triage_is_applied_unchanged(cases: pd.DataFrame, tmp_path: Path) -> None:
    by_estimate, by_bound = run(tmp_path, cases)["triage"]
    inside = cases["score"] >= 0.8
    assert by_estimate["ruled_in"] == inside.sum()
    assert by_estimate["false_rule_in"] == (inside & (cases["label"] == 0)).sum()
    assert (by_bound["decided"]["k"], by_bound["ppv"]["reason"]) == (0, "out of reach")


def test_a_re_tuned_threshold_takes_no_part(cases: pd.DataFrame, tmp_path: Path) -> None:
    plain = run(tmp_path, cases)
    assert "retuned" not in plain
    found = run(tmp_path, cases, retune=True)
    again = found.pop("retuned")
    assert found == plain
    assert again["threshold"]["rule"] == "youden"
    assert again["threshold"]["chosen_on"] == "these very cases"
    counts = again["confusion"]
    youden = counts["tp"] / cases["label"].sum() - counts["fp"] / (1 - cases["label"]).sum()
    assert youden >= found["metrics"]["youden"]["estimate"]
    settings = '{"threshold_rule":"sensitivity","least_sensitivity":0.95}'
    other = run(tmp_path, cases, retune=True, settings=settings)["retuned"]
    assert other["metrics"]["sensitivity"]["estimate"] >= 0.95


def test_one_class_has_no_re_tuned_threshold(cases: pd.DataFrame, tmp_path: Path) -> None:
    found = run(tmp_path, cases.assign(label=1), retune=True)
    reason = "all cases are of one class"
    assert found["retuned"] == {
        "threshold": None,
        "confusion": None,
        "metrics": None,
        "reason": reason,
    }
    assert found["recalibrated"]["metrics"]["calibration_slope"]["reason"] == reason
    size = json.loads((tmp_path / "samplesize.json").read_text())
    assert size["n"] is None


def test_scores_outside_the_unit_interval(cases: pd.DataFrame, tmp_path: Path) -> None:
    found = run(tmp_path, cases.assign(score=logit(cases["score"])))
    reason = "scores outside 0 to 1 are no probabilities"
    for part in (found["metrics"], found["recalibrated"]["metrics"]):
        for name in CALIBRATION:
            assert (part[name]["estimate"], part[name]["reason"]) == (None, reason)
    assert found["metrics"]["auc"]["estimate"] is not None
    assert found["triage"][0]["ruled_in"] == (logit(cases["score"]) >= 0.8).sum()
    assert pd.read_csv(tmp_path / "calibration.csv")["reason"].tolist() == [reason]
    assert pd.read_csv(tmp_path / "decision.csv").empty


def test_a_refit_that_does_not_exist_gives_its_reason(cases: pd.DataFrame, tmp_path: Path) -> None:
    nothing = REFIT | {"intercept": None, "slope": None, "reason": "no slope"}
    (tmp_path / "calibration.json").write_text(json.dumps(nothing))
    found = run(tmp_path, cases)
    assert found["recalibrated"]["metrics"]["brier"]["reason"] == "no slope"
    assert set(pd.read_csv(tmp_path / "calibration.csv")["version"]) == {"before"}
    assert "refitted" not in set(pd.read_csv(tmp_path / "decision.csv")["strategy"])


def test_net_benefit_stands_at_the_operating_point(cases: pd.DataFrame, tmp_path: Path) -> None:
    found = run(tmp_path, cases)
    counts = found["confusion"]
    expected = (counts["tp"] - counts["fp"]) / 120
    assert found["metrics"]["net_benefit"]["estimate"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("least", "threshold", "reason"),
    [
        (0.0, -1.0, "the threshold is no probability between 0 and 1"),
        (0.0, 0.0, "the threshold is no probability between 0 and 1"),
        (0.0, 1.0, "the threshold is no probability between 0 and 1"),
        (-5.0, 0.5, "scores outside 0 to 1 are no probabilities"),
        (-5.0, 3.0, "scores outside 0 to 1 are no probabilities"),
    ],
)
def test_without_probabilities_there_is_no_net_benefit(
    cases: pd.DataFrame, tmp_path: Path, least: float, threshold: float, reason: str
) -> None:
    score = cases["score"] if least == 0 else (cases["score"] * 20).round() + least
    path = tmp_path / "predictions.csv"
    cases.assign(score=score).to_csv(path, index=False)
    evaluate(predictions=path, threshold=threshold, out_dir=tmp_path)
    found = json.loads((tmp_path / "metrics.json").read_text())["metrics"]
    for name in ("net_benefit", "net_benefit_less_refer_all"):
        assert [found[name][key] for key in ("estimate", "low", "high")] == [None] * 3
        assert (found[name]["n"], found[name]["reason"]) == (120, reason)


def test_subgroups_need_the_cohort(cases: pd.DataFrame, tmp_path: Path) -> None:
    run(tmp_path, cases)
    assert not (tmp_path / "subgroups.csv").exists()
    cohort = cases[["case_id"]].assign(
        age_years=70.0, side="R", manufacturer="123", t_score=np.linspace(-4, 0, 120)
    )
    cohort.to_csv(tmp_path / "cohort.csv", index=False)
    run(tmp_path, cases, cohort=tmp_path / "cohort.csv")
    table = pd.read_csv(tmp_path / "subgroups.csv", dtype=str)
    assert set(table.loc[table["variable"] == "manufacturer", "level"]) == {"123"}


def test_saturated_scores_are_told(cases: pd.DataFrame, tmp_path: Path) -> None:
    found = run(tmp_path, cases.assign(score=cases["score"].round()))
    assert "scores_saturated" in [warning["code"] for warning in found["warnings"]]
