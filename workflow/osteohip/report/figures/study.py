"""All figures of a study, drawn and written."""

from __future__ import annotations

from pathlib import Path

from osteohip.report.attention import attention_illustrations
from osteohip.report.cohorts import held_out
from osteohip.report.figures.attention import attention_figures
from osteohip.report.figures.calibration import calibration_figure
from osteohip.report.figures.decision import decision_figure
from osteohip.report.figures.flow import flow_figure
from osteohip.report.figures.history import history_figure
from osteohip.report.figures.precision_recall import precision_recall_figure
from osteohip.report.figures.roc import roc_figure
from osteohip.report.figures.scores import scores_figure
from osteohip.report.figures.shift import shift_figure
from osteohip.report.figures.style import Numbers, house_style, save, watermark
from osteohip.report.figures.subgroups import subgroups_figure
from osteohip.report.patients import compared_sites
from osteohip.report.results import PARTS, Results
from osteohip.writing.table import mark_of


def draw_figures(content: Numbers, results: Results, folder: Path) -> set[Path]:
    """Write every figure as PDF and PNG into ``folder`` and return the paths written.

    What is printed in a figure comes from the numbers, the curves from the results.
    """
    by_id = {group["id"]: group for group in content["groups"]}
    cohorts = held_out(content)
    curves = {name: evaluation.roc for name, evaluation in results.evaluations.items()}
    training = content["training"]
    with house_style():
        drawn = {
            f"flow-{site['id']}": (
                flow_figure(
                    site,
                    [by_id[part] for part in PARTS] if site["role"] == "development" else [],
                ),
                mark_of([site["synthetic"]]),
            )
            for site in content["sites"]
        }
        sites = compared_sites(content)
        if sites:
            drawn["shift"] = (
                shift_figure(sites, results.images),
                mark_of(site["synthetic"] for site in sites),
            )
        drawn["roc"] = (
            roc_figure(cohorts, curves),
            mark_of(cohort["synthetic"] for cohort in cohorts),
        )
        drawn["precision-recall"] = (precision_recall_figure(cohorts, curves), drawn["roc"][1])
        everyone = content["cohorts"]
        drawn["scores"] = (
            scores_figure(everyone, {c: found.scores for c, found in results.evaluations.items()}),
            mark_of(cohort["synthetic"] for cohort in everyone),
        )
        drawn["calibration"] = (
            calibration_figure(
                everyone, {c: found.calibration for c, found in results.evaluations.items()}
            ),
            mark_of(cohort["synthetic"] for cohort in everyone),
        )
        drawn["decision"] = (
            decision_figure(
                cohorts, {c: found.decision for c, found in results.evaluations.items()}
            ),
            mark_of(cohort["synthetic"] for cohort in cohorts),
        )
        drawn |= {
            f"subgroups-{cohort['id']}": (
                subgroups_figure(cohort),
                mark_of([cohort["synthetic"]]),
            )
            for cohort in cohorts
        }
        if results.looked is not None and results.example is not None:
            chosen = content["attention"]["figures"]
            marks = {figure.key: figure.mark for figure in attention_illustrations(content)}
            pictures = attention_figures(
                content["attention"],
                results.looked[chosen["cohort"]],
                results.example.picture if chosen["film"]["reason"] is None else None,
            )
            drawn |= {key: (figure, marks[key]) for key, figure in pictures.items()}
        drawn["history"] = (
            history_figure(results.model.history, training),
            mark_of([training["synthetic"]]),
        )
        for name, (figure, mark) in drawn.items():
            if mark:
                watermark(figure, mark)
            save(figure, folder / name)
    return {folder / f"{name}{suffix}" for name in drawn for suffix in (".pdf", ".png")}
