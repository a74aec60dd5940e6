"""Tables of several runs: the seeds of each variant, and the variants on the same patients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osteohip.report.cohorts import column_title
from osteohip.writing.table import Row, Table, heading_row, mark_of
from osteohip.writing.wording import difference, estimate, mean_sd, number, percent, plain, span

Numbers = Mapping[str, Any]

WITHOUT_BLOCK = "network.non_local_after: null"


def runs_numbers(runs: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``runs.json`` with each variant counted: how many of its runs learnt."""
    trained = [run for run in runs["runs"] if run["ensemble"] is None]
    reference = next(run["variant"] for run in trained if run["name"] == runs["primary"])
    names = sorted({run["variant"] for run in trained}, key=lambda v: (v != reference, v))
    variants = []
    for variant in names:
        own = [run for run in trained if run["variant"] == variant]
        learnt = sum(not run["warnings"] for run in own)
        variants.append(
            {
                "variant": variant,
                "without_block": variant == WITHOUT_BLOCK,
                "runs": len(own),
                "learnt": learnt,
            }
        )
    return {
        **runs,
        "trained": len(trained),
        "ensembles": len(runs["runs"]) - len(trained),
        "variants": variants,
    }


def variant_label(variant: str) -> str:
    """Return how a variant is called."""
    known = {"": "Common settings", WITHOUT_BLOCK: "Without the non-local block"}
    return known.get(variant, plain(variant))


def runs_tables(content: Numbers, cohorts: Sequence[Numbers]) -> list[Table]:
    """Return the tables of the runs; none where there is one run alone.

    Parameters
    ----------
    content
        All numbers.
    cohorts
        Entries of ``cohorts`` that had no part in training.
    """
    runs = content["runs"]
    if runs is None:
        return []
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    tables = [_seeds_table(runs, cohorts, mark)]
    if any(runs["cohorts"][c["id"]]["differences"] for c in cohorts) or runs["ensembles"]:
        tables.append(_differences_table(runs, cohorts, mark, content["study"]["interval_percent"]))
    return tables


def _seeds_table(runs: Numbers, cohorts: Sequence[Numbers], mark: str) -> Table:
    of_run = {run["name"]: run for run in runs["runs"]}

    def line(name: str, *cells: str) -> Row:
        areas = (
            estimate(
                next(run["auc"] for run in runs["cohorts"][c["id"]]["runs"] if run["name"] == name)
            )
            for c in cohorts
        )
        return Row((plain(name), *cells, *areas))

    rows = []
    for i, variant in enumerate(runs["variants"]):
        by_cohort = [runs["cohorts"][c["id"]]["variants"][i] for c in cohorts]
        rows.append(heading_row(variant_label(variant["variant"]), len(cohorts) + 4))
        for name in by_cohort[0]["runs"]:
            run = of_run[name]
            accuracy = percent(run["best_validation_accuracy"])
            learnt = "no" if run["warnings"] else "yes"
            rows.append(line(name, number(run["seeds"][0]), accuracy, learnt))
        spreads = (_spread(found["spread"]["auc"]) for found in by_cohort)
        rows.append(Row(("Mean ± SD (range)", "", "", "", *spreads)))
    ensembles = [run for run in runs["runs"] if run["ensemble"] is not None]
    if ensembles:
        rows.append(heading_row("Ensembles", len(cohorts) + 4))
    for run in ensembles:
        rows.append(line(run["name"], ", ".join(number(seed) for seed in run["seeds"]), "", ""))
    return Table(
        key="runs",
        caption="All runs of the model and the area under the ROC curve of each.",
        header=("Run", "Seed", "Best validation accuracy", "Learnt", *map(column_title, cohorts)),
        rows=tuple(rows),
        align="lrrl" + "l" * len(cohorts),
        mark=mark,
        note=f"The study's model is {plain(runs['primary'])}. SD: standard deviation over the "
        "seeds. A run learnt if its training raised no warning: the loss fell below that of "
        "guessing, and an epoch was better on validation than always calling the larger class. "
        "An ensemble is the mean of its members' scores.",
        supplement=True,
    )


def _differences_table(runs: Numbers, cohorts: Sequence[Numbers], mark: str, level: int) -> Table:
    """Return the differences of the areas, paired by seed and on the same patients."""
    by_cohort = [runs["cohorts"][cohort["id"]] for cohort in cohorts]
    reference = variant_label(runs["variants"][0]["variant"])
    rows: list[Row] = []
    for i, compared in enumerate(by_cohort[0]["differences"]):
        if not compared["pairs"]:
            continue
        title = f"{variant_label(compared['variant'])}, less: {reference.lower()}"
        rows.append(heading_row(title, len(cohorts) + 1))
        found = [item["differences"][i] for item in by_cohort]
        rows += _pairs([item["pairs"] for item in found])
        rows.append(
            Row(
                (
                    "Mean ± SD (range) over the seeds",
                    *(_spread(item["spread"]) for item in found),
                )
            )
        )
    if by_cohort[0]["ensembles"]:
        rows.append(heading_row(f"Ensembles, less: {plain(runs['primary'])}", len(cohorts) + 1))
        rows += _pairs([item["ensembles"] for item in by_cohort])
    return Table(
        key="run-differences",
        caption="Differences of the area under the ROC curve between runs on the same patients.",
        header=("Runs", *map(column_title, cohorts)),
        rows=tuple(rows),
        align="l" * (1 + len(cohorts)),
        mark=mark,
        note=f"Difference ({level} % interval; p). Runs of two variants are paired by their seed; "
        "interval and p are DeLong's for the same patients and do not hold what another seed "
        "would change, which the spread over the seeds shows.",
        supplement=True,
    )


def _pairs(by_cohort: Sequence[Sequence[Numbers]]) -> Iterator[Row]:
    for same in zip(*by_cohort, strict=True):
        title = f"{plain(same[0]['run'])} – {plain(same[0]['reference'])}"
        yield Row((title, *(difference(pair) for pair in same)))


def _spread(found: Numbers) -> str:
    if found["sd"] is None:
        return number(found["mean"], 3)
    return f"{mean_sd(found, 3)} ({span(found['low'], found['high'], 3)})"
