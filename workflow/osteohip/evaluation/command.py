"""Commands that measure predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
    raise NotImplementedError
