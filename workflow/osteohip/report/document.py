"""From numbers, tables and figures to one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from osteohip.paper.tables import appendix_tables
from osteohip.report.baselines import NAMES
from osteohip.report.clinical import refit_sentence
from osteohip.report.cohorts import cohort_title, held_out
from osteohip.report.measures import INTERVALS
from osteohip.writing import page, wording
from osteohip.writing.table import Table, mark_of, marked, numbered, to_markdown
from osteohip.writing.wording import Markdown, escape, plain

Numbers = Mapping[str, Any]

TITLE = "Osteoporosis from plain hip radiographs"


@dataclass(frozen=True)
class Illustration:
    """A figure in the report.

    Parameters
    ----------
    key
        Name of its files without ending.
    caption
        What it shows, without number.
    alt
        What there is to see, for those who do not see it.
    width_mm
        Width in print.
    mark
        Empty, or that it shows synthetic data, wholly or in part.
    """

    key: str
    caption: str
    alt: str
    width_mm: int
    mark: str


@dataclass(frozen=True)
class _Placed:
    name: str
    markdown: Markdown


def illustrations(content: Numbers) -> list[Illustration]:
    """Return the figures in the order of their numbers."""
    cohorts = held_out(content)
    training = content["training"]
    found = [
        Illustration(
            key=f"flow-{site['id']}",
            caption=f"Flow of films, records and patients at {plain(site['name'])}. Patients in "
            "brackets where records are excluded.",
            alt=f"Flow diagram: {wording.plural(site['came_in']['records'], 'record')} came in, "
            f"{wording.number(site['excluded']['records'])} were excluded, "
            f"{wording.number(site['uncroppable_total'])} could not be cropped, "
            f"{wording.plural(site['images'], 'image')} remained.",
            width_mm=150,
            mark=mark_of([site["synthetic"]]),
        )
        for site in content["sites"]
    ]
    areas = [f"{cohort_title(c)} {wording.estimate(c['metrics']['auc'])}" for c in cohorts]
    curves = "curves with the area under each" if len(cohorts) > 1 else "curve with the area"
    found.append(
        Illustration(
            key="roc",
            caption=f"ROC {curves} and its {content['study']['interval_percent']} % interval. "
            "A circle is the operating point.",
            alt=f"Sensitivity against false positive rate; area: {'; '.join(areas)}.",
            width_mm=110,
            mark=mark_of(cohort["synthetic"] for cohort in cohorts),
        )
    )
    found += _clinical_illustrations(content)
    found.append(
        Illustration(
            key="history",
            caption="Loss and accuracy on training and validation images over the epochs.",
            alt=f"Two curves over {wording.plural(training['epochs'], 'epoch')}; epoch "
            f"{training['best_epoch']} was kept, with a validation accuracy of "
            f"{wording.percent(training['at_best']['validation_accuracy'])}.",
            width_mm=180,
            mark=mark_of([training["synthetic"]]),
        )
    )
    return found


def _clinical_illustrations(content: Numbers) -> list[Illustration]:
    """Return the figures of calibration, decision curve and subgroups."""
    everyone, cohorts = content["cohorts"], held_out(content)
    level = content["study"]["interval_percent"]
    slopes = [
        f"{cohort_title(c)} {wording.estimate(c['metrics']['calibration_slope'])}" for c in everyone
    ]
    useful = [f"{cohort_title(c)} {_useful(c)}" for c in cohorts]
    found = [
        Illustration(
            key="calibration",
            caption="Calibration. Curve: smooth share with osteoporosis by score, with its "
            f"pointwise {level} % band; points: groups of neighbouring scores; bars: hips by "
            "score.",
            alt=f"Share with osteoporosis against score; calibration slope: {'; '.join(slopes)}.",
            width_mm=180,
            mark=mark_of(cohort["synthetic"] for cohort in everyone),
        ),
        Illustration(
            key="decision",
            caption="Decision curves: net benefit of referring for DXA by the score, with its "
            f"{level} % interval, against referring everyone and nobody.",
            alt=f"Net benefit against threshold probability; of use: {'; '.join(useful)}.",
            width_mm=180,
            mark=mark_of(cohort["synthetic"] for cohort in cohorts),
        ),
    ]
    found += [
        Illustration(
            key=f"subgroups-{cohort['id']}",
            caption=f"Subgroups of {cohort_title(cohort)}: estimates with their {level} % "
            "interval; dotted: all hips. In brackets hips with osteoporosis / all.",
            alt=f"Forest of the area under the ROC curve, sensitivity and specificity in "
            f"{wording.plural(len(cohort['subgroups']) - 1, 'subgroup')}; the values of all hips "
            f"are {wording.estimate(cohort['metrics']['auc'])}, "
            f"{wording.estimate(cohort['metrics']['sensitivity'])} and "
            f"{wording.estimate(cohort['metrics']['specificity'])}.",
            width_mm=180,
            mark=mark_of([cohort["synthetic"]]),
        )
        for cohort in cohorts
    ]
    return found


def _useful(cohort: Numbers) -> str:
    """Return where the score surely beats both referring everyone and nobody."""
    found = cohort["useful"]
    if found is None:
        return "at no threshold probability"
    return f"from {wording.percent(found['low'])} to {wording.percent(found['high'])}"


def report_markdown(content: Numbers, tables: Sequence[Table]) -> str:
    """Fill the template; everything in it comes from ``content``, text from data escaped."""
    names = numbered(tables)
    placed_tables = {
        table.key: _Placed(
            name=Markdown(f"[{names[table.key]}](#table-{table.key})"),
            markdown=to_markdown(table, names[table.key]),
        )
        for table in tables
    }
    figures = {
        figure.key: _Placed(
            name=Markdown(f"[Figure {i}](#figure-{figure.key})"),
            markdown=_figure_markdown(figure, f"Figure {i}"),
        )
        for i, figure in enumerate(illustrations(content), 1)
    }
    sites = content["sites"]
    by_id = {group["id"]: group for group in content["groups"]}
    cohorts = held_out(content)
    appendix = [table.key for table in appendix_tables(content["audit"])]
    environment = Environment(
        undefined=StrictUndefined, finalize=escape, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": wording.number,
        "exact": wording.exact,
        "counted": wording.plural,
        "estimate": lambda item: wording.unbroken(wording.estimate(item)),
        "mean_sd": lambda item, digits: wording.unbroken(wording.mean_sd(item, digits)),
    }
    template = files("osteohip.report").joinpath("template.md").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        **{
            name: content[name]
            for name in ("study", "sites", "config", "model", "training", "runs", "received")
        },
        **{name: content[name] for name in ("leakage", "warnings", "comparison")},
        preprocessing=content["model"]["preprocessing"],
        developments=[site for site in sites if site["role"] == "development"],
        by_id=by_id,
        tests=[cohort for cohort in cohorts if cohort["kind"] == "test"],
        externals=[cohort for cohort in cohorts if cohort["kind"] == "external"],
        point=cohorts[0]["threshold"],
        held_out=cohorts,
        label_regions=[wording.words(r) for r in content["config"]["selection"]["label_regions"]],
        tables=placed_tables,
        figures=figures,
        supplement=[
            placed_tables[table.key]
            for table in tables
            if table.supplement and table.key not in appendix
        ],
        appendix=[placed_tables[key] for key in appendix],
        audit=content["audit"],
        confusion_tables=[placed_tables[f"confusion-{c['id']}"].name for c in cohorts],
        flow_tables=[placed_tables[f"flow-{site['id']}"].name for site in sites],
        flow_figures=[figures[f"flow-{site['id']}"].name for site in sites],
        drop_tables=[placed_tables[f"drop-{c['id']}"].name for c in cohorts if c["drop"]],
        subgroup_tables=[placed_tables[f"subgroups-{c['id']}"].name for c in cohorts],
        subgroup_figures=[figures[f"subgroups-{c['id']}"].name for c in cohorts],
        useful=_useful,
        difference=lambda found: wording.unbroken(wording.difference(found)),
        area_span=lambda found: wording.span(found["low"], found["high"], 3),
        scorer_names=NAMES,
        comparator=content["baselines"]["comparator"],
        refit_sentence=refit_sentence,
        proportion_interval=INTERVALS[content["config"]["evaluation"]["proportion_interval"]],
        validation=content["cohorts"][0],
        one=1,
        part_of=lambda item: wording.unbroken(wording.part_of(item)),
        percent=lambda share: wording.unbroken(wording.percent(share)),
        sequence=wording.sequence,
    )


def _figure_markdown(figure: Illustration, name: str) -> Markdown:
    alt = plain(figure.alt).replace("\\", "\\\\").replace('"', '\\"')
    return Markdown(
        f"![**{name}.** {escape(figure.caption)}{marked(figure.mark)}](figures/{figure.key}.png)"
        f'{{#figure-{figure.key} alt="{alt}" width="{figure.width_mm}mm"}}'
    )


def to_html(markdown: str, content: Numbers, folder: Path) -> str:
    """Return the report as one HTML page with its pictures and style inside.

    Parameters
    ----------
    markdown
        As `report_markdown` gives it.
    folder
        The folder that holds ``figures/``.
    """
    names: dict[str, list[str]] = {"development": [], "external": []}
    for site in content["sites"]:
        names[site["role"]].append(plain(site["name"]))
    origin = (
        f"Development: {', '.join(names['development'])}"
        if names["development"]
        else ("A model received from elsewhere")
    )
    where = (
        f"External: {', '.join(names['external'])}" if names["external"] else ("No external site")
    )
    return page.to_html(
        markdown,
        title=TITLE,
        page_title=f"{TITLE}{' – synthetic data' if content['study']['synthetic'] else ''}",
        subtitle=f"{origin}. {where}.",
        folder=folder,
    )
