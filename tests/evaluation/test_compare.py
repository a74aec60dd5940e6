"""The commands that compare: what they write, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from osteohip.errors import InputError, StudyError
from osteohip.evaluation.command import compare, contrast, evaluate
from osteohip.evaluation.comparison import unpaired_delong
from osteohip.evaluation.predictions import read_predictions

HEAD = "case_id,label,score\n"
A = HEAD + "a,1,0.9\nb,0,0.4\nc,1,0.35\nd,0,0.1\ne,0,0.5\nf,1,0.7\n"
# The same cases in another order, with a score of any scale.
B = HEAD + "f,1,12\ne,0,-3\nd,0,5\nc,1,4\nb,0,7\na,1,6\n"


def write(tmp_path: Path, a: str, b: str) -> tuple[Path, Path]:
    paths = tmp_path / "a.csv", tmp_path / "b.csv"
    for path, text in zip(paths, (a, b), strict=True):
        path.write_text(text)
    return paths


def compared(tmp_path: Path, a: str, b: str, *, paired: bool) -> dict[str, Any]:
    first, second = write(tmp_path, a, b)
    compare(a=first, b=second, paired=paired, out=tmp_path / "out.json")
    content: dict[str, Any] = json.loads((tmp_path / "out.json").read_text())
    return content


def problems(tmp_path: Path, a: str, b: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        compared(tmp_path, a, b, paired=True)
    return [problem.sentence() for problem in caught.value.problems]


def test_paired_joins_the_cases_by_id(tmp_path: Path) -> None:
    found = compared(tmp_path, A, B, paired=True)
    assert list(found) == [
        "auc_a",
        "auc_b",
        "difference",
        "low",
        "high",
        "statistic",
        "df",
        "p",
        "method",
        "reason",
        "n_a",
        "n_b",
        "warnings",
    ]
    # Diseased a, c, f score 6, 4, 12 in B, healthy b, d, e score 7, 5, -3: 2 + 1 + 3 of 9 pairs.
    assert [found["auc_a"], found["auc_b"]] == pytest.approx([7 / 9, 6 / 9])
    assert found["difference"] == pytest.approx(1 / 9)
    assert (found["n_a"], found["n_b"], found["df"], found["reason"]) == (6, 6, None, None)
    assert found["warnings"] == []
    assert 0 < found["p"] < 1
    # Written in one order, the answer is the same.
    ordered = HEAD + "".join(sorted(B.removeprefix(HEAD).splitlines(keepends=True)))
    assert compared(tmp_path, A, ordered, paired=True) == found


def test_known_answer_of_proc_from_files(shared: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(shared / "stats" / "aSAH.csv")
    cases = pd.DataFrame(
        {"case_id": frame.index, "label": (frame["outcome"] == "Poor").astype(int)}
    )
    for name in ("wfns", "s100b"):
        cases.assign(score=frame[name]).to_csv(tmp_path / f"{name}.csv", index=False)
    compare(
        a=tmp_path / "wfns.csv", b=tmp_path / "s100b.csv", paired=True, out=tmp_path / "paired.json"
    )
    found = json.loads((tmp_path / "paired.json").read_text())
    assert found["statistic"] == pytest.approx(2.20898359144091, abs=1e-10)
    assert found["p"] == pytest.approx(0.0271757822291882, abs=1e-10)
    compare(
        a=tmp_path / "wfns.csv", b=tmp_path / "s100b.csv", paired=False, out=tmp_path / "two.json"
    )
    found = json.loads((tmp_path / "two.json").read_text())
    assert found["statistic"] == pytest.approx(1.43490640926908, abs=1e-10)
    assert found["p"] == pytest.approx(0.152825378808796, abs=1e-10)
    assert [warning["code"] for warning in found["warnings"]] == ["shared_cases"]


def test_every_case_that_is_missing_or_labelled_otherwise_is_named_by_row(tmp_path: Path) -> None:
    b = HEAD + "a,0,1\nb,0,2\ng,1,3\nd,0,4\ne,0,5\n"
    assert problems(tmp_path, A, b) == [
        "--a a.csv, row 4, column case_id: expected only cases that --b b.csv holds too",
        "--a a.csv, row 7, column case_id: expected only cases that --b b.csv holds too",
        "--b b.csv, row 4, column case_id: expected only cases that --a a.csv holds too",
        "--b b.csv, row 2, column label: expected the label of the same case in --a a.csv, row 2",
    ]


def test_many_cases_are_counted_and_the_first_named_by_row(tmp_path: Path) -> None:
    a = HEAD + "".join(f"a{i},{i % 2},{i}\n" for i in range(13))
    b = HEAD + "".join(f"b{i},{i % 2},{i}\n" for i in range(11))
    found = problems(tmp_path, a, b)
    assert found == [
        "--a a.csv, column case_id: expected only cases that --b b.csv holds too; "
        "wrong in 13 rows: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …",
        "--b b.csv, column case_id: expected only cases that --a a.csv holds too; "
        "wrong in 11 rows: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …",
    ]


def test_problems_of_both_files_come_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + "a,2,1\n", HEAD + "a,1,x\n")
    assert [sentence.split(":")[0] for sentence in found] == [
        "a.csv, row 2, column label",
        "b.csv, row 2, column score",
    ]


def test_unpaired_warns_of_shared_ids_and_patients(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "case_id,label,score,patient_key\n"
    a = head + "a,1,3,x\nb,0,2,y\nc,1,1,x\nd,0,0,z\n"
    b = head + "a,1,3,x\nq,0,2,w\nr,1,1,v\ns,0,0,u\n"
    found = compared(tmp_path, a, b, paired=False)
    assert [warning["code"] for warning in found["warnings"]] == [
        "shared_cases",
        "shared_patients",
        "patients_repeat",
    ]
    said = capsys.readouterr()
    assert said.err.count("osteohip: warning: ") == 3
    assert said.err.count("nothing is wrong where two sites number their") == 2
    assert said.out == f"Written:\n  {tmp_path / 'out.json'}\n"
    assert found["p"] is not None


def test_scores_are_never_flipped(tmp_path: Path) -> None:
    worse = HEAD + "a,1,0\nb,0,1\nc,1,0.5\nd,0,0.6\ne,0,0.55\nf,1,0.58\n"
    assert compared(tmp_path, worse, A, paired=True)["auc_a"] == pytest.approx(1 / 9)


def test_one_class_is_null_with_the_reason(tmp_path: Path) -> None:
    one = HEAD + "a,1,3\nb,1,2\n"
    for paired in (True, False):
        found = compared(tmp_path, one, one, paired=paired)
        assert (found["difference"], found["p"]) == (None, None)
        assert found["reason"] == "all cases are of one class"


def test_a_missing_file_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no file"):
        compare(a=tmp_path / "no", b=tmp_path / "no", paired=True, out=tmp_path / "out.json")


OUTSIDE = HEAD + "k,1,0.6\nl,0,0.7\nm,1,0.2\nn,0,0.3\no,0,0.1\np,1,0.8\nq,1,0.4\n"


def test_external_cohorts_are_set_against_the_internal_one(tmp_path: Path) -> None:
    for name, text in (("test", A), ("busan", OUTSIDE)):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "predictions.csv"
        path.write_text(text)
        evaluate(predictions=path, threshold=0.5, out_dir=path.parent)
    contrast(
        evaluation=tmp_path, internal="test", external=["busan"], out=tmp_path / "comparison.json"
    )
    content = json.loads((tmp_path / "comparison.json").read_text())
    assert content["internal"] == "test"
    assert list(content["external"]) == ["busan"]
    found = content["external"]["busan"]
    assert (found["n_internal"], found["n_external"]) == (6, 7)
    inside, outside = (
        read_predictions(tmp_path / name / "predictions.csv") for name in ("test", "busan")
    )
    assert (
        found["auc"]
        == unpaired_delong(
            labels_a=inside.labels,
            scores_a=inside.scores,
            labels_b=outside.labels,
            scores_b=outside.scores,
        ).as_json()
    )
    sensitivity = found["proportions"]["sensitivity"]
    assert sensitivity["internal"] == {"k": 2, "n": 3}
    assert sensitivity["external"] == {"k": 2, "n": 4}
    assert sensitivity["difference"] == pytest.approx(1 / 6)
    assert list(found["proportions"]) == ["accuracy", "sensitivity", "specificity", "ppv", "npv"]


def test_without_an_external_cohort_there_is_nothing_to_compare(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "predictions.csv").write_text(A)
    evaluate(
        predictions=tmp_path / "test" / "predictions.csv",
        threshold=0.5,
        out_dir=tmp_path / "test",
    )
    contrast(evaluation=tmp_path, internal="test", out=tmp_path / "comparison.json")
    content = json.loads((tmp_path / "comparison.json").read_text())
    assert content == {"internal": "test", "external": {}}
