"""Commands of the explanation: map what a run's network looked at, and check the maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Device = Literal["auto", "cpu", "gpu"]
Part = Literal["validation", "test"]


def explain(
    *,
    model: Annotated[Path, typer.Option(help="folder of a model bundle")],
    crops: Annotated[Path, typer.Option(help="crops.npz of the site")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    site_facts: Annotated[Path, typer.Option(help="site.json of the site")],
    out_dir: Annotated[Path, typer.Option(help="folder for maps.npz and sanity.json")],
    predictions: Annotated[
        Path | None, typer.Option(help="predictions.csv of the model on the cohort")
    ] = None,
    threshold_file: Annotated[Path | None, typer.Option(help="threshold.json of the model")] = None,
    called_by: Annotated[
        Path | None,
        typer.Option(help="instead of both: maps.npz of another run, to map the class it called"),
    ] = None,
    split: Annotated[Path | None, typer.Option(help="split.csv, to explain one part")] = None,
    part: Annotated[Part | None, typer.Option(help="part of the split to explain")] = None,
    settings: Annotated[str | None, typer.Option(help="section `explanation` as JSON")] = None,
    allow_mixing: Annotated[
        bool,
        typer.Option("--allow-mixing", help="let a synthetic model meet real films, or reverse"),
    ] = False,
    unsealed: Annotated[
        bool, typer.Option("--unsealed", help="a bundle that its own study has not closed yet")
    ] = False,
    device: Annotated[Device, typer.Option(help="where the network runs")] = "cpu",
) -> None:
    """Map what the network looked at in each case of a cohort, and randomise it to check the maps.

    The maps are those of the class that was called at the operating point.
    """
    from osteohip.config import Explanation, parse_settings
    from osteohip.errors import StudyError
    from osteohip.files import write_json
    from osteohip.model.scoring import score_cohort

    layers = parse_settings(Explanation, settings).layers
    given = (predictions is not None, threshold_file is not None, called_by is not None)
    if given not in {(True, True, False), (False, False, True)}:
        raise StudyError("give --predictions and --threshold-file, or --called-by alone")
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

    from osteohip.explanation.calls import called, called_by_another
    from osteohip.explanation.maps import write_maps
    from osteohip.explanation.run import explain_cases

    bundle, cases, score = scored.bundle, scored.cases, scored.scores
    if called_by is not None:
        target = called_by_another(cases.case_ids, maps=called_by)
    elif predictions is not None and threshold_file is not None:
        score, target = called(
            cases.case_ids, score, predictions=predictions, threshold=threshold_file
        )
    explained = explain_cases(
        bundle.network,
        settings=bundle.design,
        cases=cases,
        score=score,
        target=target,
        layers=layers,
    )
    write_maps(out_dir / "maps.npz", explained.maps)
    write_json(out_dir / "sanity.json", explained.sanity)


def seeds(
    *,
    maps: Annotated[
        list[Path], typer.Option(help="RUN/COHORT/maps.npz of a run; give it once a run")
    ],
    size: Annotated[int, typer.Option(min=1, help="pixels a side of the crops")],
    out: Annotated[Path, typer.Option(help="seeds.json to write")],
) -> None:
    """Compare the maps of runs that differ in their seed alone, case by case."""
    from osteohip.errors import StudyError
    from osteohip.explanation.agreement import agreement_of_seeds
    from osteohip.explanation.maps import read_maps
    from osteohip.files import write_json

    runs = {path.parents[1].name: read_maps(path) for path in maps}
    if len(runs) < 2 or len(runs) < len(maps):
        raise StudyError("--maps: expected the maps of two runs or more, each once")
    write_json(out, agreement_of_seeds(runs, size=size))


def shuffled_labels(
    *,
    maps: Annotated[Path, typer.Option(help="maps.npz of the study's model")],
    shuffled: Annotated[
        Path, typer.Option(help="maps.npz of the network trained on shuffled labels")
    ],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    size: Annotated[int, typer.Option(min=1, help="pixels a side of the crops")],
    out: Annotated[Path, typer.Option(help="JSON file to write")],
) -> None:
    """Compare the study's maps with those of a network that was trained on shuffled labels."""
    from osteohip.errors import StudyError
    from osteohip.explanation.agreement import shuffled_beside
    from osteohip.explanation.maps import read_maps
    from osteohip.files import write_json
    from osteohip.model.cases import read_cohort

    found = read_maps(maps)
    labels = read_cohort(cohort).set_index("case_id")["label"].reindex(found.case_ids)
    if labels.isna().any():
        raise StudyError(f"{cohort.name}: expected every case that {maps.name} has")
    facts = shuffled_beside(found, read_maps(shuffled), labels=labels.to_numpy(int), size=size)
    write_json(out, facts)


def attend(
    *,
    maps: Annotated[Path, typer.Option(help="maps.npz of the run on the cohort")],
    sanity: Annotated[Path, typer.Option(help="sanity.json beside it")],
    crops: Annotated[Path, typer.Option(help="crops.npz of the site")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    model_facts: Annotated[Path, typer.Option(help="run.json of the model")],
    site_facts: Annotated[Path, typer.Option(help="site.json of the site")],
    border: Annotated[float, typer.Option(help="border band, as a share of the crop's side")],
    out_dir: Annotated[
        Path, typer.Option(help="folder for attention.csv, attention.json and overlays/")
    ],
    masks: Annotated[
        Path | None, typer.Option(help="masks.npz of a synthetic site; a hospital's has none")
    ] = None,
    settings: Annotated[
        str | None, typer.Option(help="section `evaluation.bootstrap` as JSON")
    ] = None,
) -> None:
    """Measure what of each map lies where, and draw the map of each case over its crop."""
    from osteohip.config import Bootstrap, parse_settings
    from osteohip.explanation.attention import attention_facts, attention_table, masks_of
    from osteohip.explanation.maps import read_maps
    from osteohip.explanation.overlays import write_overlays
    from osteohip.files import read_json, write_csv, write_json
    from osteohip.model.cases import read_cases, read_cohort, read_crop_settings

    bootstrap = parse_settings(Bootstrap, settings)
    found = read_maps(maps)
    table = read_cohort(cohort)
    cases = read_cases(crops=crops, cohort=table).only(found.case_ids)
    synthetic = any(bool(read_json(facts)["synthetic"]) for facts in (model_facts, site_facts))
    right = table.set_index("case_id")["side"].reindex(found.case_ids).to_numpy(str) == "R"
    mirrored = read_crop_settings(crops, size=cases.size).mirror_right
    attention = attention_table(
        found,
        labels=dict(zip(cases.case_ids.tolist(), cases.labels.tolist(), strict=True)),
        medial_right=right & (not mirrored),
        masks=None if masks is None else masks_of(masks, found.case_ids, size=cases.size),
        size=cases.size,
        border=border,
    )
    facts = attention_facts(
        attention,
        patients=dict(zip(table["case_id"], table["patient_key"], strict=True)),
        border=border,
        resamples=bootstrap.resamples,
        seed=bootstrap.seed,
    )
    write_csv(out_dir / "attention.csv", attention)
    write_json(
        out_dir / "attention.json", {"synthetic": synthetic, **facts, "sanity": read_json(sanity)}
    )
    write_overlays(out_dir / "overlays", found, attention, cases, synthetic=synthetic)
