"""The command that selects a site's cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def select(
    site: Annotated[Path, typer.Option(help="site folder")],
    inventory: Annotated[Path, typer.Option(help="inventory.csv of the site")],
    refused: Annotated[Path, typer.Option(help="refused.csv of the site")],
    out_dir: Annotated[Path, typer.Option(help="folder for cohort.csv, flow.csv and private/")],
    settings: Annotated[
        str | None, typer.Option(help="section `selection` of the configuration, as JSON")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="seed of the study's own numbering")] = 2021,
) -> None:
    """Select the cohort: who is in, who is not and why, and which pair counts for each hip."""
    raise NotImplementedError
