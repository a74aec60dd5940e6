"""The measures of each cohort: tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from osteohip.report.cohorts import column_title, held_out
from osteohip.writing.table import PARTLY, Row, Table, mark_of
from osteohip.writing.wording import capital, estimate, exact_percent, measure, number, part_of

Numbers = Mapping[str, Any]

MEASURES = {
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "auc": "area under the ROC curve",
}
INTERVALS = {"wilson": "Wilson", "clopper_pearson": "Clopper-Pearson"}
FURTHER = {
    "balanced_accuracy": "balanced accuracy",
    "youden": "Youden's index",
    "f1": "F1 score",
    "mcc": "Matthews correlation",
    "lr_positive": "positive likelihood ratio",
    "lr_negative": "negative likelihood ratio",
    "diagnostic_odds_ratio": "diagnostic odds ratio",
    "average_precision": "average precision",
}


def measures_tables(content: Numbers) -> list[Table]:
    """Return the main table of measures and the supplementary ones."""
    validation = [cohort for cohort in content["cohorts"] if cohort["kind"] == "validation"]
    cohorts = held_out(content)
    return [
        _measures_table("measures", cohorts, content),
        *([_measures_table("measures-validation", validation, content)] if validation else []),
        _further_table(cohorts, content),
    ]


def head(name: str) -> str:
    """Return the name of a main measure with a capital."""
    return capital(MEASURES[name])


def _measures_table(key: str, cohorts: Sequence[Numbers], content: Numbers) -> Table:
    """Return the main measures of some cohorts, one column each."""
    validation = cohorts[0]["kind"] == "validation"
    title = "on the validation set" if validation else "on data that had no part in training"
    rows = [Row(("Hips", *(number(cohort["n"]) for cohort in cohorts)))]
    rows.append(Row(("With osteoporosis", *(part_of(c["osteoporosis"]) for c in cohorts))))
    rows += [
        Row((head(name), *(estimate(cohort["metrics"][name]) for cohort in cohorts)))
        for name in MEASURES
    ]
    optimism = " The epoch was chosen on these images, so the values are optimistic."
    return Table(
        key=key,
        caption=f"Measures {title}.",
        header=_header("Measure", cohorts),
        rows=tuple(rows),
        align="l" * (1 + len(cohorts)),
        mark=mark_of(cohort["synthetic"] for cohort in cohorts),
        note=f"Estimate ({content['study']['interval_percent']} % interval; "
        f"numerator/denominator). {methods_of(_metrics(cohorts, MEASURES))}"
        f"{optimism if validation else ''}",
        supplement=validation,
    )


def _further_table(cohorts: Sequence[Numbers], content: Numbers) -> Table:
    """Return the further measures, and the predictive values at other prevalences."""
    names = dict(FURTHER)
    for name in cohorts[0]["metrics"]:
        value, found, prevalence = name.partition("_at_")
        if found:
            share = exact_percent(float(prevalence))
            names[name] = f"{MEASURES[value]} at a prevalence of {share}"
    rows = [
        Row((capital(label), *(measure(name, cohort["metrics"][name]) for cohort in cohorts)))
        for name, label in names.items()
    ]
    # One name for all of them in the note.
    labels = {name: FURTHER.get(name, "predictive values at a prevalence") for name in names}
    return Table(
        key="measures-further",
        caption="Further measures on data that had no part in training.",
        header=_header("Measure", cohorts),
        rows=tuple(rows),
        align="l" * (1 + len(cohorts)),
        mark=mark_of(cohort["synthetic"] for cohort in cohorts),
        note=f"Estimate ({content['study']['interval_percent']} % interval). "
        f"{methods_of(_metrics(cohorts, labels))}",
        supplement=True,
    )


def _header(first: str, cohorts: Sequence[Numbers]) -> tuple[str, ...]:
    partly = mark_of(cohort["synthetic"] for cohort in cohorts) == PARTLY
    return (first, *(column_title(cohort, partly=partly) for cohort in cohorts))


def methods_of(labelled: Iterable[tuple[str, Numbers]]) -> str:
    """Return which method each interval has, in the order of what was estimated.

    Parameters
    ----------
    labelled
        What was estimated, in words, with each estimate or difference; what has no method, because
        it is not defined, is left out.
    """
    methods: dict[str, list[str]] = {}
    for label, item in labelled:
        if item["method"]:
            of = methods.setdefault(item["method"], [])
            if label not in of:
                of.append(label)
    ways = "; ".join(
        # A method of two statistics names both of theirs.
        f"{method.replace('; ', ' and ')} ({', '.join(of)})"
        for method, of in methods.items()
    )
    return f"Methods of the intervals: {ways}."


def _metrics(
    cohorts: Sequence[Numbers], labels: Mapping[str, str]
) -> Iterator[tuple[str, Numbers]]:
    """Yield the named measures of each cohort with their labels."""
    for cohort in cohorts:
        for name, label in labels.items():
            yield label, cohort["metrics"][name]
