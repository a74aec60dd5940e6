"""Reporting checklists: what each item asks, and whether this report answers it.

One YAML file a checklist. An item is answered by keys of ``numbers.json`` and anchors of the report
(`keys`, `anchors`), by what the authors say (`author`), or not at all (`void`). What the run is
said to answer is looked up in the numbers and the report at hand: where a key or an anchor is gone,
the item is not met.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

import pandas as pd
import yaml
from pydantic import Field, model_validator

from osteohip.config import Section
from osteohip.report.cohorts import held_out, study_mark
from osteohip.statements import Statements, asked
from osteohip.writing.table import Row, Table, heading_row
from osteohip.writing.wording import Markdown, escape, number, sequence

Numbers = Mapping[str, Any]

LISTS = ("tripod-ai", "claim", "stard-ai")
# Every status with its words, in the order in which they are counted.
STATUSES = {
    "filled": "filled by the run",
    "given": "given by the author",
    "author": "needs the author",
    "not_met": "not met",
    "void": "does not apply",
}
VERBS = {
    "filled": ("is filled by the run", "are filled by the run"),
    "given": ("is given by the author", "are given by the author"),
    "author": ("needs the author", "need the author"),
    "not_met": ("is not met", "are not met"),
    "void": ("does not apply", "do not apply"),
}
# In which studies an item applies, and what is said where it does not.
CONDITIONS = {
    "development": "the model was received and not developed here",
    "external": "there is no external site",
}
_SEGMENT = re.compile(r"(?P<name>\w+)(?:\[(?:(?P<field>\w+)(?P<sign>!?=)(?P<value>[\w-]+))?\])?")


class Item(Section):
    """One item of a checklist.

    Parameters
    ----------
    id, section
        Its number and its part of the checklist.
    asks
        What it asks, in our words.
    keys
        Paths in ``numbers.json`` that must be there and not null: names with dots between,
        ``name[]`` for each entry of a list, ``name[kind=test]`` and ``name[kind!=test]`` for some.
    anchors
        Anchors of the report; ``{site}``, ``{cohort}`` and ``{external}`` stand for each site, each
        held-out cohort and each external one.
    place
        A place of the report that has no anchor, in words.
    author
        Statements that only the authors can make.
    applies
        The studies that it applies to; None for all.
    synthetic
        Why a run on synthetic data cannot fill it; None where it can.
    void
        Why it applies to no study of this workflow.
    """

    id: str = Field(pattern=r"^\d+[a-g]?$")
    section: str
    asks: str
    keys: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    place: str | None = None
    author: tuple[str, ...] = ()
    applies: Literal["development", "external"] | None = None
    synthetic: str | None = None
    void: str | None = None

    @model_validator(mode="after")
    def _is_answered_in_one_way(self) -> Self:
        if bool(self.keys or self.anchors or self.author) is bool(self.void):
            raise ValueError(f"item {self.id} has no answer, or several")
        for statement in self.author:
            if statement not in Statements.model_fields:
                raise ValueError(f"item {self.id} needs {statement}, which is no statement")
        return self


class Checklist(Section):
    """A published checklist.

    Parameters
    ----------
    reference
        Its key in the report's bibliography.
    numbered
        How many numbers it has; items with letters share one.
    compared
        What the list of items was compared with.
    """

    id: str
    name: str
    reference: str
    citation: str
    doi: str
    numbered: int
    compared: str
    items: list[Item]

    @model_validator(mode="after")
    def _has_each_number(self) -> Self:
        names = [item.id for item in self.items]
        numbers = list(dict.fromkeys(int(name.rstrip("abcdefg")) for name in names))
        if len(set(names)) < len(names) or numbers != list(range(1, self.numbered + 1)):
            raise ValueError(f"{self.id} has not each number from 1 to {self.numbered}, in order")
        return self


@cache
def checklists() -> tuple[Checklist, ...]:
    """Return the checklists."""
    return tuple(
        Checklist.model_validate(
            yaml.safe_load(files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
        )
        for name in LISTS
    )


def anchors(tree: str) -> dict[str, str]:
    """Return the anchors of a text, with the words of those on headings.

    Parameters
    ----------
    tree
        The text as Pandoc reads it, in Pandoc's JSON.
    """
    found: dict[str, str] = {}

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict):
            content: Any = node.get("c")
            if node.get("t") == "Header":
                found[content[1][0]] = _plain(content[2])
            elif isinstance(content, list) and content and _is_attribute(content[0]):
                found.setdefault(content[0][0], "")
            walk(content)

    walk(json.loads(tree)["blocks"])
    found.pop("", None)
    return found


def _is_attribute(part: Any) -> bool:
    """Tell an element's attributes, a triple of id, classes and pairs, from its content."""
    return isinstance(part, list) and len(part) == 3 and isinstance(part[0], str)


def _plain(node: Any) -> str:
    """Return the words of a heading, whatever their markup."""
    if isinstance(node, list):
        return "".join(_plain(part) for part in node)
    if not isinstance(node, dict):
        return ""
    kind = node["t"]
    if kind in {"Space", "SoftBreak", "LineBreak"}:
        return " "
    return str(node["c"]) if kind == "Str" else _plain(node.get("c", []))


def answer(
    content: Numbers, places: Mapping[str, str], statements: Statements
) -> list[dict[str, Any]]:
    """Return each checklist with the status of its items and with counts, ready for JSON.

    Parameters
    ----------
    content
        The report's numbers.
    places
        Anchors that the report has, each with its name ("Table 1").
    """
    found = []
    for listed in checklists():
        items = [answer_item(item, content, places, statements) for item in listed.items]
        counts = {status: sum(item["status"] == status for item in items) for status in STATUSES}
        found.append(
            {
                **listed.model_dump(exclude={"items"}),
                "counts": {"points": len(items), **counts},
                "items": items,
            }
        )
    return found


def answer_item(
    item: Item, content: Numbers, places: Mapping[str, str], statements: Statements
) -> dict[str, Any]:
    """Return one item with its status: what answers it, what is missing, and what is needed."""
    keys = [path for key in item.keys for path in _paths(content, key)]
    wanted = [anchor for pattern in item.anchors for anchor in _named(pattern, content)]
    asked_for = [name for name in item.author if getattr(statements, name) is None]
    lost = [f"the number {path}" for path, there in keys if not there]
    lost += [f"the place #{anchor} of the report" for anchor in wanted if anchor not in places]
    status, why = _status(item, content, lost, asked_for)
    shown = status not in {"not_met", "void"}
    return {
        "id": item.id,
        "section": item.section,
        "asks": item.asks,
        "status": status,
        "why": why,
        "where": [
            {"anchor": anchor, "name": places[anchor]} for anchor in wanted if anchor in places
        ]
        if shown
        else [],
        "place": item.place if shown else None,
        "keys": [path for path, there in keys if there] if shown else [],
        "needs": asked_for if status == "author" else [],
        "given": [name for name in item.author if name not in asked_for] if shown else [],
    }


def _status(
    item: Item, content: Numbers, lost: Sequence[str], asked_for: Sequence[str]
) -> tuple[str, str]:
    """Return the status of an item, and why it is not met or what is needed."""
    study = content["study"]
    apart = {
        "development": study.get("received"),
        "external": not any(cohort.get("kind") == "external" for cohort in content["cohorts"]),
    }
    if item.void:
        return "void", item.void
    if item.applies and apart[item.applies]:
        return "void", CONDITIONS[item.applies]
    if item.synthetic and study.get("synthetic"):
        return "not_met", f"synthetic data: {item.synthetic}"
    if lost:
        return "not_met", f"missing: {', '.join(lost)}"
    if asked_for:
        return "author", "; ".join(asked(name) for name in asked_for)
    return ("given" if item.author else "filled"), ""


def _paths(content: Any, key: str, done: str = "") -> Iterator[tuple[str, bool]]:
    """Yield each place that a path of ``keys`` names, and whether it is there and not null."""
    if not key:
        yield done, content is not None
        return
    match = _SEGMENT.match(key)
    if match is None:
        raise ValueError(f"no path in the numbers: {key}")
    name, rest = match["name"], key[match.end() :].removeprefix(".")
    path = f"{done}.{name}".removeprefix(".")
    if not isinstance(content, Mapping) or content.get(name) is None:
        yield ".".join(filter(None, (path, rest))), False
        return
    inner = content[name]
    if "[" not in match[0]:
        yield from _paths(inner, rest, path)
        return
    chosen = [entry for entry in inner if _is_chosen(entry, match)]
    if not chosen:
        yield ".".join(filter(None, (f"{done}.{match[0]}".removeprefix("."), rest))), False
    for entry in chosen:
        yield from _paths(entry, rest, f"{path}[{entry['id']}]" if "id" in entry else path)


def _is_chosen(entry: Mapping[str, Any], match: re.Match[str]) -> bool:
    if match["field"] is None:
        return True
    return (entry.get(match["field"]) == match["value"]) is (match["sign"] == "=")


def _named(pattern: str, content: Numbers) -> list[str]:
    """Return the anchors that a pattern stands for."""
    cohorts = held_out(content)
    of = {
        "{site}": [site["id"] for site in content["sites"]],
        "{cohort}": [cohort["id"] for cohort in cohorts],
        "{external}": [cohort["id"] for cohort in cohorts if cohort["kind"] == "external"],
    }
    for sign, names in of.items():
        if sign in pattern:
            return [pattern.replace(sign, name) for name in names]
    return [pattern]


def tally(counts: Mapping[str, int]) -> Markdown:
    """Return how many items have which status, as the rest of a sentence."""
    return sequence(
        f"{number(counts[status])} {one if counts[status] == 1 else many}"
        for status, (one, many) in VERBS.items()
        if counts[status]
    )


def checklist_tables(content: Numbers) -> list[Table]:
    """Return the answered checklists as tables; none of numbers that were not answered."""
    return [
        Table(
            key=f"checklist-{listed['id']}",
            caption=f"{listed['name']}, answered.",
            header=("Item", "What it asks", "Status", "Where, or what is missing"),
            rows=tuple(_rows(listed)),
            align="llll",
            mark=study_mark(content),
            note=f"The items of {listed['citation']} doi {listed['doi']}, in our words. "
            f"{listed['compared']} What is filled by the run is looked up in the numbers and in "
            "this report; where one of these is gone, the item is not met.",
            supplement=True,
        )
        for listed in content.get("checklists", [])
    ]


def _rows(listed: Mapping[str, Any]) -> Iterator[Row]:
    section = None
    for item in listed["items"]:
        if item["section"] != section:
            section = item["section"]
            yield heading_row(section, 4)
        yield Row((item["id"], item["asks"], STATUSES[item["status"]], _found(item)))


def _found(item: Mapping[str, Any]) -> str:
    """Return the last cell: links to the places, keys where there is none, what is missing."""
    places = [Markdown(f"[{escape(p['name'])}](#{p['anchor']})") for p in item["where"]]
    if item["place"]:
        places.append(escape(item["place"]))
    if item["given"]:
        places.append(Markdown("[Statements](#reporting-and-statements)"))
    said = []
    if places:
        said.append(sequence(places))
    elif item["keys"]:
        said.append(escape(f"numbers.json: {', '.join(item['keys'])}"))
    if item["why"]:
        lead = "the authors: " if item["status"] == "author" else ""
        said.append(escape(f"{lead}{item['why']}"))
    return Markdown("; ".join(said))


def checklist_frame(listed: Mapping[str, Any], *, synthetic: bool, origin: str) -> pd.DataFrame:
    """Return an answered checklist for its CSV file, with the keys of ``numbers.json``.

    Parameters
    ----------
    synthetic
        Whether any of the study's results is.
    origin
        What the file was made of, and by which command.
    """
    return pd.DataFrame(
        [
            {
                "item": item["id"],
                "section": item["section"],
                "asks": item["asks"],
                "source": f"{listed['name']}, doi {listed['doi']}",
                "status": STATUSES[item["status"]],
                "why": item["why"],
                "places": "; ".join(
                    [
                        *(f"{p['name']} (#{p['anchor']})" for p in item["where"]),
                        *([item["place"]] if item["place"] else []),
                    ]
                ),
                "keys": "; ".join(item["keys"]),
                "needs": "; ".join(item["needs"]),
                "given": "; ".join(item["given"]),
                "synthetic": "yes" if synthetic else "no",
                "origin": origin,
            }
            for item in listed["items"]
        ]
    )
