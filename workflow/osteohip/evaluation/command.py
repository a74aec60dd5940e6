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
