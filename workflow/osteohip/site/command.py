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
    from osteohip.config import Inventory, parse_settings
    from osteohip.files import write_csv
    from osteohip.site.inventory import take_inventory
    from osteohip.site.problems import problems_recorded
    from osteohip.site.schema import read_site

    chosen = parse_settings(Inventory, settings)
    with problems_recorded(out_dir):
        read_site(site)
        found = take_inventory(site, modalities=chosen.modalities, jobs=jobs)
    write_csv(out_dir / "refused.csv", found.refused)
    write_csv(out_dir / "inventory.csv", found.films)


@app.command()
def new(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="folder to make; its name is the id")
    ],
) -> None:
    """Make an empty, commented site folder to be filled."""
    from osteohip.site.new import new_site

    written = new_site(folder)
    typer.echo("\n".join(["Written, to be filled:", *(f"  {path}" for path in written)]))


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="site folder")],
    settings: Annotated[
        str | None, typer.Option(help="section `inventory` of the configuration, as JSON")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Check all files of a site folder and show every problem, values included (private)."""
    from osteohip.config import Inventory, parse_settings
    from osteohip.errors import InputError, raise_if_any
    from osteohip.site.check import check_site

    chosen = parse_settings(Inventory, settings)
    try:
        checked = check_site(folder, modalities=chosen.modalities, jobs=jobs)
        typer.echo("\n".join(checked.lines))
        raise_if_any(checked.problems)
    except InputError as error:
        typer.echo(error.report(private=True))
        raise typer.Exit(1) from None
    typer.echo("No problem was found.")
