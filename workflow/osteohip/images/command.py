"""The command that makes a site's crops."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def crop(
    site: Annotated[Path, typer.Option(help="site folder")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    inventory: Annotated[Path, typer.Option(help="inventory.csv of the site")],
    linkage: Annotated[Path, typer.Option(help="linkage.csv of the site")],
    out_dir: Annotated[Path, typer.Option(help="folder for crops.npz, crops.csv and private/")],
    settings: Annotated[
        str | None, typer.Option(help="section `images` of the configuration, as JSON")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Cut each hip of the cohort out of its film, bone bright, at one size."""
    raise NotImplementedError
