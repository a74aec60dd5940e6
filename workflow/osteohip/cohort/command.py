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
    from osteohip.cohort.selection import (
        label_region_missing,
        select_from_tables,
        tabulate_cohort,
        tabulate_exclusions,
    )
    from osteohip.config import Selection, parse_settings
    from osteohip.files import write_csv, write_json
    from osteohip.site.inventory import read_inventory, read_refused
    from osteohip.site.problems import problems_recorded
    from osteohip.site.schema import read_site
    from osteohip.site.summary import summarise_site
    from osteohip.site.tables import read_selection_tables

    chosen = parse_settings(Selection, settings)
    films = read_inventory(inventory)
    private = out_dir / "private"
    with problems_recorded(private):
        facts = read_site(site)
        tables = read_selection_tables(site, facts, films=films)
        selected = select_from_tables(tables, facts, films=films, settings=chosen)
    cohort, linkage = tabulate_cohort(selected.records, settings=chosen, seed=seed)
    summary = summarise_site(site, facts, films=films, refused=read_refused(refused), tables=tables)
    summary["label_region_missing"] = label_region_missing(selected.records, chosen.label_regions)
    write_csv(private / "exclusions.csv", tabulate_exclusions(selected.exclusions))
    write_csv(private / "linkage.csv", linkage)
    write_csv(out_dir / "flow.csv", selected.flow)
    write_json(out_dir / "site.json", summary)
    write_csv(out_dir / "cohort.csv", cohort)
