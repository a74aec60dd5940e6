"""Commands of the site folder: what films are there, and is the folder fit for the study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look after a site folder.", no_args_is_help=True)


@app.callback()
def _site() -> None:
    """Look after a site folder."""


def inventory(
    site: Annotated[Path, typer.Option(help="site folder; site.yaml and radiographs/ suffice")],
    out_dir: Annotated[Path, typer.Option(help="private folder for inventory.csv, refused.csv")],
    settings: Annotated[
        str | None, typer.Option(help="section `inventory` of the configuration, as JSON")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """List every file under radiographs/: the films that serve, and the others with a reason."""
    raise NotImplementedError


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="site folder")],
    inventory_settings: Annotated[
        str | None, typer.Option(help="section `inventory` of the configuration, as JSON")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Check all files of a site folder and show every problem, values included (private)."""
    raise NotImplementedError
