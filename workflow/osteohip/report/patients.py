"""Who is in the study: tables of the flow, of the patients, and of how their groups differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osteohip.writing.table import PARTLY, Row, Table, heading_row, mark_of
from osteohip.writing.wording import (
    Markdown,
    escape,
    estimate,
    mean_sd,
    number,
    part_of,
    percent,
    plain,
    sequence,
    span,
    words,
)

Numbers = Mapping[str, Any]

PART_NAMES = {"training": "Training", "validation": "Validation", "test": "Test"}
# Label and decimals of each quantity.
QUANTITIES = {
    "age_years": ("Age, years", 1),
    "t_score": ("Lowest T-score", 1),
    "bmd_g_cm2": ("BMD of that region, g/cm²", 3),
    "total_hip_t_score": ("Total hip T-score", 1),
    "total_hip_bmd_g_cm2": ("Total hip BMD, g/cm²", 3),
    "kvp": ("Tube voltage, kV", 1),
}


def flow_table(site: Numbers) -> Table:
    """Return how a site's records became its images, step by step."""
    came_in, cohort = site["came_in"], site["cohort"]
    rows = [Row(("Files under radiographs", number(site["files"]), "", ""))]
    rows += [
        Row((f"Refused: {words(plain(item['reason']))}", number(item["films"]), "", ""))
        for item in site["refused"]
    ]
    rows.append(Row(("Films", number(site["films"]), "", "")))
    rows.append(_flow_row("Records that came in", came_in))
    rows += [
        _flow_row(
            f"Not met: {words(plain(step['criterion']))}",
            {"records": step["records_excluded"], "patients": step["patients_excluded"]},
        )
        for step in site["steps"][1:]
    ]
    rows.append(_flow_row("Cohort", cohort))
    rows += [
        Row((f"Uncroppable: {words(plain(item['reason']))}", "", number(item["images"]), ""))
        for item in site["uncroppable"]
    ]
    rows.append(_flow_row("Images", {"records": site["images"], "patients": site["patients"]}))
    return Table(
        key=f"flow-{site['id']}",
        caption=f"Flow of films, records and patients at {plain(site['name'])}.",
        header=("Step", "Files", "Records", "Patients"),
        rows=tuple(rows),
        align="lrrr",
        mark=mark_of([site["synthetic"]]),
        note="A record is one patient, one hip, one film and one DXA examination; a patient "
        "leaves at the step where the last record leaves.",
        supplement=True,
    )


def _flow_row(label: str, counts: Numbers) -> Row:
    return Row((label, "", number(counts["records"]), number(counts["patients"])))


def characteristics_table(content: Numbers) -> Table:
    """Describe the images of the development site, of its parts and of the external sites."""
    groups = content["groups"]
    mark = mark_of(group["synthetic"] for group in groups)

    def line(label: str, cells: Sequence[str]) -> Row:
        return Row((label, *cells))

    unknown = {
        name: [group["n"] - group[name]["n"] for group in groups]
        for name in (*QUANTITIES, "days_between", "year")
    }

    def missing(name: str) -> list[Row]:
        counts = unknown[name]
        return [line("– not known", [number(n) for n in counts])] if any(counts) else []

    rows = [
        line("Hips", [number(group["n"]) for group in groups]),
        line("Patients", [number(group["patients"]) for group in groups]),
        line("Osteoporosis", [part_of(g["osteoporosis"]) for g in groups]),
        line("Right side", [part_of(g["right"]) for g in groups]),
        line("Left side", [part_of(g["left"]) for g in groups]),
    ]
    for name, (label, digits) in QUANTITIES.items():
        rows.append(line(f"{label}, mean ± SD", [mean_sd(g[name], digits) for g in groups]))
        if name == "age_years":
            ends = [(group[name]["low"], group[name]["high"]) for group in groups]
            rows.append(line("Age, range", [span(low, high) for low, high in ends]))
        rows += missing(name)
    rows += [
        line(
            "Days between film and DXA, median (range)",
            [_median_range(group["days_between"]) for group in groups],
        ),
        *missing("days_between"),
        line("Year of film", [years(group["year"]) for group in groups]),
        *missing("year"),
        heading_row("X-ray device", 1 + len(groups)),
    ]
    for i, item in enumerate(groups[0]["devices"]):
        rows.append(line(plain(item["device"]), [part_of(g["devices"][i]) for g in groups]))
    ceiling = content["study"]["age_ceiling"]
    known = (
        "A line “not known” counts the hips without a value, which the line above it leaves out; "
        "a quantity without such a line lacks none."
        if any(map(any, unknown.values()))
        else "No quantity lacks a value."
    )
    return Table(
        key="characteristics",
        caption=f"The images by {'site' if content['received'] else 'part and by site'}.",
        header=("", *(group_title(group, partly=mark == PARTLY) for group in groups)),
        rows=tuple(rows),
        align="l" * (1 + len(groups)),
        mark=mark,
        note=f"Ages of {ceiling} and more count as {ceiling}. SD: standard deviation. {known}",
        supplement=True,
    )


def group_title(group: Numbers, *, partly: bool) -> str:
    """Return how a group of images is called at the head of a column."""
    role = "Development" if group["id"] == "development" else "External"
    label = PART_NAMES.get(group["id"], f"{role}: {plain(group['name'])}")
    return f"{label} (synthetic)" if partly and group["synthetic"] else label


def compared_sites(content: Numbers) -> list[Numbers]:
    """Return the groups that are sites, where there is more than one to compare."""
    sites = [group for group in content["groups"] if group["id"] not in PART_NAMES]
    return sites if len(sites) > 1 else []


def balance_table(content: Numbers) -> Table:
    """Return how far the parts of the split, and the sites, differ, in standard deviations."""
    by_id = {group["id"]: group for group in content["groups"]}
    pairs = content["balance"]
    mark = mark_of(by_id[pair["group"]]["synthetic"] for pair in pairs)
    names = {
        "osteoporosis": "Osteoporosis",
        "right": "Right side",
        **{name: label for name, (label, _) in QUANTITIES.items()},
        "days_between": "Days between film and DXA",
        "year": "Year of film",
    }
    rows = [
        Row((label, *(estimate(pair["differences"][name], digits=2) for pair in pairs)))
        for name, label in names.items()
    ]
    rows.append(heading_row("X-ray device", 1 + len(pairs)))
    found = [{item["device"]: item for item in pair["devices"]} for pair in pairs]
    for item in content["groups"][0]["devices"]:
        device = item["device"]
        cells = (estimate(known[device], digits=2) if device in known else "–" for known in found)
        rows.append(Row((plain(device), *cells)))
    return Table(
        key="balance",
        caption="Standardised differences between groups of images.",
        header=(
            "",
            *(
                f"{group_title(by_id[pair['group']], partly=mark == PARTLY)} less "
                f"{pair['reference']}"
                for pair in pairs
            ),
        ),
        rows=tuple(rows),
        align="l" * (1 + len(pairs)),
        mark=mark,
        note=f"Difference of means or shares in standard deviations "
        f"({content['study']['interval_percent']} % interval). Not defined where a group does not "
        "vary; a dash where neither group has the device.",
        supplement=True,
    )


def _median_range(moments: Numbers) -> str:
    if moments["median"] is None:
        return span(None, None)
    return f"{number(moments['median'])} ({span(moments['low'], moments['high'])})"


def years(found: Numbers) -> str:
    """Return the first and the last year."""
    return span(found["low"], found["high"])


def used_devices(group: Numbers) -> Markdown:
    """Return the devices of a group with their shares, for a sentence."""
    used = sorted((d for d in group["devices"] if d["k"]), key=lambda device: -device["k"])
    if len(used) == 1:
        return escape(used[0]["device"])
    return sequence(f"{plain(device['device'])} ({percent(device['share'])})" for device in used)
