"""Commands of the split: who trains, who validates, who tests, and the proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def split(
    *,
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the development site")],
    crops: Annotated[Path, typer.Option(help="crops.csv of the development site")],
    out: Annotated[Path, typer.Option(help="split.csv to write")],
    settings: Annotated[str | None, typer.Option(help="section `split` as JSON")] = None,
    seed: Annotated[int, typer.Option(help="seed of the study")] = 2021,
) -> None:
    """Divide the development patients into training, validation and test."""
    from osteohip.config import Split, parse_settings
    from osteohip.files import write_csv
    from osteohip.split.assignment import assign_parts
    from osteohip.split.leakage import overlaps_within, refuse_overlaps
    from osteohip.split.records import cropped_records

    records = cropped_records(cohort=cohort, crops=crops)
    parts = assign_parts(records=records, settings=parse_settings(Split, settings), seed=seed)
    refuse_overlaps(overlaps_within(records=records, parts=parts))
    write_csv(out, parts)


def overlap(
    *,
    development_dir: Annotated[Path, typer.Option(help="results of the development site")],
    external_dir: Annotated[Path, typer.Option(help="results of the external site")],
    out: Annotated[Path, typer.Option(help="overlap.json to write")],
) -> None:
    """Prove that an external site shares no patient, film or image with development."""
    from osteohip.files import write_json
    from osteohip.split.leakage import overlap_between, refuse_overlaps
    from osteohip.split.records import identified_records

    found = overlap_between(
        development=identified_records(development_dir),
        external=identified_records(external_dir),
        names=(development_dir.name, external_dir.name),
    )
    refuse_overlaps([found])
    write_json(out, found.as_json())


def leakage(
    *,
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the development site")],
    crops: Annotated[Path, typer.Option(help="crops.csv of the development site")],
    split: Annotated[Path, typer.Option(help="split.csv")],
    out: Annotated[Path, typer.Option(help="leakage.json to write")],
    overlap: Annotated[
        list[Path] | None, typer.Option(help="overlap.json of an external site; repeatable")
    ] = None,
) -> None:
    """Gather the proof that splits and sites are disjoint."""
    from osteohip.files import read_json, write_json
    from osteohip.split.leakage import overlaps_within, refuse_overlaps
    from osteohip.split.records import cropped_records, read_parts

    within = overlaps_within(
        records=cropped_records(cohort=cohort, crops=crops), parts=read_parts(split)
    )
    refuse_overlaps(within)
    comparisons = [item.as_json() for item in within]
    comparisons += [read_json(path) for path in overlap or []]
    write_json(out, {"disjoint": True, "comparisons": comparisons})
