"""Two files of predictions side by side: of the same cases, or of two cohorts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from osteohip.errors import SHOWN, InputError, Problem, raise_if_any
from osteohip.evaluation.comparison import paired_delong, unpaired_delong
from osteohip.evaluation.predictions import Predictions, read_predictions


def compare_files(a: Path, b: Path, *, paired: bool) -> dict[str, Any]:
    """Compare the areas under the ROC curve of two files of predictions.

    Paired, both score the same cases, which are joined by ``case_id`` whatever their order.
    Unpaired, they are two cohorts; an id or a patient that is in both is warned of, because the
    test takes them as independent. The files do not say of which site they are, and each site of a
    study numbers its own from one, so this may be chance.

    Returns
    -------
    dict
        The fields of `AreaDifference`, then ``n_a, n_b`` and ``warnings`` of code and text.

    Raises
    ------
    InputError
        All problems of both files; paired also the cases that the other file lacks and the labels
        that differ: by file and row, or counted if they are many.
    StudyError
        If a file is not there.
    """
    first, second = _read_both(a, b)
    if paired:
        second = _in_order_of(first, second, a=a, b=b)
        found = paired_delong(labels=first.labels, scores_a=first.scores, scores_b=second.scores)
    else:
        found = unpaired_delong(
            labels_a=first.labels,
            scores_a=first.scores,
            labels_b=second.labels,
            scores_b=second.scores,
        )
    return {
        **found.as_json(),
        "n_a": len(first.labels),
        "n_b": len(second.labels),
        "warnings": [
            {"code": code, "text": text}
            for code, text in _warnings(first, second, paired=paired).items()
        ],
    }


def _read_both(a: Path, b: Path) -> tuple[Predictions, Predictions]:
    """Read both files, the problems of both being raised together."""
    found: list[Predictions] = []
    problems: list[Problem] = []
    for path in (a, b):
        try:
            found.append(read_predictions(path))
        except InputError as error:
            problems += error.problems
    raise_if_any(problems)
    return found[0], found[1]


def _in_order_of(first: Predictions, second: Predictions, *, a: Path, b: Path) -> Predictions:
    """Return ``second`` with its cases in the order of ``first``."""
    # Both are often called predictions.csv.
    name_a, name_b = f"--a {a.name}", f"--b {b.name}"
    in_a, in_b = (f"only cases that {name} holds too" for name in (name_a, name_b))
    place = {case: i for i, case in enumerate(second.case_ids)}
    only_a = [
        Problem(name_a, in_b, line, "case_id", case)
        for case, line in zip(first.case_ids, first.lines, strict=True)
        if case not in place
    ]
    known = set(first.case_ids)
    only_b = [
        Problem(name_b, in_a, line, "case_id", case)
        for case, line in zip(second.case_ids, second.lines, strict=True)
        if case not in known
    ]
    labels = []
    for i, case in enumerate(first.case_ids):
        j = place.get(case)
        if j is not None and first.labels[i] != second.labels[j]:
            expected = f"the label of the same case in {name_a}, row {first.lines[i]}"
            found = str(second.labels[j])
            labels.append(Problem(name_b, expected, second.lines[j], "label", found))
    raise_if_any(
        [
            *_told(only_a, in_b),
            *_told(only_b, in_a),
            *_told(labels, f"the label of the same case in {name_a}"),
        ]
    )
    order = [place[case] for case in first.case_ids]
    return Predictions(
        case_ids=first.case_ids, labels=second.labels[order], scores=second.scores[order]
    )


def _told(problems: Sequence[Problem], expected: str) -> list[Problem]:
    """Return problems of one kind one by one, or if they are many one that counts them."""
    if len(problems) <= SHOWN:
        return list(problems)
    rows = ", ".join(str(problem.row) for problem in problems[:SHOWN])
    wrong = f"{expected}; wrong in {len(problems)} rows: {rows}, …"
    return [Problem(problems[0].file, wrong, column=problems[0].column)]


def _warnings(first: Predictions, second: Predictions, *, paired: bool) -> dict[str, str]:
    found = {}
    if not paired:
        shared = len(set(first.case_ids) & set(second.case_ids))
        if shared:
            found["shared_cases"] = (
                f"{shared} of the case_id stand in both files: nothing is wrong where two sites "
                "number their cases alike, as those of a study do; if they are the same cases, "
                "use --paired, because the test takes the cohorts as independent"
            )
        shared = len(set(first.patients or ()) & set(second.patients or ()))
        if shared:
            found["shared_patients"] = (
                f"{shared} of the patient_key stand in both files: nothing is wrong where two "
                "sites number their patients alike, as those of a study do; if they are the same "
                "patients, the test does not hold, because it takes the cohorts as independent"
            )
    if any(cases.patient_numbers is not None for cases in (first, second)):
        found["patients_repeat"] = (
            "some patients have several cases; the test takes cases as independent"
        )
    return found
