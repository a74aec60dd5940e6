"""Commands that measure predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def threshold(
    *,
    out: Annotated[Path, typer.Option(help="threshold.json of the model bundle")],
    predictions: Annotated[
        Path | None, typer.Option(help="predictions.csv of the validation set")
    ] = None,
    split: Annotated[
        Path | None, typer.Option(help="split.csv, to prove that these cases are of validation")
    ] = None,
    calibration_out: Annotated[
        Path | None, typer.Option(help="calibration.json to write: the refit")
    ] = None,
    triage_out: Annotated[
        Path | None, typer.Option(help="triage.json to write: who needs no DXA")
    ] = None,
    settings: Annotated[str | None, typer.Option(help="section `evaluation` as JSON")] = None,
) -> None:
    """Choose on the validation set what a model is used with, before any test score is read.

    The operating point, the refit of the calibration and the thresholds of the triage. There is no
    way to choose on other cases: the scores must be those of the split's validation part.
    """
    from osteohip.config import Evaluation, parse_settings
    from osteohip.errors import StudyError
    from osteohip.evaluation.predictions import read_validation
    from osteohip.evaluation.recalibration import fit_recalibration
    from osteohip.evaluation.threshold import VALIDATION, Threshold, chosen_threshold
    from osteohip.evaluation.triage import BASES, choose_triage
    from osteohip.files import write_json

    if (predictions is None) != (split is None):
        raise StudyError("give --predictions and --split together, or neither")
    chosen = parse_settings(Evaluation, settings)
    cases = None
    if predictions is not None and split is not None:
        cases = read_validation(predictions, split=split)
    if cases is None and (calibration_out or triage_out or chosen.threshold_rule != "fixed"):
        raise StudyError(
            "a threshold that is not fixed, a refit or a triage is chosen on the validation set: "
            "give --predictions and --split"
        )
    if cases is None or chosen.threshold_rule == "fixed":
        point = Threshold(value=chosen.threshold, rule="fixed", chosen_on=None)
    else:
        point = chosen_threshold(
            rule=chosen.threshold_rule,
            labels=cases.labels,
            scores=cases.scores,
            least_sensitivity=chosen.least_sensitivity,
            chosen_on=VALIDATION,
        )
    written: dict[Path, Any] = {}
    if cases is not None and calibration_out is not None:
        refit = fit_recalibration(
            labels=cases.labels,
            scores=cases.scores,
            method=chosen.recalibration,
            fitted_on=VALIDATION,
        )
        written[calibration_out] = refit.as_json()
    if cases is not None and triage_out is not None:
        triages = [
            choose_triage(
                labels=cases.labels,
                scores=cases.scores,
                basis=basis,
                ppv=chosen.rule_in_ppv,
                npv=chosen.rule_out_npv,
                chosen_on=VALIDATION,
            )
            for basis in BASES
        ]
        written[triage_out] = [triage.as_json() for triage in triages]
    for path, content in {**written, out: point.as_json()}.items():
        write_json(path, content)


def evaluate(
    *,
    predictions: Annotated[
        Path, typer.Option(help="predictions.csv: case_id, label, score; optional patient_key")
    ],
    out_dir: Annotated[Path, typer.Option(help="folder for metrics.json and its neighbours")],
    threshold: Annotated[
        float | None, typer.Option(help="a score at or above this is called osteoporosis")
    ] = None,
    threshold_file: Annotated[
        Path | None, typer.Option(help="threshold.json of the model, instead of --threshold")
    ] = None,
    calibration_file: Annotated[
        Path | None, typer.Option(help="calibration.json of the model: its refit")
    ] = None,
    triage_file: Annotated[Path | None, typer.Option(help="triage.json of the model")] = None,
    cohort: Annotated[
        Path | None, typer.Option(help="cohort.csv of the site, for subgroups.csv")
    ] = None,
    label_t_score: Annotated[
        float, typer.Option(help="T-score that makes the label, for its bands in subgroups.csv")
    ] = -2.5,
    retune: Annotated[
        bool,
        typer.Option("--retune", help="show beside it a threshold chosen on these very cases"),
    ] = False,
    settings: Annotated[str | None, typer.Option(help="section `evaluation` as JSON")] = None,
) -> None:
    """Measure a file of scores against its labels, each measure with its interval."""
    from osteohip.config import Evaluation, parse_settings
    from osteohip.evaluation.assessment import assess, bootstrap_facts, measure, roc_table
    from osteohip.evaluation.calibration import calibration_table
    from osteohip.evaluation.carried import (
        next_site,
        recalibrated,
        retuned,
        score_versions,
        triaged,
    )
    from osteohip.evaluation.decision import decision_table
    from osteohip.evaluation.predictions import read_cohort, read_predictions
    from osteohip.evaluation.recalibration import read_recalibration
    from osteohip.evaluation.subgroups import subgroup_table
    from osteohip.evaluation.threshold import take_threshold
    from osteohip.evaluation.triage import read_triage
    from osteohip.files import write_csv, write_json

    point = take_threshold(value=threshold, path=threshold_file)
    refit = None if calibration_file is None else read_recalibration(calibration_file)
    triages = None if triage_file is None else read_triage(triage_file)
    patients = None if cohort is None else read_cohort(cohort)
    cases = read_predictions(predictions)
    chosen = parse_settings(Evaluation, settings)
    measured = measure(cases, point, chosen)
    metrics = assess(cases, point, measured)
    if refit is not None:
        metrics["recalibrated"] = recalibrated(cases, refit)
    if triages is not None:
        metrics["triage"] = triaged(cases, triages)
    if retune:
        metrics["retuned"] = retuned(cases, chosen)
    versions = score_versions(cases, refit)
    # All is worked out before the first file is written, so that an error leaves none behind.
    facts = {
        "metrics.json": metrics,
        "bootstrap.json": bootstrap_facts(cases, measured, chosen),
        "samplesize.json": next_site(metrics, chosen),
    }
    tables = {
        "roc.csv": roc_table(cases),
        "calibration.csv": calibration_table(labels=cases.labels, versions=versions),
        "decision.csv": decision_table(labels=cases.labels, versions=versions),
    }
    if patients is not None:
        tables["subgroups.csv"] = subgroup_table(
            cases,
            patients,
            threshold=point.value,
            smallest=chosen.smallest_subgroup,
            label_t_score=label_t_score,
            interval=chosen.proportion_interval,
        )
    for name, content in facts.items():
        write_json(out_dir / name, content)
    for name, table in tables.items():
        write_csv(out_dir / name, table)
    _tell_written(*(out_dir / name for name in (*facts, *tables)))


def drop(
    *,
    predictions: Annotated[Path, typer.Option(help="predictions.csv of the external site")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the external site")],
    threshold_file: Annotated[Path, typer.Option(help="threshold.json of the model")],
    out: Annotated[Path, typer.Option(help="drop.json to write")],
    internal_predictions: Annotated[
        Path | None, typer.Option(help="predictions.csv of the internal test set")
    ] = None,
    internal_cohort: Annotated[
        Path | None, typer.Option(help="cohort.csv of the development site")
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(help="reference.json of the model, where the internal cases are not at hand"),
    ] = None,
    calibration_file: Annotated[
        Path | None, typer.Option(help="calibration.json of the model: its refit")
    ] = None,
    settings: Annotated[str | None, typer.Option(help="section `evaluation` as JSON")] = None,
) -> None:
    """Take the drop from the internal test set to an external site apart."""
    from osteohip.config import Evaluation, parse_settings
    from osteohip.errors import StudyError
    from osteohip.evaluation.drop import internal_from_cases, internal_from_reference, take_apart
    from osteohip.evaluation.predictions import read_cohort, read_predictions
    from osteohip.evaluation.recalibration import read_recalibration
    from osteohip.evaluation.threshold import take_threshold
    from osteohip.files import write_json

    point = take_threshold(value=None, path=threshold_file)
    chosen = parse_settings(Evaluation, settings)
    if reference is not None and internal_predictions is None and internal_cohort is None:
        internal = internal_from_reference(reference)
    elif reference is None and internal_predictions is not None and internal_cohort is not None:
        internal = internal_from_cases(
            read_predictions(internal_predictions),
            read_cohort(internal_cohort),
            threshold=point.value,
        )
    else:
        raise StudyError("give --internal-predictions and --internal-cohort, or --reference")
    found = take_apart(
        internal,
        read_predictions(predictions),
        read_cohort(cohort),
        threshold=point.value,
        recalibration=None if calibration_file is None else read_recalibration(calibration_file),
        method=chosen.recalibration,
        smallest=chosen.smallest_effective_size,
    )
    write_json(out, found)


def samplesize(
    *,
    prevalence: Annotated[
        float | None, typer.Option(min=0, max=1, help="anticipated share with osteoporosis")
    ] = None,
    auc: Annotated[float | None, typer.Option(min=0, max=1, help="anticipated AUC")] = None,
    sensitivity: Annotated[
        float | None, typer.Option(min=0, max=1, help="anticipated sensitivity")
    ] = None,
    specificity: Annotated[
        float | None, typer.Option(min=0, max=1, help="anticipated specificity")
    ] = None,
    observed_expected: Annotated[
        float, typer.Option(min=0.01, help="anticipated ratio of observed to expected cases")
    ] = 1.0,
    metrics: Annotated[
        Path | None,
        typer.Option(help="metrics.json of an earlier cohort, for what is not anticipated above"),
    ] = None,
    auc_width: Annotated[
        float | None, typer.Option(min=0.001, max=0.999, help="width of the AUC's interval")
    ] = None,
    sensitivity_width: Annotated[
        float | None, typer.Option(min=0.001, max=0.999, help="width of the sensitivity's")
    ] = None,
    specificity_width: Annotated[
        float | None, typer.Option(min=0.001, max=0.999, help="width of the specificity's")
    ] = None,
    observed_expected_width: Annotated[
        float | None, typer.Option(min=0.001, help="width of the ratio's")
    ] = None,
    in_hand: Annotated[int | None, typer.Option(min=1, help="patients that there are")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file; else it is printed")] = None,
    settings: Annotated[str | None, typer.Option(help="section `evaluation` as JSON")] = None,
) -> None:
    """Tell how many patients the next site needs for intervals of a chosen width.

    Widths go from limit to limit of a 95 % interval; by default those of the configuration.
    """
    import json

    from osteohip.config import Evaluation, parse_settings
    from osteohip.errors import StudyError
    from osteohip.evaluation.predictions import read_metrics
    from osteohip.evaluation.sample_size import sample_size
    from osteohip.files import write_json

    anticipated = {"auc": auc, "sensitivity": sensitivity, "specificity": specificity}
    if metrics is not None:
        earlier = read_metrics(metrics)
        counts = earlier["confusion"]
        if prevalence is None:
            prevalence = (counts["tp"] + counts["fn"]) / earlier["n"]
        anticipated |= {
            name: earlier["metrics"][name]["estimate"]
            for name, value in anticipated.items()
            if value is None
        }
    if prevalence is None:
        raise StudyError("give --prevalence, or --metrics of an earlier cohort")
    default = parse_settings(Evaluation, settings).widths.model_dump()
    given = {
        "auc": auc_width,
        "sensitivity": sensitivity_width,
        "specificity": specificity_width,
        "observed_expected": observed_expected_width,
    }
    found = sample_size(
        prevalence=prevalence,
        anticipated={**anticipated, "observed_expected": observed_expected},
        widths={name: given[name] or default[name] for name in given},
        in_hand=None if in_hand is None else (in_hand, None),
    )
    if out is None:
        print(json.dumps(found, indent=2))
    else:
        write_json(out, found)


def ensemble(
    *,
    predictions: Annotated[
        list[Path], typer.Option(help="predictions.csv of a member; repeat for each")
    ],
    out: Annotated[Path, typer.Option(help="predictions.csv of the ensemble")],
) -> None:
    """Average the scores that several models give the same cases."""
    import pandas as pd

    from osteohip.evaluation.ensemble import mean_scores
    from osteohip.evaluation.predictions import read_predictions
    from osteohip.files import write_csv

    found = mean_scores({str(path): read_predictions(path) for path in predictions})
    columns = {"case_id": found.case_ids, "label": found.labels, "score": found.scores}
    write_csv(out, pd.DataFrame(columns))


def runs(
    *,
    plans: Annotated[str, typer.Option(help="all runs with variant, seeds and members, as JSON")],
    primary: Annotated[str, typer.Option(help="name of the study's run")],
    models: Annotated[Path, typer.Option(help="folder of the model bundles, by run")],
    evaluation: Annotated[Path, typer.Option(help="folder of the evaluations, by run and cohort")],
    cohort: Annotated[list[str], typer.Option(help="cohort to compare in; repeat for each")],
    out: Annotated[Path, typer.Option(help="runs.json to write")],
) -> None:
    """Compare the runs of a study: seeds of a variant, and variants on the same cases."""
    from osteohip.config import Plans, parse_settings
    from osteohip.evaluation.predictions import read_predictions
    from osteohip.evaluation.runs import compare_runs
    from osteohip.files import read_json, write_json

    planned = parse_settings(Plans, plans).runs
    facts = {
        run.name: read_json(models / run.name / "run.json")
        for run in planned
        if run.ensemble is None
    }
    kept = ("best_epoch", "best_validation_accuracy", "warnings")
    content = {
        "primary": primary,
        "runs": [
            {
                **run.model_dump(mode="json"),
                **{key: facts[run.name][key] if run.name in facts else None for key in kept},
            }
            for run in planned
        ],
        "cohorts": {
            name: compare_runs(
                planned,
                primary=primary,
                predictions={
                    run.name: read_predictions(evaluation / run.name / name / "predictions.csv")
                    for run in planned
                },
                metrics={
                    run.name: read_json(evaluation / run.name / name / "metrics.json")
                    for run in planned
                },
            )
            for name in cohort
        },
    }
    write_json(out, content)


def compare(
    *,
    a: Annotated[Path, typer.Option(help="predictions: case_id, label, score; any real score")],
    b: Annotated[Path, typer.Option(help="the same of another model or of another cohort")],
    paired: Annotated[
        bool,
        typer.Option(
            "--paired/--unpaired", help="the same cases, joined by case_id, or two cohorts"
        ),
    ],
    out: Annotated[Path, typer.Option(help="JSON file to write")],
) -> None:
    """Test whether two areas under the ROC curve differ: a minus b, by DeLong's method."""
    import sys

    from osteohip.evaluation.pairing import compare_files
    from osteohip.files import write_json

    found = compare_files(a, b, paired=paired)
    for warning in found["warnings"]:
        print(f"osteohip: warning: {warning['text']}", file=sys.stderr)
    write_json(out, found)
    _tell_written(out)


def contrast(
    *,
    evaluation: Annotated[Path, typer.Option(help="evaluations of a run: one folder per cohort")],
    internal: Annotated[str, typer.Option(help="the cohort that the others are set against")],
    out: Annotated[Path, typer.Option(help="comparison.json to write")],
    external: Annotated[
        list[str] | None, typer.Option(help="another cohort; repeat for each")
    ] = None,
) -> None:
    """Set external cohorts against the internal test set, each difference with its interval."""
    from osteohip.evaluation.contrast import Evaluated, contrasts
    from osteohip.evaluation.measures import Confusion
    from osteohip.evaluation.predictions import read_metrics, read_predictions
    from osteohip.files import write_json

    cohorts = {
        name: Evaluated(
            predictions=read_predictions(evaluation / name / "predictions.csv"),
            counts=Confusion(**read_metrics(evaluation / name / "metrics.json")["confusion"]),
        )
        for name in (internal, *(external or ()))
    }
    write_json(out, contrasts(internal, cohorts))


def agreement(
    *,
    readings: Annotated[Path, typer.Option(help="CSV: case_id, reader, adequate (yes or no)")],
    out: Annotated[Path, typer.Option(help="JSON file to write")],
    allow_incomplete: Annotated[
        bool,
        typer.Option(
            "--allow-incomplete", help="count cases that a reader left out, instead of an error"
        ),
    ] = False,
) -> None:
    """Measure how far two readers or more agree, with what corrects for chance."""
    from osteohip.evaluation.readings import read_readings, readings_facts
    from osteohip.files import write_json

    write_json(out, readings_facts(read_readings(readings, allow_incomplete=allow_incomplete)))
    _tell_written(out)


def _tell_written(*paths: Path) -> None:
    typer.echo("\n".join(["Written:", *(f"  {path}" for path in paths)]))
