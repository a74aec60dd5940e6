"""Commands of the model: train one run's network, and score cases with a trained one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Device = Literal["auto", "cpu", "gpu"]
Precision = Literal["float32", "bfloat16"]
Part = Literal["validation", "test"]


def train(
    *,
    crops: Annotated[Path, typer.Option(help="crops.npz of the development site")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the development site")],
    split: Annotated[Path, typer.Option(help="split.csv")],
    site_facts: Annotated[Path, typer.Option(help="site.json of the development site")],
    out_dir: Annotated[Path, typer.Option(help="folder of the model bundle to write")],
    checkpoint: Annotated[Path, typer.Option(help=".npz file that keeps what was reached")],
    speed_out: Annotated[Path, typer.Option(help="JSON file for speed and memory")],
    network: Annotated[str | None, typer.Option(help="section `network` as JSON")] = None,
    training: Annotated[str | None, typer.Option(help="section `training` as JSON")] = None,
    images: Annotated[str | None, typer.Option(help="section `images` as JSON")] = None,
    seed: Annotated[int, typer.Option(min=0, help="seed of weights, augmentation, order")] = 1,
    device: Annotated[Device, typer.Option(help="where the network runs")] = "cpu",
    precision: Annotated[Precision, typer.Option(help="arithmetic of training")] = "float32",
) -> None:
    """Train a network and write the epoch of best validation accuracy as a model bundle.

    A training that was interrupted goes on from its last whole epoch.
    """
    from osteohip.config import Images, Network, Training, parse_settings
    from osteohip.errors import StudyError
    from osteohip.files import write_json
    from osteohip.model.cases import (
        other_crops,
        read_cases,
        read_cohort,
        read_crop_settings,
        read_part_ids,
        read_synthetic,
    )
    from osteohip.model.determinism import prepare_backend

    sections = (
        parse_settings(Network, network),
        parse_settings(Training, training),
        parse_settings(Images, images),
    )
    cases = read_cases(crops=crops, cohort=read_cohort(cohort))
    cropped = read_crop_settings(crops, size=cases.size)
    if cropped != sections[2]:
        raise StudyError(other_crops(cropped, wanted=sections[2], whose="section `images`"))
    parts = read_part_ids(split)
    synthetic = read_synthetic(site_facts)
    found = prepare_backend(device=device, seed=seed)

    from osteohip.model.checkpoint import held_alone
    from osteohip.model.run import RunSettings, train_run
    from osteohip.provenance import code_digest

    with held_alone(checkpoint.with_suffix(".lock")):
        speed = train_run(
            cases=cases,
            parts=parts,
            synthetic=synthetic,
            settings=RunSettings(*sections, seed=seed, device=found, precision=precision),
            code=code_digest("model.train"),
            checkpoint=checkpoint,
            out_dir=out_dir,
        )
    write_json(speed_out, speed)


def predict(
    *,
    model: Annotated[Path, typer.Option(help="folder of a model bundle")],
    crops: Annotated[Path, typer.Option(help="crops.npz of the site")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    site_facts: Annotated[Path, typer.Option(help="site.json of the site")],
    out: Annotated[Path, typer.Option(help="predictions.csv to write")],
    split: Annotated[Path | None, typer.Option(help="split.csv, to score one part")] = None,
    part: Annotated[Part | None, typer.Option(help="part of the split to score")] = None,
    allow_mixing: Annotated[
        bool,
        typer.Option("--allow-mixing", help="let a synthetic model score real films, or reverse"),
    ] = False,
    unsealed: Annotated[
        bool, typer.Option("--unsealed", help="a bundle that its own study has not closed yet")
    ] = False,
    device: Annotated[Device, typer.Option(help="where the network runs")] = "cpu",
) -> None:
    """Score the cases of a cohort, or of one part of the split, with a trained model."""
    import pandas as pd

    from osteohip.files import write_csv
    from osteohip.model.scoring import score_cohort

    scored = score_cohort(
        model=model,
        crops=crops,
        cohort=cohort,
        site_facts=site_facts,
        split=split,
        part=part,
        allow_mixing=allow_mixing,
        unsealed=unsealed,
        device=device,
    )
    cases = scored.cases
    columns = {"case_id": cases.case_ids, "label": cases.labels, "score": scored.scores}
    write_csv(out, pd.DataFrame(columns))
