"""Which cohorts the report is about, and how it calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osteohip.writing.table import PARTLY, SYNTHETIC
from osteohip.writing.wording import Markdown, escape, exact, plain

Numbers = Mapping[str, Any]

SEXES = {"F": "women", "M": "men", None: "women and men"}


def held_out(content: Numbers) -> list[dict[str, Any]]:
    """Return the cohorts that had no part in training: the test set and the external sites."""
    return [cohort for cohort in content["cohorts"] if cohort["kind"] != "validation"]


def cohort_title(cohort: Numbers) -> str:
    """Return how a cohort is called in a sentence."""
    return {
        "validation": "the validation set",
        "test": "the test set",
        "external": f"the external site {plain(cohort['name'])}",
    }[cohort["kind"]]


def column_title(cohort: Numbers, *, partly: bool = False) -> str:
    """Return how a cohort is called at the head of a column."""
    name = str(cohort["name"])
    title = f"External: {plain(name)}" if cohort["kind"] == "external" else name
    return f"{title} (synthetic)" if partly and cohort["synthetic"] else title


def where(cohort: Numbers) -> Markdown:
    """Return where something was found, for a sentence: "on the test set", "at Busan"."""
    if cohort["kind"] == "external":
        return Markdown(f"at {escape(cohort['name'])}")
    return Markdown(f"on the {cohort['kind']} set")


def study_mark(content: Numbers) -> str:
    """Return the mark of what tells of the whole study: a result with a synthetic part is one."""
    study = content["study"]
    return SYNTHETIC if study["all_synthetic"] else PARTLY if study["synthetic"] else ""


def population(selection: Numbers) -> str:
    """Return whom criteria take: "women aged 55 years or more"."""
    youngest = selection["min_age_years"]
    age = "of any age" if youngest is None else f"aged {exact(youngest)} years or more"
    return f"{SEXES[selection['sex']]} {age}"
