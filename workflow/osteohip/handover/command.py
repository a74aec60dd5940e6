"""Commands that close a model bundle, and that receive one at another hospital."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def seal(
    *,
    model: Annotated[Path, typer.Option(help="folder of the bundle to close")],
    run: Annotated[str, typer.Option(help="name of its run")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the development site")],
    split: Annotated[Path, typer.Option(help="split.csv")],
    predictions: Annotated[Path, typer.Option(help="predictions.csv of the test set")],
    settings: Annotated[str, typer.Option(help="intended use with its settings, as JSON")],
) -> None:
    """Close a model bundle: aggregates instead of patients, then the digest of every file."""
    from osteohip.config import parse_settings
    from osteohip.evaluation.predictions import read_predictions
    from osteohip.evaluation.threshold import take_threshold
    from osteohip.files import read_json, write_json
    from osteohip.handover.reference import internal_test, read_developed, reference_facts
    from osteohip.model.manifest import REFERENCE, IntendedUse, seal

    intended_use = parse_settings(IntendedUse, settings)
    developed = read_developed(cohort=cohort, split=split)
    test = internal_test(
        developed[developed["part"] == "test"],
        read_predictions(predictions),
        threshold=take_threshold(value=None, path=model / "threshold.json").value,
        label_t_score=intended_use.selection.label_t_score,
    )
    write_json(model / REFERENCE, {**reference_facts(developed), "test": test})
    synthetic = bool(read_json(model / "run.json")["synthetic"])
    seal(model, run=run, synthetic=synthetic, intended_use=intended_use)


def receive(
    *,
    model: Annotated[Path, typer.Option(help="folder of a closed model bundle")],
    out_dir: Annotated[Path, typer.Option(help="folder to copy it to")],
) -> None:
    """Check every file of a model bundle against its digest and copy it."""
    import shutil

    from osteohip.files import written_whole
    from osteohip.model.manifest import MANIFEST, check_bundle

    manifest = check_bundle(model)
    for name in (*manifest.files, MANIFEST):
        with written_whole(out_dir / name) as partial:
            shutil.copyfile(model / name, partial)
    check_bundle(out_dir)
