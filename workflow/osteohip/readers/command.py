"""Commands of what people do in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def crops(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="site folder")],
    exports: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILES]...", help="exports of the pages, with --collect"),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option(help="private folder for the pages  [default: DIR/crops-pages]")
    ] = None,
    all_films: Annotated[
        bool, typer.Option("--all-films", help="every hip of every AP film, selected or not")
    ] = False,
    collect: Annotated[
        bool, typer.Option("--collect", help="put exports of the pages into DIR/crops.csv")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="with --collect: exports change rows of crops.csv")
    ] = False,
    films_per_page: Annotated[int, typer.Option(min=1, help="films on one page, at most")] = 20,
    settings: Annotated[
        str | None, typer.Option(help="section `inventory` of the configuration, as JSON")
    ] = None,
    selection: Annotated[
        str | None, typer.Option(help="section `selection` of the configuration, as JSON")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Write pages on which a doctor marks crops in a browser, and collect what they export."""
    from osteohip.config import Inventory, Selection, parse_settings
    from osteohip.errors import InputError, StudyError
    from osteohip.readers.collect import collect_exports
    from osteohip.readers.crop_pages import PAGES_FOLDER, refuse_published, write_pages
    from osteohip.readers.hips import list_hips
    from osteohip.site.inventory import take_inventory
    from osteohip.site.schema import read_site

    pages = folder / PAGES_FOLDER if out_dir is None else out_dir
    if collect != bool(exports):
        raise StudyError("--collect and the files that the pages exported belong together")
    if replace and not collect:
        raise StudyError("--replace belongs to --collect")
    try:
        site = read_site(folder)
        if collect:
            done = collect_exports(
                exports or [], folder=folder, site=site, pages=pages, may_replace=replace
            )
            typer.echo(
                f"crops.csv: {done.added} rows added, {done.replaced} replaced, "
                f"{done.unchanged} unchanged; {done.missing} hips of the pages have no row yet"
            )
            if done.kept_as:
                typer.echo(f"crops.csv as it was: {done.kept_as}")
            return
        refuse_published(pages, folder)
        modalities = parse_settings(Inventory, settings).modalities
        found = take_inventory(folder, modalities=modalities, jobs=jobs)
        hips = list_hips(
            folder,
            site,
            found,
            settings=parse_settings(Selection, selection),
            all_films=all_films,
        )
        written = write_pages(
            hips, folder=folder, site=site, out=pages, films_per_page=films_per_page, jobs=jobs
        )
    except InputError as error:
        typer.echo(error.report(private=True))
        raise typer.Exit(1) from None
    given = sum(page.given for page in written)
    wanted = sum(page.hips for page in written)
    typer.echo(f"{wanted} hips to mark, {given} of them in crops.csv already")
    typer.echo(f"open {pages / 'index.html'} in a browser")
