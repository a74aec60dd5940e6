"""The network beside what can be told without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from osteohip.baselines.plan import (
    AGE,
    CALL_THRESHOLD,
    EVERYONE,
    FITTED,
    FOLDS,
    NETWORK,
    NO_METHOD,
    NO_PIXELS,
    SCORERS,
    SIDE,
    THUMBNAIL,
)
from osteohip.errors import StudyError
from osteohip.report.cohorts import cohort_title, column_title
from osteohip.writing.table import PARTLY, Row, Table, heading_row, mark_of
from osteohip.writing.wording import difference, estimate, exact, number

Numbers = Mapping[str, Any]

NAMES = {
    NETWORK: "Network",
    EVERYONE: "Everyone called osteoporotic",
    AGE: "Age",
    NO_PIXELS: "Age, side, device and year",
    THUMBNAIL: "Thumbnail of the crop",
}
# How the fitted ones are called in a sentence.
SAID = {
    AGE: "age alone",
    NO_PIXELS: "age, side, device and year together",
    THUMBNAIL: "the thumbnail of the crop",
}
CALLS = ("accuracy", "sensitivity", "specificity")


def plan_numbers() -> dict[str, Any]:
    """Return how the baselines were made, as far as the report prints it."""
    return {"threshold": CALL_THRESHOLD, "folds": FOLDS, "thumbnail_pixels": SIDE}


def baseline_numbers(table: pd.DataFrame | None, metrics: Numbers) -> dict[str, Any] | None:
    """Return one cohort's ``baselines.csv`` by scorer and measure; None where there is none.

    Raises
    ------
    StudyError
        If the network's calls there are others than in ``metrics.json``.
    """
    if table is None:
        return None
    found: dict[str, Any] = {name: {} for name in SCORERS}
    for row in table.to_dict(orient="records"):
        value = "difference" if row["measure"].endswith("_difference") else "estimate"
        found[row["scorer"]][row["measure"]] = {
            value: _number(row["estimate"]),
            **{name: _number(row[name]) for name in ("low", "high", "p")},
            **{name: None if pd.isna(row[name]) else int(row[name]) for name in ("k", "n")},
            "method": row["method"],
            "reason": None if pd.isna(row["reason"]) else row["reason"],
        }
    right, counts = found[NETWORK]["accuracy"], metrics["confusion"]
    if (right["k"], right["n"]) != (counts["tp"] + counts["tn"], metrics["n"]):
        raise StudyError(
            "baselines.csv is of other predictions than metrics.json: compare the baselines anew"
        )
    return {"scorers": found}


def comparator(cohorts: Sequence[Numbers]) -> str | None:
    """Return the fitted baseline of the largest area on validation, the rival in every cohort.

    Were it picked in each cohort anew, it would be the luckiest there, and its advantage over the
    others, or the network's small one over it, in part chance. None without a validation set that
    has baselines, or where none could be fitted.
    """
    areas = {
        name: cohort["baselines"]["scorers"][name]["auc"]["estimate"]
        for cohort in cohorts
        if cohort["kind"] == "validation" and cohort["baselines"]
        for name in FITTED
    }
    known = {name: area for name, area in areas.items() if area is not None}
    return max(known, key=lambda name: known[name], default=None)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def baselines_table(content: Numbers, cohorts: Sequence[Numbers]) -> Table:
    """Return network and baselines by cohort, with what the network has over each.

    Parameters
    ----------
    cohorts
        Those that have baselines, the validation set last.
    """
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    plan, level = content["baselines"], content["study"]["interval_percent"]
    rows = []
    for cohort in cohorts:
        rows.append(heading_row(column_title(cohort, partly=mark == PARTLY), 7))
        scorers = cohort["baselines"]["scorers"]
        for name in SCORERS:
            own = scorers[name]
            more = (
                ("", "")
                if name == NETWORK
                else (
                    difference(own["auc_difference"]),
                    difference(own["accuracy_difference"], percents=True),
                )
            )
            accuracy, sensitivity, specificity = (estimate(own[measure]) for measure in CALLS)
            cells = (NAMES[name], estimate(own["auc"]), more[0], accuracy, more[1])
            rows.append(Row((*cells, sensitivity, specificity)))
    return Table(
        key="baselines",
        caption="The network beside what can be told without it.",
        header=(
            "Score",
            "Area under the ROC curve",
            "Area: network less this",
            "Accuracy",
            "Accuracy: network less this",
            "Sensitivity",
            "Specificity",
        ),
        rows=tuple(rows),
        align="lllllll",
        mark=mark,
        note=_note(cohorts, plan, level),
    )


def _note(cohorts: Sequence[Numbers], plan: Numbers, level: int) -> str:
    methods = {
        measure: _methods(cohorts, measure)
        for measure in ("auc", "accuracy", "auc_difference", "accuracy_difference")
    }
    known = "; ".join(
        f"{cohort_title(cohort)} {number(share['k'])} of {number(share['n'])}"
        for cohort in cohorts
        for share in [cohort["baselines"]["scorers"][NO_PIXELS]["known_device"]]
    )
    validation = any(cohort["kind"] == "validation" for cohort in cohorts)
    return (
        "The baselines are logistic regressions with a ridge penalty, fitted on the training hips "
        f"alone; {number(plan['folds'])}-fold cross-validation within them chose the penalty. The "
        f"thumbnail has {number(plan['thumbnail_pixels'])} × {number(plan['thumbnail_pixels'])} "
        "pixels after a z-score over the crop. The network is called at its own threshold, the "
        f"baselines at {exact(plan['threshold'])}. In brackets the {level} % interval; areas: "
        f"{methods['auc']}, their differences: {methods['auc_difference']}; proportions: "
        f"{methods['accuracy']}, differences of accuracy in percentage points: "
        f"{methods['accuracy_difference']}. Films of a device that took training films too: "
        f"{known}; "
        "any other device counts as the average one."
        + (" The network's epoch was chosen on the validation set." if validation else "")
    )


def _methods(cohorts: Sequence[Numbers], measure: str) -> str:
    """Return all methods that stand behind one column."""
    found = [
        scorer[measure]["method"]
        for cohort in cohorts
        for scorer in cohort["baselines"]["scorers"].values()
        if measure in scorer
    ]
    return "; ".join(method for method in dict.fromkeys(found) if method != NO_METHOD)
