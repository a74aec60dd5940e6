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


def kit(
    *,
    maps: Annotated[Path, typer.Option(help="maps.npz of the cohort")],
    crops: Annotated[Path, typer.Option(help="crops.npz of the cohort's site")],
    model_facts: Annotated[Path, typer.Option(help="run.json of the model")],
    site_facts: Annotated[Path, typer.Option(help="site.json of the site")],
    reader: Annotated[list[str], typer.Option(help="name of a reader; repeatable")],
    seed: Annotated[int, typer.Option(min=0, help="sets the order of each deck")],
    out_dir: Annotated[Path, typer.Option(help="folder for READER.html and private/key.csv")],
    settings: Annotated[
        str | None, typer.Option(help="section `readers` of the configuration, as JSON")
    ] = None,
) -> None:
    """Write the reading kit: for each reader one page, blind, on which to judge the maps."""
    import pandas as pd

    from osteohip.config import Readers, is_simulated, parse_settings
    from osteohip.errors import StudyError
    from osteohip.explanation.maps import read_maps
    from osteohip.files import (
        private_folder,
        read_arrays_of,
        read_json,
        write_csv,
        write_text,
    )
    from osteohip.readers.deck import build_deck
    from osteohip.readers.reading_page import reading_page
    from osteohip.readers.readings import key_table

    chosen = parse_settings(Readers, settings)
    kinds = {bool(read_json(facts)["synthetic"]) for facts in (model_facts, site_facts)}
    if kinds != {True} and any(map(is_simulated, reader)):
        raise StudyError("films of patients are read by persons: name them in readers.names")
    found = read_maps(maps)
    case_ids = [str(case) for case in found.case_ids]
    pixels, valid = read_arrays_of(crops, case_ids, "pixels", "valid")
    keys = []
    for name in reader:
        items = build_deck(
            len(found), reader=name, seed=seed, repeats=chosen.repeats, decoys=chosen.decoys
        )
        page, deck = reading_page(
            items,
            crops=pixels,
            valid=valid,
            maps=found.layers[found.shown],
            decoy_maps=found.randomised,
            reader=name,
            synthetic=True in kinds,
        )
        write_text(out_dir / f"{name}.html", page)
        keys.append(key_table(deck, name, items, case_ids))
    write_csv(private_folder(out_dir / "private") / "key.csv", pd.concat(keys))
    for page_file in out_dir.glob("*.html"):
        # The page of a reader who is no longer named would be read for nothing.
        if page_file.stem not in reader:
            page_file.unlink()


def simulate(
    *,
    reader: Annotated[str, typer.Option(help="name of the reader; it begins with simulated")],
    key: Annotated[Path, typer.Option(help="private/key.csv of the reading kit")],
    maps: Annotated[Path, typer.Option(help="maps.npz of the cohort")],
    size: Annotated[int, typer.Option(min=1, help="pixels a side of the crops")],
    border: Annotated[float, typer.Option(help="border band, as a share of the crop's side")],
    error_rate: Annotated[float, typer.Option(help="rate at which the other answer is given")],
    seed: Annotated[int, typer.Option(min=0, help="seed of the errors")],
    out: Annotated[Path, typer.Option(help="CSV, as the page would export it")],
    masks: Annotated[
        Path | None, typer.Option(help="masks.npz of the site; without it bone is not judged")
    ] = None,
) -> None:
    """Read a deck of the kit as a simulated reader does: by measured attention, with errors."""
    from osteohip.errors import StudyError
    from osteohip.explanation.maps import read_maps
    from osteohip.files import read_arrays_of, write_csv
    from osteohip.readers.readings import read_key
    from osteohip.readers.simulated import judgements, simulate_readings

    decks = [deck for deck in read_key(key) if deck.reader == reader]
    if len(decks) != 1:
        raise StudyError(f"{key.name}: expected one deck of {reader}")
    found = read_maps(maps)
    bone = None
    if masks is not None:
        (bone,) = read_arrays_of(masks, found.case_ids.tolist(), "bone")
    adequate = judgements(found, size=size, bone=bone, border=border)
    write_csv(out, simulate_readings(decks[0], adequate=adequate, error_rate=error_rate, seed=seed))


def agree(
    *,
    key: Annotated[Path, typer.Option(help="private/key.csv of the cohort's reading kit")],
    readings: Annotated[
        Path, typer.Option(help="folder of the CSV files that the pages exported; may be missing")
    ],
    model_facts: Annotated[Path, typer.Option(help="run.json of the model")],
    site_facts: Annotated[Path, typer.Option(help="site.json of the site")],
    out: Annotated[Path, typer.Option(help="agreement.json")],
    simulated: Annotated[
        list[Path] | None, typer.Option(help="CSV of a simulated reader; repeatable")
    ] = None,
    other_key: Annotated[
        list[Path] | None,
        typer.Option(help="key of another cohort that shares the folder; repeatable"),
    ] = None,
) -> None:
    """Lead the readings of the kit back to their cases, and say how far the readers agree."""
    from osteohip.errors import InputError
    from osteohip.files import read_json, write_json
    from osteohip.readers.readings import (
        agreement_content,
        read_exports,
        read_key,
        told_problems,
    )
    from osteohip.site.folder import reading_files
    from osteohip.site.problems import problems_recorded

    decks = read_key(key)
    exports = reading_files(readings)
    try:
        with problems_recorded(key.parent):
            found = read_exports(
                exports,
                decks,
                simulated=simulated or [],
                elsewhere={deck.deck for other in other_key or [] for deck in read_key(other)},
            )
    except InputError as error:
        raise InputError(told_problems(error.problems, exports, decks)) from None
    synthetic = any(read_json(facts)["synthetic"] for facts in (model_facts, site_facts))
    write_json(out, agreement_content(found, decks, synthetic=synthetic))
