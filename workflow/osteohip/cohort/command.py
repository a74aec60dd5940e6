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
    from osteohip.cohort.criteria import steps
    from osteohip.cohort.records import (
        findings_by_hip,
        list_exams,
        list_films,
        list_patients,
        make_records,
    )
    from osteohip.cohort.selection import (
        label_region_missing,
        select_records,
        shared_pictures,
        tabulate_cohort,
        tabulate_exclusions,
    )
    from osteohip.config import Selection, parse_settings
    from osteohip.errors import raise_if_any
    from osteohip.files import write_csv, write_json
    from osteohip.site.films import apply_overrides
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
        records = make_records(
            patients=list_patients(tables.patients),
            films=list_films(apply_overrides(films, tables.films)),
            exams=list_exams(tables.dxa),
        )
        criteria = steps(
            chosen, findings=findings_by_hip(tables.findings), institutions=facts.institution
        )
        selected = select_records(records, criteria)
        lines = {uid: line for line, uid in enumerate(films["sop_instance_uid"], start=2)}
        raise_if_any(shared_pictures(selected.records, lines=lines))
    cohort, linkage = tabulate_cohort(selected.records, settings=chosen, seed=seed)
    summary = summarise_site(site, facts, films=films, refused=read_refused(refused), tables=tables)
    summary["label_region_missing"] = label_region_missing(selected.records, chosen.label_regions)
    write_csv(private / "exclusions.csv", tabulate_exclusions(selected.exclusions))
    write_csv(private / "linkage.csv", linkage)
    write_csv(out_dir / "flow.csv", selected.flow)
    write_json(out_dir / "site.json", summary)
    write_csv(out_dir / "cohort.csv", cohort)
