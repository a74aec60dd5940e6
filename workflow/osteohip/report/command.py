"""The command that writes the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    *,
    run: Annotated[str, typer.Option(help="name of the run that is reported")],
    model: Annotated[Path, typer.Option(help="the model bundle of that run")],
    development: Annotated[Path, typer.Option(help="results of the development site")],
    split: Annotated[Path, typer.Option(help="split.csv")],
    leakage: Annotated[Path, typer.Option(help="leakage.json")],
    evaluation: Annotated[
        Path, typer.Option(help="evaluations of the run: one folder per cohort")
    ],
    config: Annotated[Path, typer.Option(help="the resolved configuration as JSON")],
    out_dir: Annotated[Path, typer.Option(help="folder for report, numbers, tables, figures")],
    external: Annotated[
        list[Path] | None, typer.Option(help="results of an external site; repeatable")
    ] = None,
) -> None:
    """Write the report, its numbers, tables and figures from results."""
    raise NotImplementedError
