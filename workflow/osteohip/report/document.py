"""From numbers, tables and figures to one Markdown source, which all formats are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from osteohip.paper.tables import appendix_tables
from osteohip.readers.question import QUESTION
from osteohip.report.attention import attention_words, cohorts_looked
from osteohip.report.baselines import SAID
from osteohip.report.chapters import ORDER, bibliography, chapter
from osteohip.report.checklists import checklist_tables, tally
from osteohip.report.clinical import refit_sentence
from osteohip.report.cohorts import cohort_title, held_out, population, study_mark, where
from osteohip.report.discussion import conclusion, difference_to, limitations, main_findings
from osteohip.report.findings import (
    below_one_call,
    calibration_sentences,
    compared_sentence,
    performance_sentences,
    subgroup_sentences,
)
from osteohip.report.illustration import Illustration
from osteohip.report.illustrations import illustrations, useful_words
from osteohip.report.measures import INTERVALS
from osteohip.report.model_card import card_table
from osteohip.report.origins import origin, origins_chapter
from osteohip.report.patients import PART_NAMES, used_devices
from osteohip.statements import title as title_of
from osteohip.writing import wording
from osteohip.writing.documents.source import Source
from osteohip.writing.table import Table, marked, numbered, to_markdown
from osteohip.writing.wording import Markdown, escape, plain

Numbers = Mapping[str, Any]

SOFTWARE = {
    "python": "Python",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "jax": "JAX",
    "numpy": "NumPy",
}


@dataclass(frozen=True)
class _Placed:
    """A table or figure: a link with its number, and itself."""

    name: str
    markdown: Markdown


def report_markdown(
    content: Numbers, tables: Sequence[Table], origins: Mapping[str, Any] | None = None
) -> str:
    """Fill the chapters; everything in them comes from ``content``, text from data escaped.

    With ``origins``, pages lead from each figure and table to its files, digests and command.
    """
    environment = Environment(
        undefined=StrictUndefined,
        finalize=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        # What begins an anchor in Markdown begins no remark.
        comment_start_string="{##",
        comment_end_string="##}",
    )
    environment.filters |= {
        "number": wording.number,
        "exact": wording.exact,
        "counted": wording.plural,
        "estimate": lambda item, share=False: wording.unbroken(wording.estimate(item, share=share)),
        "cohort_title": cohort_title,
        "capital": wording.capital,
        "mean_sd": lambda item, digits: wording.unbroken(wording.mean_sd(item, digits)),
    }
    printed = printed_tables(content, tables)
    context = {
        **content,
        **_places(content, printed, origins),
        **_words(content),
        **_helpers(content),
    }
    texts = (environment.from_string(chapter(name)).render(context) for name in ORDER)
    parts = [text.strip("\n") for text in (*texts, origins_chapter(origins)) if text.strip()]
    return "\n\n".join(parts) + "\n"


def printed_tables(content: Numbers, tables: Sequence[Table]) -> list[Table]:
    """Return the tables of the report, those that tell of the report itself at the end."""
    return [*tables, card_table(content, numbered(tables)), *checklist_tables(content)]


def _places(
    content: Numbers, tables: Sequence[Table], origins: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return tables and figures by key, and in groups as the chapters name them."""
    names = numbered(tables)
    placed = {
        table.key: _Placed(
            name=Markdown(f"[{names[table.key]}](#table-{table.key})"),
            markdown=Markdown(
                to_markdown(table, names[table.key]) + origin(table.key, "tables", origins)
            ),
        )
        for table in tables
    }
    figures = {
        figure.key: _Placed(
            name=Markdown(f"[Figure {i}](#figure-{figure.key})"),
            markdown=Markdown(
                _figure_markdown(figure, f"Figure {i}") + origin(figure.key, "figures", origins)
            ),
        )
        for i, figure in enumerate(illustrations(content), 1)
    }
    appendix = [table.key for table in appendix_tables(content["audit"])]
    lists = [table.key for table in checklist_tables(content)]
    reporting = ["model-card", *lists]
    cohorts, sites = held_out(content), content["sites"]
    return {
        "tables": placed,
        "figures": figures,
        "supplement": [
            placed[table.key]
            for table in tables
            if table.supplement and table.key not in {*appendix, *reporting}
        ],
        "appendix": [placed[key] for key in appendix],
        "reporting": [placed[key] for key in reporting],
        "checklist_tables": [placed[key].name for key in lists],
        "confusion_tables": [placed[f"confusion-{c['id']}"].name for c in cohorts],
        "flow_tables": [placed[f"flow-{site['id']}"].name for site in sites],
        "flow_figures": [figures[f"flow-{site['id']}"].name for site in sites],
        "drop_tables": [placed[f"drop-{c['id']}"].name for c in cohorts if c["drop"]],
        "subgroup_tables": [placed[f"subgroups-{c['id']}"].name for c in cohorts],
        "attention_outcome_tables": [
            placed[f"attention-{cohort['id']}"].name for cohort, _ in cohorts_looked(content)
        ],
        "attention_cascade_tables": [
            placed[f"attention-cascade-{cohort['id']}"].name
            for cohort, _ in cohorts_looked(content)
        ],
        "subgroup_figures": [figures[f"subgroups-{c['id']}"].name for c in cohorts],
    }


def _words(content: Numbers) -> dict[str, Any]:
    """Return what several chapters take out of the numbers."""
    cohorts = held_out(content)
    evaluation = content["config"]["evaluation"]
    return {
        "checklists": content.get("checklists", []),
        "statements": [
            {"key": name, "title": title_of(name), "text": text}
            for name, text in content.get("statements", {}).items()
        ],
        "preprocessing": content["model"]["preprocessing"],
        "made": [site["name"] for site in content["sites"] if site["synthetic"]],
        "hospitals": [site["name"] for site in content["sites"] if not site["synthetic"]],
        "site_groups": [group for group in content["groups"] if group["id"] not in PART_NAMES],
        "by_id": {group["id"]: group for group in content["groups"]},
        "tests": [cohort for cohort in cohorts if cohort["kind"] == "test"],
        "externals": [cohort for cohort in cohorts if cohort["kind"] == "external"],
        "held_out": cohorts,
        "point": cohorts[0]["threshold"],
        "validation": content["cohorts"][0],
        "criteria": [step["criterion"] for step in content["sites"][0]["steps"][1:]],
        "label_regions": [
            wording.words(region) for region in content["config"]["selection"]["label_regions"]
        ],
        "software": [
            f"{SOFTWARE.get(name, name)} {version}"
            for name, version in content["model"].get("versions", {}).items()
        ],
        "scorer_names": SAID,
        "question": QUESTION,
        "comparator": content["baselines"]["comparator"],
        "proportion_interval": INTERVALS[evaluation["proportion_interval"]],
        **attention_words(content),
        "conclusion": conclusion(content),
        "main_findings": main_findings(content),
        "limitations": limitations(content),
        # A template holds no digit.
        "one": 1,
    }


def _helpers(content: Numbers) -> dict[str, Any]:
    """Return the functions that chapters call."""
    return {
        "useful": useful_words,
        "used_devices": used_devices,
        "voltages": lambda found: wording.span(found["low"], found["high"]),
        "tally": tally,
        "difference": lambda found: wording.unbroken(wording.difference(found)),
        "where": where,
        "difference_to": lambda cohort: difference_to(content, cohort),
        "area_span": lambda found: wording.span(found["low"], found["high"], 3),
        "refit_sentence": refit_sentence,
        "performance": performance_sentences,
        "below_one_call": below_one_call,
        "compared": compared_sentence,
        "calibrated": calibration_sentences,
        "subgroups": subgroup_sentences,
        "part_of": lambda item: wording.unbroken(wording.part_of(item)),
        "percent": lambda share: wording.unbroken(wording.percent(share)),
        "setting": lambda share: wording.unbroken(wording.exact_percent(share)),
        "sequence": wording.sequence,
    }


def _figure_markdown(figure: Illustration, name: str) -> Markdown:
    alt = plain(figure.alt).replace("\\", "\\\\").replace('"', '\\"')
    return Markdown(
        f"![**{name}.** {escape(figure.caption)}{marked(figure.mark)}](figures/{figure.key}.png)"
        f'{{#figure-{figure.key} alt="{alt}" width="{figure.width_mm}mm"}}'
    )


def title(content: Numbers) -> str:
    """Return the title, which says what was done."""
    sites = [site for site in content["sites"] if site["role"] == "external"]
    where = "at another hospital" if len(sites) == 1 else "at other hospitals"
    what = "a deep network that predicts osteoporosis from plain hip radiographs"
    if content["study"]["received"]:
        return f"Validation of {what} {where}"
    return (
        f"Development of {what} and its validation {where}"
        if sites
        else f"Development and internal test of {what}"
    )


def report_source(
    content: Numbers,
    tables: Sequence[Table],
    folder: Path | None,
    *,
    origins: Mapping[str, Any] | None = None,
) -> Source:
    """Return the report before it has a format.

    Parameters
    ----------
    folder
        The folder that holds ``figures/``.
    origins
        As ``origins.json`` holds it; None leaves out where figures and tables come from.
    """
    names: dict[str, list[str]] = {"development": [], "external": []}
    for site in content["sites"]:
        names[site["role"]].append(plain(site["name"]))
    origin = (
        f"Development: {', '.join(names['development'])}"
        if names["development"]
        else "A model received from elsewhere"
    )
    where = f"External: {', '.join(names['external'])}" if names["external"] else "No external site"
    whom = population(content["config"]["selection"])
    return Source(
        markdown=report_markdown(content, tables, origins),
        title=title(content),
        subtitle=f"{wording.capital(whom)}. {origin}. {where}.",
        mark=study_mark(content),
        folder=folder,
        bibliography=bibliography(),
    )
