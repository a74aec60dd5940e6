"""The report's tables, from its numbers alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osteohip.evaluation.measures import PROPORTIONS
from osteohip.paper.tables import appendix_tables
from osteohip.report.attention import attention_tables
from osteohip.report.baselines import baselines_table
from osteohip.report.clinical import clinical_tables, operating_points_table
from osteohip.report.cohorts import cohort_title, column_title, held_out, study_mark
from osteohip.report.measures import head, measures_tables
from osteohip.report.patients import balance_table, characteristics_table, flow_table
from osteohip.report.readers import readers_tables
from osteohip.report.received import internal_table
from osteohip.report.runs import runs_tables
from osteohip.writing.table import Row, Table, heading_row, mark_of
from osteohip.writing.wording import (
    estimate,
    exact,
    mean_sd,
    number,
    part_of,
    percent,
    plain,
    words,
)

Numbers = Mapping[str, Any]


def all_tables(content: Numbers) -> list[Table]:
    """Return the tables in the order of their numbers."""
    clinical = clinical_tables(content)
    measures = measures_tables(content)
    attention = attention_tables(content)
    readers = readers_tables(content)
    return [
        *(confusion_table(cohort) for cohort in held_out(content)),
        *(table for table in measures if not table.supplement),
        *([internal_table(content)] if content["received"] else []),
        operating_points_table(content),
        *baselines_tables(content),
        *(table for table in clinical if not table.supplement),
        *(table for table in attention if not table.supplement),
        *(table for table in readers if not table.supplement),
        paper_table(content),
        *(flow_table(site) for site in content["sites"]),
        characteristics_table(content),
        *([balance_table(content)] if content["balance"] else []),
        *(table for table in measures if table.supplement),
        *(table for table in clinical if table.supplement),
        *(table for table in attention if table.supplement),
        *(table for table in readers if table.supplement),
        *runs_tables(content, held_out(content)),
        *([leakage_table(content)] if content["leakage"]["comparisons"] else []),
        settings_table(content),
        run_table(content),
        *appendix_tables(content["audit"]),
    ]


def baselines_tables(content: Numbers) -> list[Table]:
    """Return the table of the baselines; none where there are none."""
    cohorts = sorted(content["cohorts"], key=lambda cohort: cohort["kind"] == "validation")
    known = [cohort for cohort in cohorts if cohort["baselines"]]
    return [baselines_table(content, known)] if known else []


def confusion_table(cohort: Numbers) -> Table:
    """Return a confusion matrix: rows are truth, columns are calls, osteoporosis first."""
    counts = cohort["confusion"]
    rows = [
        ("Osteoporosis", counts["tp"], counts["fn"], cohort["osteoporosis"]["k"]),
        ("No osteoporosis", counts["fp"], counts["tn"], cohort["no_osteoporosis"]),
        ("Total", cohort["called_osteoporosis"], cohort["called_no_osteoporosis"], cohort["n"]),
    ]
    return Table(
        key=f"confusion-{cohort['id']}",
        caption=f"Confusion matrix of {cohort_title(cohort)}.",
        header=("Truth (DXA)", "Called osteoporosis", "Called no osteoporosis", "Total"),
        rows=tuple(Row((name, *(number(value) for value in values))) for name, *values in rows),
        align="lrrr",
        mark=mark_of([cohort["synthetic"]]),
        note=f"Rows are the truth, columns the network's calls at a threshold of "
        f"{exact(cohort['threshold']['value'])}.",
    )


def paper_table(content: Numbers) -> Table:
    """Set the paper's values beside this study's; no verdict on synthetic data."""
    paper, study = content["paper"], content["study"]
    rows = [] if study["received"] else _development_rows(content)
    for cohort in held_out(content):
        internal = cohort["kind"] == "test"
        rows += _performance_rows(
            cohort,
            paper["test_performance" if internal else "external_performance"],
            paper["test" if internal else "external"],
            marked=cohort["synthetic"] and not study["films_synthetic"],
        )
    note = (
        "Estimates of this study with interval and counts as in the table of measures. The paper "
        "gives no intervals; its Table 1 is printed with truth and prediction exchanged and is "
        "taken here in the orientation of its own class sizes and measures."
    )
    if study["synthetic"]:
        note += (
            " Synthetic films, wherever they were trained or tested on, are designed to land near "
            "the paper's values, so that nearness or distance says nothing about the paper or "
            "about patients."
        )
    ours = "This study (synthetic by design)" if study["films_synthetic"] else "This study"
    own = [site["synthetic"] for site in content["sites"] if site["role"] == "development"]
    return Table(
        key="paper",
        caption="The paper's values beside this study's.",
        header=("Quantity", "Jang et al. 2021", ours),
        rows=tuple(rows),
        align="lll",
        mark=mark_of([*own, *(c["synthetic"] for c in held_out(content))]),
        note=note,
    )


def _development_rows(content: Numbers) -> list[Row]:
    """Return the paper's patients beside those of the development site and its parts."""
    paper = content["paper"]
    of_group = {group["id"]: group for group in content["groups"]}
    development, site = of_group["development"], content["sites"][0]
    rows = [heading_row(f"Development site: {plain(site['name'])}", 3)]
    images = paper["images"]
    rows += [
        _pair("Records that met the criteria", paper["collected"], site["cohort"]["records"]),
        _pair("Of these uncroppable", paper["uncroppable"], site["uncroppable_total"]),
        _pair("Images", images["n"], development["n"]),
        Row(
            (
                "With osteoporosis",
                part_of(images["osteoporosis"]),
                part_of(development["osteoporosis"]),
            )
        ),
        _pair("Right hips", paper["right_hips"], development["right"]["k"]),
        _pair("Left hips", paper["left_hips"], development["left"]["k"]),
    ]
    for name, label, digits in (
        ("age_years", "Age, years", 1),
        ("total_hip_bmd_g_cm2", "Total hip BMD, g/cm²", 3),
        ("total_hip_t_score", "Total hip T-score", 1),
    ):
        values = (mean_sd(paper[name], digits), mean_sd(development[name], digits))
        rows.append(Row((f"{label}, mean ± SD", *values)))
    for part in ("training", "validation", "test"):
        theirs, ours = paper[part], of_group[part]
        rows.append(
            Row(
                (
                    f"{part.capitalize()}: osteoporosis / none",
                    f"{number(theirs['osteoporosis']['k'])} / {number(theirs['no_osteoporosis'])}",
                    f"{number(ours['osteoporosis']['k'])} / {number(ours['no_osteoporosis'])}",
                )
            )
        )
    return rows


def _pair(label: str, theirs: int, ours: int) -> Row:
    return Row((label, number(theirs), number(ours)))


def _performance_rows(
    cohort: Numbers, paper: Numbers, part: Numbers, *, marked: bool
) -> Iterator[Row]:
    yield heading_row(column_title(cohort, partly=marked), 3)
    yield _pair("Hips", part["n"], cohort["n"])
    theirs = part_of(part["osteoporosis"])
    yield Row(("With osteoporosis", theirs, part_of(cohort["osteoporosis"])))
    for name in PROPORTIONS:
        printed = paper[name]
        theirs = f"{percent(printed['printed'])} ({number(printed['k'])}/{number(printed['n'])})"
        yield Row((head(name), theirs, estimate(cohort["metrics"][name])))
    yield Row((head("auc"), number(paper["auc"], 3), estimate(cohort["metrics"]["auc"])))


def leakage_table(content: Numbers) -> Table:
    """Return what any two groups of records share."""
    names = {site["id"]: plain(site["name"]) for site in content["sites"]}
    rows = []
    identities: list[str] = []
    for comparison in content["leakage"]["comparisons"]:
        identities = list(comparison["shared"])
        first, second = (names.get(group, group) for group in comparison["groups"])
        sizes = " / ".join(number(n) for n in comparison["records"])
        shared = [number(comparison["shared"][identity]) for identity in identities]
        rows.append(Row((f"{first} and {second}", sizes, *shared)))
    return Table(
        key="leakage",
        caption="What two groups of images share.",
        header=("Groups", "Images", *(f"Same {words(name)}" for name in identities)),
        rows=tuple(rows),
        align="ll" + "r" * len(identities),
        mark=mark_of(site["synthetic"] for site in content["sites"]),
        note="Patients are compared by the number that their hospital gives them, between "
        "hospitals together with the date of birth; films by their unique identifier; files by "
        "digest; pixels by the digest of the decoded values.",
        supplement=True,
    )


def settings_table(content: Numbers) -> Table:
    """Return the settings of the run."""
    rows = [Row((key, value)) for key, value in _flat(content["config"])]
    return Table(
        key="settings",
        caption="Settings.",
        header=("Key", "Value"),
        rows=tuple(rows),
        align="ll",
        mark=study_mark(content),
        supplement=True,
    )


def run_table(content: Numbers) -> Table:
    """Return what the model bundle says of its training: seeds, versions, device, size."""
    rows = [Row((words(key), value)) for key, value in _flat(content["model"])]
    return Table(
        key="run",
        caption="Training run and software.",
        header=("Fact", "Value"),
        rows=tuple(rows),
        align="ll",
        mark=mark_of([content["training"]["synthetic"]]),
        supplement=True,
    )


def _flat(content: Numbers, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested settings as dotted keys with their values as text."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _setting(value)


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float):
        return exact(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_setting(item) for item in value) or "none"
    return plain(value)
