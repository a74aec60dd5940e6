"""Commands that measure predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def threshold(
    *,
    out: Annotated[Path, typer.Option(help="threshold.json of the model bundle")],
    settings: Annotated[str | None, typer.Option(help="section `evaluation` as JSON")] = None,
) -> None:
    """Fix the operating point of a model before any test score exists."""
    from osteohip.config import Evaluation, parse_settings
    from osteohip.evaluation.threshold import Threshold
    from osteohip.files import write_json

    value = parse_settings(Evaluation, settings).threshold
    write_json(out, Threshold(value=value, rule="fixed", chosen_on=None).as_json())


def evaluate(
    *,
    predictions: Annotated[Path, typer.Option(help="predictions.csv: case_id, label, score")],
    out_dir: Annotated[Path, typer.Option(help="folder for metrics.json and roc.csv")],
    threshold: Annotated[
        float | None, typer.Option(help="a score at or above this is called osteoporosis")
    ] = None,
    threshold_file: Annotated[
        Path | None, typer.Option(help="threshold.json of the model, instead of --threshold")
    ] = None,
) -> None:
    """Measure a file of scores against its labels, each measure with its interval."""
    from osteohip.evaluation.assessment import assess, roc_table
    from osteohip.evaluation.predictions import read_predictions
    from osteohip.evaluation.threshold import take_threshold
    from osteohip.files import write_csv, write_json

    point = take_threshold(value=threshold, path=threshold_file)
    cases = read_predictions(predictions)
    write_json(out_dir / "metrics.json", assess(cases, point))
    write_csv(out_dir / "roc.csv", roc_table(cases))


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
