"""The audit's tables, from its content alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osteohip.writing.table import Row, Table, heading_row
from osteohip.writing.wording import difference, estimate, exact_percent, measure, number, percent

Audit = Mapping[str, Any]

KINDS = {
    "contradiction": "The paper disagrees with itself",
    "consequence": "What its numbers say and its text does not",
    "open": "What it leaves open",
}
COHORTS = {"test": "Test set", "external": "External cohort"}
MEASURES = {
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
}

CLASS_MEASURES = {
    "balanced_accuracy": "Balanced accuracy",
    "youden": "Youden's index",
    "lr_positive": "Positive likelihood ratio",
    "lr_negative": "Negative likelihood ratio",
    "diagnostic_odds_ratio": "Diagnostic odds ratio",
}
SHOWN = "auc_plain"
AREAS = {
    SHOWN: "Area under the ROC curve, interval on the plain scale",
    "auc_logit": "Area under the ROC curve, interval on the logit scale",
}


def audit_tables(content: Audit) -> list[Table]:
    """Return all tables of the audit."""
    return [*appendix_tables(content), flow_table(content), agreements_table(content)]


def appendix_tables(content: Audit) -> list[Table]:
    """Return the tables that stand in the appendix of a report."""
    return [
        findings_table(content),
        measures_table(content),
        confusion_table(content),
        net_benefit_table(content),
    ]


def findings_table(content: Audit) -> Table:
    """Return each place where the paper disagrees with itself or leaves a question."""
    rows = []
    for kind, heading in KINDS.items():
        found = [check for check in content["findings"] if check["kind"] == kind]
        if found:
            rows.append(heading_row(heading, 4))
        rows += [Row((c["finding"], c["place"], c["arithmetic"], c["explanation"])) for c in found]
    return Table(
        key="paper-findings",
        caption="Where the paper disagrees with itself or leaves a question.",
        header=("Finding", "Place", "Arithmetic", "What would explain it"),
        rows=tuple(rows),
        align="llll",
        mark="",
        note="All values follow from the published numbers alone. PPV and NPV: positive and "
        "negative predictive value; NLNN: the paper's name for a network with a non-local block.",
        supplement=True,
    )


def agreements_table(content: Audit) -> Table:
    """Return what was checked and holds, and apart what no test showed to be otherwise."""
    rows = []
    for by_test, heading in ((False, "Holds"), (True, "Not shown to differ")):
        found = [check for check in content["agreements"] if check["by_test"] == by_test]
        if found:
            rows.append(heading_row(heading, 3))
        rows += [Row((c["expected"], c["place"], c["arithmetic"])) for c in found]
    return Table(
        key="paper-agreements",
        caption="What was checked in the paper without a finding.",
        header=("Expected", "Place", "Arithmetic"),
        rows=tuple(rows),
        align="lll",
        mark="",
        note="Where a test shows no difference, there may still be one that the cases are too few "
        "to show.",
        supplement=True,
    )


def measures_table(content: Audit) -> Table:
    """Return the paper's measures with the intervals that were owed, and their differences."""
    of = {cohort["id"]: cohort for cohort in content["cohorts"]}
    rows = [
        Row(("Images", *(number(c["n"]) for c in of.values()), "")),
        Row(("With osteoporosis", *(number(c["osteoporosis"]) for c in of.values()), "")),
    ]
    differences = content["differences"]
    for name, label in MEASURES.items():
        cells = [estimate(cohort["measures"][name]) for cohort in of.values()]
        rows.append(Row((label, *cells, difference(differences[name], percents=True))))
    everyone = [estimate(cohort["everyone_positive"]["accuracy"]) for cohort in of.values()]
    rows.append(Row(("Accuracy of calling everyone osteoporotic", *everyone, "")))
    for name, label in CLASS_MEASURES.items():
        cells = [measure(name, cohort["class_measures"][name]) for cohort in of.values()]
        rows.append(Row((label, *cells, "")))
    for name, label in AREAS.items():
        cells = [estimate(cohort[name]) for cohort in of.values()]
        rows.append(Row((label, *cells, difference(differences["auc"]) if name == SHOWN else "")))
    methods = {
        name: content["differences"][name]["method"] for name in (next(iter(MEASURES)), "auc")
    }
    return Table(
        key="paper-measures",
        caption="The paper's measures with the intervals that were owed.",
        header=("Measure", *(COHORTS[name] for name in of), "Test set less external"),
        rows=tuple(rows),
        align="llll",
        mark="",
        note=f"Estimate ({content['interval_percent']} % interval; numerator/denominator) by "
        f"{of['test']['measures']['accuracy']['method']}; areas as printed, by "
        f"{of['test']['auc_plain']['method']}. Differences in percentage points, for the area in "
        f"units of area; proportions: {methods['accuracy']}; area: {methods['auc']}.",
        supplement=True,
    )


def confusion_table(content: Audit) -> Table:
    """Return both confusion matrices as printed, and with rows as truth."""
    rows: list[Row] = []
    for cohort in content["cohorts"]:
        printed, counts = cohort["printed_table"], cohort["confusion"]
        rows.append(heading_row(COHORTS[cohort["id"]], 7))
        read = {
            "real_op": (counts["tp"], counts["fn"]),
            "real_non_op": (counts["fp"], counts["tn"]),
            "total": (counts["tp"] + counts["fp"], counts["fn"] + counts["tn"]),
        }
        heads = {
            "real_op": "Osteoporosis",
            "real_non_op": "No osteoporosis",
            "total": "Total",
        }
        for line, head in heads.items():
            cells = (*printed[line], *read[line], sum(read[line]))
            rows.append(Row((head, *(number(cell) for cell in cells))))
    return Table(
        key="paper-confusion",
        caption="The paper's confusion matrices as printed and with rows as truth.",
        header=(
            "",
            "Printed: called osteoporosis",
            "Printed: called no osteoporosis",
            "Printed: total",
            "Called osteoporosis",
            "Called no osteoporosis",
            "Total",
        ),
        rows=tuple(rows),
        align="lrrrrrr",
        mark="",
        note="On the left as printed, where the paper writes OP and nonOP, real and predicted; on "
        "the right in the orientation of the paper's own class sizes and measures.",
        supplement=True,
    )


def net_benefit_table(content: Audit) -> Table:
    """Return the net benefit of the published calls against referring everyone."""
    of = {cohort["id"]: cohort for cohort in content["cohorts"]}
    heads = [
        f"{COHORTS[name]}: {what}" for name in of for what in ("model", "refer all", "difference")
    ]
    return Table(
        key="paper-net-benefit",
        caption="Net benefit of the published calls and of referring everyone to DXA.",
        header=("Threshold probability", *heads),
        rows=tuple(_net_benefit_rows(of)),
        align="r" + "r" * len(heads),
        mark="",
        note="The paper tells one operating point, so the calls stay while the threshold "
        f"probability moves. In brackets the {content['interval_percent']} % interval. "
        + " ".join(_useful(cohort) for cohort in of.values()),
        supplement=True,
    )


def _net_benefit_rows(of: Mapping[str, Any]) -> Iterator[Row]:
    columns = [cohort["net_benefit"] for cohort in of.values()]
    for entries in zip(*columns, strict=True):
        cells = [exact_percent(entries[0]["threshold_probability"])]
        for entry in entries:
            cells += [
                number(entry["model"]["estimate"], 3),
                number(entry["refer_all"]["estimate"], 3),
                estimate(entry["difference"]),
            ]
        yield Row(tuple(cells))


def _useful(cohort: Mapping[str, Any]) -> str:
    borders = cohort["useful_range"]
    where = (
        "nowhere" if borders is None else f"between {percent(borders[0])} and {percent(borders[1])}"
    )
    return f"{COHORTS[cohort['id']]}: the calls beat both referring all and referring none {where}."


def flow_table(content: Audit) -> Table:
    """Return the counts of the paper by class, and what left between."""
    return Table(
        key="paper-flow",
        caption="The paper's counts by class.",
        header=("", "Osteoporosis", "No osteoporosis", "Total"),
        rows=tuple(
            Row(
                (
                    row["step"],
                    *(number(row[name]) for name in ("osteoporosis", "no_osteoporosis", "total")),
                )
            )
            for row in content["flow"]
        ),
        align="lrrr",
        mark="",
        supplement=True,
    )
