"""The command: what it writes, and what it refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest

from osteohip.errors import InputError, StudyError
from osteohip.evaluation.command import evaluate, threshold

FILES = ("metrics.json", "bootstrap.json", "roc.csv")
CASES = "case_id,label,score\na,1,0.9\nb,0,0.4\nc,1,0.35\nd,0,0.1\ne,0,0.5\n"


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.csv"
    path.write_text(CASES)
    return path


def test_metrics_and_curve_of_a_given_threshold(predictions: Path, tmp_path: Path) -> None:
    evaluate(predictions=predictions, threshold=0.5, out_dir=tmp_path / "out")
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert list(metrics) == ["n", "threshold", "confusion", "metrics", "warnings"]
    assert metrics["n"] == 5
    assert metrics["threshold"] == {"value": 0.5, "rule": "given", "chosen_on": None}
    assert metrics["confusion"] == {"tp": 1, "fn": 1, "fp": 1, "tn": 2}
    assert metrics["warnings"] == []
    sensitivity = metrics["metrics"]["sensitivity"]
    assert list(sensitivity) == ["estimate", "low", "high", "k", "n", "method", "reason"]
    assert (sensitivity["estimate"], sensitivity["k"], sensitivity["n"]) == (0.5, 1, 2)
    assert metrics["metrics"]["auc"]["estimate"] == pytest.approx(4 / 6)
    curve = pd.read_csv(tmp_path / "out" / "roc.csv")
    assert curve["threshold"].tolist() == [float("inf"), 0.9, 0.5, 0.4, 0.35, 0.1]
    assert curve["true_positives"].tolist() == [0, 1, 1, 1, 2, 2]


def test_bootstrap_lies_beside_the_metrics(predictions: Path, tmp_path: Path) -> None:
    evaluate(
        predictions=predictions,
        threshold=0.5,
        out_dir=tmp_path,
        settings='{"bootstrap":{"resamples":2500,"seed":3},"prevalences":[0.15]}',
    )
    metrics = json.loads((tmp_path / "metrics.json").read_text())["metrics"]
    found = json.loads((tmp_path / "bootstrap.json").read_text())
    assert (found["patients"], found["resamples"], found["seed"]) == (5, 2500, 3)
    assert set(found["metrics"]) <= set(metrics)
    assert "npv_at_0.15" in metrics
    assert found["metrics"]["auc"]["stratified"]
    assert found["metrics"]["auc"]["undefined"] == 0
    # With two of five diseased, some resamples hold no diseased case at all.
    precision = found["metrics"]["average_precision"]
    assert not precision["stratified"]
    assert 0 < precision["undefined"] < 400
    assert f"{precision['undefined']} undefined" in metrics["average_precision"]["method"]


def test_patients_that_repeat_are_resampled_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    rows = "a,1,0.9,p\nb,0,0.4,q\nc,1,0.35,p\nd,0,0.1,r\ne,0,0.5,s\nf,1,0.8,t\n"
    path.write_text("case_id,label,score,patient_key\n" + rows)
    evaluate(predictions=path, threshold=0.5, out_dir=tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert [warning["code"] for warning in metrics["warnings"]] == ["patients_repeat"]
    method = "percentile bootstrap by patient, 2000 resamples"
    assert metrics["metrics"]["accuracy"]["method"] == method
    assert (metrics["metrics"]["accuracy"]["k"], metrics["metrics"]["accuracy"]["n"]) == (4, 6)
    assert json.loads((tmp_path / "bootstrap.json").read_text())["patients"] == 5


def test_threshold_of_a_model(predictions: Path, tmp_path: Path) -> None:
    point = {"value": 0.3, "rule": "youden", "chosen_on": "validation"}
    (tmp_path / "threshold.json").write_text(json.dumps(point))
    evaluate(predictions=predictions, threshold_file=tmp_path / "threshold.json", out_dir=tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["threshold"] == point
    assert metrics["confusion"]["tp"] == 2


def test_same_bytes_again(predictions: Path, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        evaluate(predictions=predictions, threshold=0.5, out_dir=tmp_path / name)
        written.append([(tmp_path / name / f).read_bytes() for f in FILES])
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ("a,1,0.9\nb,0,0.4\n", ["label_equals_call"]),
        ("a,1,0.9\nb,1,0.4\n", ["one_class"]),
        ("a,1,0.9\nb,1,0.6\n", ["one_class", "label_equals_call"]),
        ("a,1,0.2\nb,0,-4\n", ["scores_outside_unit_interval"]),
    ],
)
def test_warnings_are_coded(tmp_path: Path, rows: str, codes: list[str]) -> None:
    path = tmp_path / "p.csv"
    path.write_text("case_id,label,score\n" + rows)
    evaluate(predictions=path, threshold=0.5, out_dir=tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert [warning["code"] for warning in metrics["warnings"]] == codes


def test_one_class_gives_null_with_a_reason_and_an_empty_curve(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("case_id,label,score\na,1,0.9\nb,1,0.4\n")
    evaluate(predictions=path, threshold=0.5, out_dir=tmp_path)
    found = json.loads((tmp_path / "metrics.json").read_text())["metrics"]
    assert found["auc"]["estimate"] is None
    assert found["auc"]["reason"] == "all cases are of one class"
    assert found["specificity"]["reason"] == "the denominator is zero"
    assert pd.read_csv(tmp_path / "roc.csv").empty


def test_not_exactly_one_threshold_is_refused(predictions: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="either --threshold or --threshold-file"):
        evaluate(predictions=predictions, out_dir=tmp_path)
    with pytest.raises(StudyError, match="either --threshold or --threshold-file"):
        evaluate(
            predictions=predictions, threshold=0.5, threshold_file=predictions, out_dir=tmp_path
        )


@pytest.mark.parametrize("content", ["[]", "{", '{"value": "x", "rule": 1, "chosen_on": 2}'])
def test_a_file_that_is_no_threshold_is_refused(
    predictions: Path, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "threshold.json"
    path.write_text(content)
    with pytest.raises(StudyError, match=r"threshold\.json: expected JSON"):
        evaluate(predictions=predictions, threshold_file=path, out_dir=tmp_path)


@pytest.mark.parametrize(
    ("rule", "chosen_on", "fine"),
    [
        ("youden", "validation", True),
        ("sensitivity", "validation", True),
        ("fixed", None, True),
        ("given", None, True),
        ("youden", "test", False),
        ("youden", None, False),
        ("sensitivity", "external", False),
        ("youden", "Validation ", False),
        ("fixed", "test", False),
        ("of my own", None, False),
    ],
)
def test_a_threshold_chosen_on_other_cases_is_refused(
    predictions: Path, tmp_path: Path, rule: str, chosen_on: str | None, fine: bool
) -> None:
    path = tmp_path / "threshold.json"
    path.write_text(json.dumps({"value": 0.3, "rule": rule, "chosen_on": chosen_on}))
    if fine:
        evaluate(predictions=predictions, threshold_file=path, out_dir=tmp_path / "out")
        return
    with pytest.raises(StudyError, match=r"threshold\.json: expected `chosen_on` to be"):
        evaluate(predictions=predictions, threshold_file=path, out_dir=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_operating_point_is_fixed_by_the_configuration(tmp_path: Path) -> None:
    threshold(out=tmp_path / "threshold.json", settings='{"threshold":0.4}')
    fixed = {"value": 0.4, "rule": "fixed", "chosen_on": None}
    assert json.loads((tmp_path / "threshold.json").read_text()) == fixed


COHORT_HEAD = "case_id,age_years,side,manufacturer,t_score\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            COHORT_HEAD + "a,70,R,GE,-3\n\na,70,R,GE,-3\n,71,L,GE,-2\nb,1,R,GE\n",
            [
                "cohort.csv, row 4, column case_id: expected each case once; this one stands in "
                "row 2 too",
                "cohort.csv, row 5, column case_id: expected a case_id",
                "cohort.csv, row 6: expected 5 cells",
            ],
        ),
        (
            "id,age_years\na,70\n",
            ["cohort.csv, row 1, column case_id: expected one column called 'case_id'"],
        ),
    ],
)
def test_a_cohort_with_wrong_case_ids_is_refused_before_anything_is_written(
    predictions: Path, tmp_path: Path, text: str, expected: list[str]
) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        evaluate(predictions=predictions, threshold=0.5, cohort=path, out_dir=tmp_path / "out")
    assert [problem.sentence() for problem in caught.value.problems] == expected
    assert not (tmp_path / "out").exists()


def test_a_cohort_without_the_cases_leaves_no_file_behind(
    predictions: Path, tmp_path: Path
) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text(COHORT_HEAD + "elsewhere,70,R,GE,-3\n")
    with pytest.raises(StudyError, match="are not in cohort"):
        evaluate(predictions=predictions, threshold=0.5, cohort=path, out_dir=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_label_copied_from_the_call_is_told_in_a_real_file(shared: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(shared / "stats" / "swkim_rf_v1_internal_test.csv")
    cases = pd.DataFrame(
        {
            "case_id": frame.iloc[:, 0],
            "label": frame["label"],
            "score": frame["confidence score for class 1"],
        }
    )
    path = tmp_path / "predictions.csv"
    cases.to_csv(path, index=False)
    evaluate(predictions=path, threshold=0.5, out_dir=tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert [warning["code"] for warning in metrics["warnings"]] == ["label_equals_call"]
    assert metrics["metrics"]["auc"]["estimate"] == 1
    assert metrics["metrics"]["auc"]["low"] < 1
