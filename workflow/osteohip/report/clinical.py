"""Calibration, clinical use, subgroups, the drop and the next site: numbers and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from osteohip.report.cohorts import cohort_title, column_title, held_out
from osteohip.report.measures import methods_of
from osteohip.report.results import Evaluation
from osteohip.writing.table import PARTLY, Row, Table, heading_row, mark_of
from osteohip.writing.wording import (
    MISSING,
    difference,
    estimate,
    exact,
    exact_percent,
    number,
    percent,
    plain,
)

Numbers = Mapping[str, Any]

CALIBRATION = {
    "brier": "Brier score",
    "brier_scaled": "Scaled Brier score",
    "calibration_in_the_large": "Calibration in the large (ideal: 0)",
    "calibration_slope": "Calibration slope (ideal: 1)",
    "observed_expected": "Observed to expected cases (ideal: 1)",
}
VARIABLES = {
    "all": "All",
    "age": "Age, years",
    "side": "Side",
    "manufacturer": "Device maker",
    "t_score": "Lowest T-score",
    "t_score_distance": "Distance from the border of the label",
}
NEEDS = {
    "auc": "Area under the ROC curve",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "observed_expected": "Observed to expected cases",
}
PATIENTS = {"age_years": "age", "t_score": "T-score"}
PREVALENCE = {
    "accuracy": "Accuracy",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
}
# The two thresholds of a triage: how each is called, and what is told of it.
SIDES = {
    "rule_in": ("Ruled in from", "ppv", "false_rule_in", "ruled_in"),
    "rule_out": ("Ruled out below", "npv", "false_rule_out", "ruled_out"),
}
REFITS = {"platt": "Platt's refit (intercept and slope)", "temperature": "temperature scaling"}
RULES = {
    "fixed": "fixed before any data",
    "given": "given by hand",
    "youden": "largest Youden index",
    "sensitivity": "least sensitivity",
}


def clinical_numbers(evaluation: Evaluation) -> dict[str, Any]:
    """Return what the report prints of these chapters for one cohort, as part of its numbers."""
    metrics = evaluation.metrics
    return {
        "recalibrated": metrics.get("recalibrated"),
        "triage": metrics.get("triage", []),
        "retuned": metrics.get("retuned"),
        "useful": useful_range(evaluation.decision),
        "subgroups": subgroups(evaluation.subgroups),
        "sample_size": evaluation.sample_size,
        "drop": evaluation.drop,
    }


def useful_range(decision: pd.DataFrame) -> dict[str, float] | None:
    """Return the longest run of thresholds at which the model surely beats referring all and none.

    There the lower limits of its net benefit, which is the gain over referring none, and of its
    gain over referring all are both above zero. None where there is no such threshold, or no
    decision curve.
    """
    if decision.empty:
        return None
    low = decision.pivot_table(index="threshold", columns="strategy", values="low", dropna=False)
    gains = ["model", "model_less_refer_all"]
    better = (low[gains] > 0).all(axis=1)
    run = (better != better.shift()).cumsum()
    runs = [part.index for _, part in better.groupby(run) if part.iloc[0]]
    if not runs:
        return None
    longest = max(runs, key=len)
    return {"low": float(longest[0]), "high": float(longest[-1])}


def subgroups(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the subgroups in their order, each measure as an estimate."""
    found: list[dict[str, Any]] = []
    for row in table.to_dict(orient="records"):
        head = {
            "variable": str(row["variable"]),
            "level": str(row["level"]),
            "n": int(row["n"]),
            "osteoporosis": int(row["osteoporosis"]),
        }
        if not found or {key: found[-1][key] for key in head} != head:
            found.append(head)
        found[-1][str(row["measure"])] = {
            "estimate": _known(row["estimate"]),
            "low": _known(row["low"]),
            "high": _known(row["high"]),
            "k": None if pd.isna(row["k"]) else int(row["k"]),
            "n": int(row["denominator"]),
            "method": "" if pd.isna(row["method"]) else str(row["method"]),
            "reason": None if pd.isna(row["reason"]) else str(row["reason"]),
        }
    return found


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def level_name(group: Numbers) -> str:
    """Return a subgroup's name, with true minus signs where it is a band of numbers."""
    name = plain(group["level"])
    return name.replace("-", "−") if str(group["variable"]).startswith("t_score") else name


def clinical_tables(content: Numbers) -> list[Table]:
    """Return the tables of these chapters but the operating points, the supplement's last."""
    cohorts = held_out(content)
    return [
        calibration_table(content),
        *([triage_table(content)] if content["cohorts"][0]["triage"] else []),
        *(drop_table(content, cohort) for cohort in cohorts if cohort["drop"]),
        sample_size_table(content),
        *(subgroups_table(content, cohort) for cohort in cohorts),
    ]


def calibration_table(content: Numbers) -> Table:
    """Return the calibration of every cohort, as scored and after the refit on validation."""
    cohorts = content["cohorts"]
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    rows = [heading_row("As scored", 1 + len(cohorts))]
    rows += [
        Row((label, *(estimate(cohort["metrics"][name]) for cohort in cohorts)))
        for name, label in CALIBRATION.items()
    ]
    refit = cohorts[0]["recalibrated"]
    note = f"Estimate ({content['study']['interval_percent']} % interval)."
    if refit is not None:
        rows.append(heading_row("After the refit on the validation set", 1 + len(cohorts)))
        rows += [
            Row((label, *(estimate(c["recalibrated"]["metrics"][name]) for c in cohorts)))
            for name, label in CALIBRATION.items()
        ]
        note += f" {refit_sentence(refit)}{_optimism(cohorts, 'it is')}"
    found = (item for cohort in cohorts for item in _calibrations(cohort["metrics"]))
    note += f" {methods_of(found)}"
    return Table(
        key="calibration",
        caption="Calibration of the scores.",
        header=("Measure", *_titles(cohorts, mark)),
        rows=tuple(rows),
        align="l" * (1 + len(cohorts)),
        mark=mark,
        note=note,
    )


def _optimism(cohorts: Sequence[Numbers], what: str) -> str:
    """Return what to think of values on the validation set, where it is among the cohorts."""
    shown = any(cohort["kind"] == "validation" for cohort in cohorts)
    return f" On the validation set itself {what} optimistic." if shown else ""


def refit_sentence(refit: Numbers) -> str:
    """Return what the refit is, or why there is none."""
    name = REFITS[refit["method"]]
    if refit["slope"] is None:
        return f"There is no refit ({name}): {refit['reason']}."
    return (
        f"The refit is {name}: log-odds become {number(refit['intercept'], 3)} + "
        f"{number(refit['slope'], 3)} × log-odds, fitted on {number(refit['n'])} validation hips, "
        f"{number(refit['osteoporosis'])} of them with osteoporosis."
    )


def operating_points_table(content: Numbers) -> Table:
    """Return the operating point in every cohort, and beside it one tuned at an external site."""
    cohorts = content["cohorts"]
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    names = ("sensitivity", "specificity", "ppv", "npv")
    rows = []
    for cohort, title in zip(cohorts, _titles(cohorts, mark), strict=True):
        values = (estimate(cohort["metrics"][name]) for name in names)
        rows.append(Row((title, exact_point(cohort["threshold"]), *values)))
        again = cohort["retuned"]
        if again is None:
            continue
        label = f"{title}, re-tuned there: optimistic, never used"
        if again["threshold"] is None:
            rows.append(Row((label, f"not defined ({again['reason']})", *[MISSING] * len(names))))
            continue
        values = (estimate(again["metrics"][name]) for name in names)
        rows.append(Row((label, exact_point(again["threshold"]), *values)))
    point = cohorts[0]["threshold"]
    if point["chosen_on"]:
        origin = f"chosen on the {point['chosen_on']} set"
        origin += f" ({RULES.get(point['rule'], point['rule'])})"
    else:
        origin = RULES.get(point["rule"], point["rule"])
    return Table(
        key="operating-points",
        caption="The operating point, carried over unchanged.",
        header=(
            "Cohort",
            "Threshold",
            "Sensitivity",
            "Specificity",
            "Positive predictive value",
            "Negative predictive value",
        ),
        rows=tuple(rows),
        align="lrllll",
        mark=mark,
        note=f"The threshold was {origin}. A threshold that is re-tuned at a site is chosen and "
        "measured on the same hips; it shows what tuning could gain and takes no part in any "
        "other result.",
    )


def exact_point(threshold: Numbers) -> str:
    """Return a threshold in three significant digits."""
    return f"{threshold['value']:.3g}".replace("-", "−")


def triage_table(content: Numbers) -> Table:
    """Return what two thresholds chosen on validation decide in every cohort."""
    cohorts = content["cohorts"]
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    rows: list[Row] = []
    unreached = []
    triages = cohorts[0]["triage"]
    digits = _digits(triages)
    for i, first in enumerate(triages):
        bound = first["basis"] == "lower_bound"
        title = "By the lower limit of the predictive values" if bound else "By their estimates"
        found = [cohort["triage"][i] for cohort in cohorts]
        of_basis = list(_triage_rows(first, found, digits))
        if of_basis:
            rows += [heading_row(title, 1 + len(cohorts)), *of_basis, *_decided_rows(found)]
        reasons = [first[side]["reason"] for side in SIDES if first[side]["threshold"] is None]
        if reasons:
            unreached.append(f"{title}: {'; '.join(reasons)}.")
    if not rows:
        rows += _decided_rows([cohort["triage"][0] for cohort in cohorts])
    targets = triages[0]
    return Table(
        key="triage",
        caption="Two thresholds: who might be decided without DXA.",
        header=("", *_titles(cohorts, mark)),
        rows=tuple(rows),
        align="l" * (1 + len(cohorts)),
        mark=mark,
        note=f"Thresholds were chosen on the {targets['chosen_on']} set: ruled in from the lowest "
        "score on with a positive predictive value of "
        f"{exact_percent(targets['rule_in']['target'])}, "
        "ruled out below the highest score with a negative predictive value of "
        f"{exact_percent(targets['rule_out']['target'])}, and carried over unchanged."
        f"{_optimism(cohorts, 'the values are')}{''.join(f' {text}' for text in unreached)}",
    )


def _digits(triages: Sequence[Numbers]) -> int:
    """Return the decimals that leave each threshold two digits that tell something."""
    values = [triage[side]["threshold"] for triage in triages for side in SIDES]
    return max([3, *(1 - math.floor(math.log10(abs(value))) for value in values if value)])


def _triage_rows(first: Numbers, found: Sequence[Numbers], digits: int) -> Iterator[Row]:
    """Yield the rows of the thresholds that were reached; first of validation, their origin."""
    for side, (verb, value, wrong, count) in SIDES.items():
        threshold = first[side]["threshold"]
        if threshold is None:
            continue
        label = f"{verb} {number(threshold, digits)}"
        yield Row((label, *(number(item[count]) for item in found)))
        yield Row(("– of these wrongly", *(number(item[wrong]) for item in found)))
        yield Row((PREVALENCE[value], *(estimate(item[value]) for item in found)))


def _decided_rows(found: Sequence[Numbers]) -> Iterator[Row]:
    yield Row(("Decided, of all", *(estimate(item["decided"]) for item in found)))
    yield Row(("Wrong, of the decided", *(estimate(item["wrong"]) for item in found)))


def drop_table(content: Numbers, cohort: Numbers) -> Table:
    """Return the drop from the internal test set to one external site, taken apart."""
    drop = cohort["drop"]
    inside, outside, differences = drop["internal"], drop["external"], drop["differences"]
    # A model that was received brings its internal test as aggregates.
    tests = [c for c in content["cohorts"] if c["kind"] == "test"]
    test = tests[0] if tests else content["received"]["test"]
    rows = [
        heading_row("Observed", 5),
        _drop_row("With osteoporosis", inside, outside, differences, "osteoporosis"),
    ]
    for name in ("sensitivity", "specificity", *PREVALENCE):
        values = (estimate(test["metrics"][name]), estimate(cohort["metrics"][name]))
        label = PREVALENCE.get(name, name.capitalize())
        rows.append(Row((label, *values, difference(differences[name], percents=True), "")))
    rows.append(_drop_row("Area under the ROC curve", inside, outside, differences, "auc"))
    rows.append(heading_row("Calls, had the site the prevalence of the test set", 5))
    for name, label in PREVALENCE.items():
        split = drop["prevalence"][name]
        rows.append(
            Row(
                (
                    label,
                    estimate(split["internal"], share=True),
                    estimate(split["at_internal_prevalence"], share=True),
                    difference(split["remains"], percents=True),
                    difference(split["prevalence"], percents=True),
                )
            )
        )
    rows.append(heading_row("Area, had the site the internal patients within each class", 5))
    for item in drop["reweighted"]:
        what = " and ".join(PATIENTS[variable] for variable in item["to"])
        effective = (item["effective"][name] for name in ("osteoporosis", "no_osteoporosis"))
        sizes = " / ".join(number(size) for size in effective)
        rows.append(
            Row(
                (
                    f"By {what} (effective size {sizes})",
                    estimate(inside["auc"]),
                    estimate(item["auc"]),
                    difference(item["remains"]),
                    estimate(item["case_mix"]),
                )
            )
        )
    rows.append(heading_row("Calibration", 5))
    parts = drop["calibration"]
    rows += [
        Row(
            (
                label,
                estimate(parts["internal"][name]),
                estimate(parts["carried_over"][name]),
                "",
                "",
            )
        )
        for name, label in CALIBRATION.items()
        if name != "brier_scaled"
    ]
    after = test["recalibrated"]
    internal = estimate(after["metrics"]["brier"]) if after else MISSING
    external = estimate(parts["after_validation_refit"]["brier"])
    rows.append(Row(("Brier score after the refit on validation", internal, external, "", "")))
    here = estimate(parts["after_site_refit"]["brier"])
    rows.append(Row(("Brier score after a refit at the site, never used", "", here, "", "")))
    gain = estimate(parts["gain_of_site_refit"])
    rows.append(Row(("– what that refit takes away", "", gain, "", "")))
    level = content["study"]["interval_percent"]
    distances = "; ".join(
        f"{what} {percent(drop['case_mix'][v]['distance']['osteoporosis'])} with and "
        f"{percent(drop['case_mix'][v]['distance']['no_osteoporosis'])} without osteoporosis"
        for v, what in PATIENTS.items()
    )
    site = column_title(cohort)
    source = "" if inside["source"] == "cases" else " The internal side comes from aggregates."
    untold = [_untold(item) for item in drop["reweighted"] if item["note"] is not None]
    if untold:
        source += f" {' '.join(untold)} The shares in other bands are then the least possible."
    return Table(
        key=f"drop-{cohort['id']}",
        caption=f"From the test set to {cohort_title(cohort)}: the difference taken apart.",
        header=("", "Test set", site, "Test set less site (p)", "Explained"),
        rows=tuple(rows),
        align="lllll",
        mark=mark_of([test["synthetic"], cohort["synthetic"]]),
        note=f"Estimates and differences with their {level} % interval, differences of shares in "
        "percentage points. At the prevalence of the test set, taken as known, the site keeps its "
        "sensitivity and specificity; what then remains is not due to prevalence. The site's hips "
        "are weighted so that, within each class, they have the ages and T-scores of the test set; "
        "what then remains is not due to the patients' ages and T-scores. Explained: how much of "
        "the observed difference goes away in this way. The effective size is that of the "
        "hips with / without osteoporosis. Share of hips that lies in other bands than the "
        f"test set's: {distances}. A refit at the site shows how much of the drop is calibration; "
        f"it is fitted and measured on the same hips.{source} {methods_of(_drop_items(drop))} "
        "Those of the measures and of calibration stand in their tables.",
    )


def _drop_items(drop: Numbers) -> Iterator[tuple[str, Numbers]]:
    """Yield each estimate and difference that no other table than that of the drop has, named."""
    for side in ("internal", "external"):
        yield "share with osteoporosis", drop[side]["osteoporosis"]
        yield "area under the ROC curve", drop[side]["auc"]
    for name, item in drop["differences"].items():
        yield ("difference of areas" if name == "auc" else "differences of shares"), item
    for split in drop["prevalence"].values():
        yield "values at the prevalence of the test set", split["at_internal_prevalence"]
        yield "what then remains", split["remains"]
        yield "what prevalence explains", split["prevalence"]
    for item in drop["reweighted"]:
        yield "areas with the internal patients", item["auc"]
        yield "what then remains of the areas", item["remains"]
        yield "what the patients explain", item["case_mix"]
    parts = drop["calibration"]
    for refit in ("after_validation_refit", "after_site_refit"):
        yield "Brier score after a refit", parts[refit]["brier"]
    yield "what the refit at the site takes away", parts["gain_of_site_refit"]


def _untold(item: Numbers) -> str:
    """Return what untold counts leave open of one re-weighted area."""
    what = " and ".join(PATIENTS[variable] for variable in item["to"])
    if item["span"] is None:
        left = "what their true counts would make of the area cannot be told"
    else:
        low, high = (number(item["span"][side], 3) for side in ("low", "high"))
        left = f"their true counts could make the area {low} to {high}"
    return f"By {what}: {plain(item['note'])}; {left}."


def _drop_row(
    label: str, inside: Numbers, outside: Numbers, differences: Numbers, name: str
) -> Row:
    shown = difference(differences[name], percents=name != "auc")
    return Row((label, estimate(inside[name]), estimate(outside[name]), shown, ""))


def sample_size_table(content: Numbers) -> Table:
    """Return the hips that a further site needs, beside those in hand."""
    cohorts = held_out(content)
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    found = [cohort["sample_size"] for cohort in cohorts]
    rows = [Row(("Hips in hand", *(number(item["in_hand"]["n"]) for item in found)))]
    rows.append(Row(("With osteoporosis", *(number(i["in_hand"]["osteoporosis"]) for i in found))))
    for name, label in NEEDS.items():
        needs = [item["needed"][name] for item in found]
        width = exact(needs[0]["width"])
        rows.append(heading_row(f"{label}: an interval {width} wide", 1 + len(cohorts)))
        rows.append(Row(("Anticipated", *(number(need["anticipated"], 3) for need in needs))))
        rows.append(Row(("Hips needed", *(_needed(need) for need in needs))))
        widths = (number(need["achieved_width"], 3) for need in needs)
        rows.append(Row(("Width with those in hand", *widths)))
    level = content["study"]["interval_percent"]
    return Table(
        key="sample-size",
        caption="Hips that a further site needs for intervals of a chosen width.",
        header=("", *_titles(cohorts, mark)),
        rows=tuple(rows),
        align="l" * (1 + len(cohorts)),
        mark=mark,
        note=f"For a site with the prevalence of the column. Widths of {level} % intervals from "
        f"limit to limit. Formulas: {_formulas(found)}.",
    )


def _needed(need: Numbers) -> str:
    if need["n"] is None:
        return f"not defined ({need['reason']})"
    enough = "enough in hand" if need["in_hand_enough"] else "too few in hand"
    return f"{number(need['n'])} ({number(need['osteoporosis'])} with osteoporosis; {enough})"


def _formulas(found: Sequence[Numbers]) -> str:
    return "; ".join(
        f"{label.lower() if name != 'auc' else 'area'}, {plain(found[0]['needed'][name]['method'])}"
        for name, label in NEEDS.items()
    )


def subgroups_table(content: Numbers, cohort: Numbers) -> Table:
    """Return the subgroups of one cohort."""
    rows: list[Row] = []
    last = "all"
    for group in cohort["subgroups"]:
        if group["variable"] != last:
            last = group["variable"]
            rows.append(heading_row(VARIABLES[last], 6))
        values = (estimate(group[name]) for name in ("auc", "sensitivity", "specificity"))
        sick = number(group["osteoporosis"])
        rows.append(Row((level_name(group), number(group["n"]), sick, *values)))
    level = content["study"]["interval_percent"]
    return Table(
        key=f"subgroups-{cohort['id']}",
        caption=f"Subgroups of {cohort_title(cohort)}.",
        header=(
            "Subgroup",
            "Hips",
            "With osteoporosis",
            "Area under the ROC curve",
            "Sensitivity",
            "Specificity",
        ),
        rows=tuple(rows),
        align="lrrlll",
        mark=mark_of([cohort["synthetic"]]),
        note=f"Estimate ({level} % interval; numerator/denominator) at the common threshold. "
        f"Subgroups of fewer than {number(content['config']['evaluation']['smallest_subgroup'])} "
        "hips are listed without measures. Intervals are not corrected for their number.",
        supplement=True,
    )


def _titles(cohorts: Sequence[Numbers], mark: str) -> list[str]:
    return [column_title(cohort, partly=mark == PARTLY) for cohort in cohorts]


def _calibrations(found: Mapping[str, Numbers]) -> Iterator[tuple[str, Numbers]]:
    """Yield the measures of calibration with their names, without what is ideal."""
    for name, label in CALIBRATION.items():
        yield label.partition(" (ideal")[0], found[name]
