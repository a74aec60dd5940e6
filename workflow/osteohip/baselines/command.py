"""Commands of the baselines: fit them on the training hips, score others, and compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def fit_baselines(
    *,
    crops: Annotated[Path, typer.Option(help="crops.npz of the development site")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the development site")],
    split: Annotated[Path, typer.Option(help="split.csv: only its training part is used")],
    out: Annotated[Path, typer.Option(help="baselines.json to write")],
    seed: Annotated[int, typer.Option(help="seed of the cross-validation's folds")] = 0,
) -> None:
    """Fit what predicts without the network: age, facts beside the film, a thumbnail."""
    from osteohip.baselines.fit import fit_baselines as fit
    from osteohip.baselines.hips import hips_of
    from osteohip.files import write_json
    from osteohip.model.cases import read_cases, read_cohort, read_part_ids

    rows = read_cohort(cohort)
    training = read_part_ids(split, needed=("training",))["training"]
    cases = read_cases(crops=crops, cohort=rows).only(training)
    write_json(out, fit(hips_of(cases, rows), seed=seed).as_json())


def score_baselines(
    *,
    baselines: Annotated[Path, typer.Option(help="baselines.json")],
    crops: Annotated[Path, typer.Option(help="crops.npz of the site")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    out: Annotated[Path, typer.Option(help="CSV of the scores to write")],
    split: Annotated[Path | None, typer.Option(help="split.csv, with --part")] = None,
    part: Annotated[str | None, typer.Option(help="part of the split to score")] = None,
) -> None:
    """Score hips with the fitted baselines; nothing is fitted here."""
    import json

    from osteohip.baselines.compare import Scores
    from osteohip.baselines.fit import baselines_from_json
    from osteohip.baselines.hips import hips_of
    from osteohip.errors import StudyError
    from osteohip.files import read_json, write_csv
    from osteohip.model.cases import PARTS, read_cases, read_cohort, read_part_ids

    if (split is None) != (part is None):
        raise StudyError("give --split and --part together, or neither")
    if part is not None and part not in PARTS:
        raise StudyError(f"--part: expected one of {', '.join(PARTS)}")
    try:
        fitted = baselines_from_json(read_json(baselines))
    except FileNotFoundError:
        raise StudyError(f"there is no file {baselines}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        raise StudyError(f"{baselines.name}: expected what `fit-baselines` writes") from None
    rows = read_cohort(cohort)
    cases = read_cases(crops=crops, cohort=rows)
    if split is not None and part is not None:
        cases = cases.only(read_part_ids(split, needed=(part,))[part])
    hips = hips_of(cases, rows)
    scores = Scores(
        case_ids=tuple(hips.case_ids.tolist()),
        labels=hips.labels,
        scores=fitted.scores(hips),
        known_device=hips.facts["device"].isin(fitted.devices).to_numpy(bool),
    )
    write_csv(out, scores.as_table())


def compare_baselines(
    *,
    predictions: Annotated[Path, typer.Option(help="predictions.csv of the network")],
    threshold_file: Annotated[Path, typer.Option(help="threshold.json of the network")],
    baselines: Annotated[Path, typer.Option(help="scores of the same cases by the baselines")],
    out: Annotated[Path, typer.Option(help="baselines.csv to write")],
) -> None:
    """Set the network beside the baselines on the same hips, each difference with its test."""
    from osteohip.baselines.compare import compare, read_scores
    from osteohip.evaluation.predictions import read_predictions
    from osteohip.evaluation.threshold import take_threshold
    from osteohip.files import write_csv

    found = compare(
        read_predictions(predictions),
        take_threshold(value=None, path=threshold_file),
        read_scores(baselines),
    )
    write_csv(out, found)
