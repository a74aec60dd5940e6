"""The operating point: chosen among the observed scores, on validation and nowhere else."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from osteohip.config import CHOICES, Evaluation, settings_json
from osteohip.errors import StudyError
from osteohip.evaluation.command import threshold
from osteohip.evaluation.threshold import chosen_threshold

CASES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=2, max_size=80).filter(
    lambda cases: len({label for label, _ in cases}) == 2
)


def choose(rule: str, labels: list[int], scores: list[float], least: float = 0.9) -> float:
    return chosen_threshold(
        rule=rule,
        labels=np.array(labels),
        scores=np.array(scores, dtype=float),
        least_sensitivity=least,
        chosen_on="validation",
    ).value


def test_by_hand() -> None:
    labels, scores = [1, 1, 0, 1, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.3, 0.1]
    assert choose("youden", labels, scores) == 0.6
    assert choose("sensitivity", labels, scores, 2 / 3) == 0.8
    assert choose("sensitivity", labels, scores, 0.67) == 0.6
    # At 0.9 and at 0.3 the index is 1/2: the lower threshold misses nobody.
    assert choose("youden", [1, 0, 1, 0], [0.9, 0.5, 0.3, 0.1]) == 0.3


@given(CASES)
def test_youden_is_the_largest_of_scikit_learns_curve(cases: list[tuple[int, int]]) -> None:
    labels, scores = [c[0] for c in cases], [c[1] / 16 for c in cases]
    false, true, points = roc_curve(labels, scores, drop_intermediate=False)
    index = true - false
    found = choose("youden", labels, scores)
    at = dict(zip(points.tolist(), index.tolist(), strict=True))
    assert at[found] == pytest.approx(index[1:].max())
    assert found == min(p for p in points[1:] if at[p] >= index[1:].max() - 1e-12)


@given(CASES, st.floats(0.01, 1))
def test_sensitivity_is_reached_by_the_highest_threshold(
    cases: list[tuple[int, int]], least: float
) -> None:
    labels, scores = np.array([c[0] for c in cases]), np.array([c[1] / 16 for c in cases])
    found = choose("sensitivity", labels.tolist(), scores.tolist(), least)
    sick = scores[labels == 1]
    assert (sick >= found).mean() >= least - 1e-9
    higher = scores[scores > found]
    assert not len(higher) or (sick >= higher.min()).mean() < least


def test_one_class_is_refused() -> None:
    with pytest.raises(StudyError, match="cannot be chosen on the validation set"):
        choose("youden", [1, 1], [0.1, 0.2])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Predictions of validation and test, and the split."""
    rng = np.random.default_rng(1)
    parts = {"validation": range(40), "test": range(40, 80)}
    lines = ["case_id,patient_key,part", "x,p,training"]
    for part, numbers in parts.items():
        rows = ["case_id,label,score"]
        for i in numbers:
            label = i % 2
            rows.append(f"H{i:04d},{label},{np.clip(rng.normal(0.4 + 0.2 * label, 0.2), 0, 1)}")
            lines.append(f"H{i:04d},P{i:04d},{part}")
        (tmp_path / part).mkdir()
        (tmp_path / part / "predictions.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "split.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize("rule", ["youden", "sensitivity"])
def test_the_rule_names_validation(study: Path, rule: str) -> None:
    threshold(
        predictions=study / "validation" / "predictions.csv",
        split=study / "split.csv",
        out=study / "threshold.json",
        calibration_out=study / "calibration.json",
        triage_out=study / "triage.json",
        settings=settings_json(Evaluation(threshold_rule=rule), only=CHOICES),
    )
    point = json.loads((study / "threshold.json").read_text())
    assert (point["rule"], point["chosen_on"]) == (rule, "validation")
    assert json.loads((study / "calibration.json").read_text())["fitted_on"] == "validation"
    triages = json.loads((study / "triage.json").read_text())
    assert [triage["chosen_on"] for triage in triages] == ["validation", "validation"]


@pytest.mark.parametrize("rule", ["fixed", "youden", "sensitivity"])
def test_other_cases_than_validation_are_refused(study: Path, rule: str) -> None:
    """Whatever the file is called: its cases are compared with the split."""
    test, validation = (study / part / "predictions.csv" for part in ("test", "validation"))
    both = study / "both.csv"
    both.write_text(validation.read_text() + "".join(test.read_text().splitlines(True)[1:]))
    fewer = study / "fewer.csv"
    fewer.write_text("".join(validation.read_text().splitlines(True)[:-1]))
    validation.write_bytes(test.read_bytes())
    for path in (test, validation, both, fewer):
        with pytest.raises(StudyError, match="expected the cases of the validation set and no"):
            threshold(
                predictions=path,
                split=study / "split.csv",
                out=study / "threshold.json",
                settings=f'{{"threshold_rule":"{rule}"}}',
            )
    assert not (study / "threshold.json").exists()


def test_nothing_is_chosen_without_the_proof(study: Path) -> None:
    path = study / "validation" / "predictions.csv"
    out = study / "threshold.json"
    with pytest.raises(StudyError, match="give --predictions and --split together"):
        threshold(predictions=path, out=out, settings='{"threshold_rule":"youden"}')
    with pytest.raises(StudyError, match="give --predictions and --split"):
        threshold(out=out, settings='{"threshold_rule":"youden"}')
    with pytest.raises(StudyError, match="give --predictions and --split"):
        threshold(out=out, triage_out=study / "triage.json")
    with pytest.raises(StudyError, match="there is no file"):
        threshold(predictions=path, split=study / "none.csv", out=out)
    with pytest.raises(StudyError, match=r"predictions\.csv: expected a CSV table with case_id"):
        threshold(predictions=path, split=path, out=out)
