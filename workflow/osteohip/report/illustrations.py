"""The figures of the report in the order of their numbers: what their captions say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osteohip.report.attention import attention_illustrations
from osteohip.report.cohorts import cohort_title, held_out
from osteohip.report.illustration import Illustration
from osteohip.report.patients import compared_sites, group_title
from osteohip.writing import wording
from osteohip.writing.table import mark_of
from osteohip.writing.wording import plain

Numbers = Mapping[str, Any]


def illustrations(content: Numbers) -> list[Illustration]:
    """Return the figures in the order of their numbers."""
    cohorts = held_out(content)
    training, level = content["training"], content["study"]["interval_percent"]
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
    if compared_sites(content):
        found.append(_shift(compared_sites(content)))
    areas = [f"{cohort_title(c)} {wording.estimate(c['metrics']['auc'])}" for c in cohorts]
    curves = "curves with the area under each" if len(cohorts) > 1 else "curve with the area"
    found.append(
        Illustration(
            key="roc",
            caption=f"ROC {curves} and its {level} % interval. Band: pointwise {level} % interval "
            "of the sensitivity; circle: the operating point with the intervals of its "
            "sensitivity and specificity.",
            alt=f"Sensitivity against false positive rate; area: {'; '.join(areas)}.",
            width_mm=110,
            mark=mark_of(cohort["synthetic"] for cohort in cohorts),
        )
    )
    found += [*_score_illustrations(content), *_clinical_illustrations(content)]
    found += attention_illustrations(content)
    found.append(
        Illustration(
            key="history",
            caption="Loss and accuracy on training and validation images over the epochs.",
            alt=f"Two curves over {wording.plural(training['epochs'], 'epoch')}; epoch "
            f"{training['best_epoch']} was kept, with a validation accuracy of "
            f"{wording.percent(training['at_best']['validation_accuracy'])}.",
            width_mm=170,
            mark=mark_of([training["synthetic"]]),
        )
    )
    return found


def _shift(sites: Sequence[Numbers]) -> Illustration:
    """Return the figure of the sites beside one another."""
    said = [
        f"{group_title(site, partly=False)}: mean age "
        f"{wording.mean_sd(site['age_years'], 1)} years, mean lowest T-score "
        f"{wording.mean_sd(site['t_score'], 1)}"
        for site in sites
    ]
    return Illustration(
        key="shift",
        caption="The sites beside one another: age, lowest T-score, and X-ray device, each as a "
        "share of the site's hips.",
        alt=f"Histograms of age and T-score and bars of the devices. {'; '.join(said)}.",
        width_mm=170,
        mark=mark_of(site["synthetic"] for site in sites),
    )


def _score_illustrations(content: Numbers) -> list[Illustration]:
    """Return the figures of precision and recall, and of the scores."""
    everyone, cohorts = content["cohorts"], held_out(content)
    precisions = [
        f"{cohort_title(c)} {wording.estimate(c['metrics']['average_precision'])}" for c in cohorts
    ]
    calls = [
        f"{cohort_title(c)} {wording.number(c['called_osteoporosis'])} of {wording.number(c['n'])}"
        for c in everyone
    ]
    return [
        Illustration(
            key="precision-recall",
            caption="Precision against recall, with the average precision and its "
            f"{content['study']['interval_percent']} % interval. Thin line: the prevalence, which "
            "is the precision of calling everyone osteoporotic.",
            alt=f"Precision against recall; average precision: {'; '.join(precisions)}.",
            width_mm=110,
            mark=mark_of(cohort["synthetic"] for cohort in cohorts),
        ),
        Illustration(
            key="scores",
            caption="Hips of each class by score. Dotted: the threshold, from which on a score is "
            "called osteoporosis.",
            alt=f"Histograms of the scores by class; called osteoporosis: {'; '.join(calls)}.",
            width_mm=170,
            mark=mark_of(cohort["synthetic"] for cohort in everyone),
        ),
    ]


def _clinical_illustrations(content: Numbers) -> list[Illustration]:
    """Return the figures of calibration, decision curve and subgroups."""
    everyone, cohorts = content["cohorts"], held_out(content)
    level = content["study"]["interval_percent"]
    slopes = [
        f"{cohort_title(c)} {wording.estimate(c['metrics']['calibration_slope'])}" for c in everyone
    ]
    useful = [f"{cohort_title(c)} {useful_words(c)}" for c in cohorts]
    found = [
        Illustration(
            key="calibration",
            caption="Calibration. Curve: smooth share with osteoporosis by score, with its "
            f"pointwise {level} % band; points: groups of neighbouring scores; bars: hips by "
            "score.",
            alt=f"Share with osteoporosis against score; calibration slope: {'; '.join(slopes)}.",
            width_mm=170,
            mark=mark_of(cohort["synthetic"] for cohort in everyone),
        ),
        Illustration(
            key="decision",
            caption="Decision curves: net benefit of referring for DXA by the score, with its "
            f"{level} % interval, against referring everyone and nobody.",
            alt=f"Net benefit against threshold probability; of use: {'; '.join(useful)}.",
            width_mm=170,
            mark=mark_of(cohort["synthetic"] for cohort in cohorts),
        ),
    ]
    found += [
        Illustration(
            key=f"subgroups-{cohort['id']}",
            caption=f"Subgroups of {cohort_title(cohort)}: estimates with their {level} % "
            "interval; dotted: all hips. In brackets hips with osteoporosis / all. A dash: not "
            "defined there, or fewer than "
            f"{wording.number(content['config']['evaluation']['smallest_subgroup'])} hips.",
            alt=f"Forest of the area under the ROC curve, sensitivity and specificity in "
            f"{wording.plural(len(cohort['subgroups']) - 1, 'subgroup')}; the values of all hips "
            f"are {wording.estimate(cohort['metrics']['auc'])}, "
            f"{wording.estimate(cohort['metrics']['sensitivity'])} and "
            f"{wording.estimate(cohort['metrics']['specificity'])}.",
            width_mm=170,
            mark=mark_of([cohort["synthetic"]]),
        )
        for cohort in cohorts
    ]
    return found


def useful_words(cohort: Numbers) -> str:
    """Return where the score surely beats both referring everyone and nobody."""
    found = cohort["useful"]
    if found is None:
        return "at no threshold probability"
    return f"from {wording.exact_percent(found['low'])} to {wording.exact_percent(found['high'])}"
