"""The command that tells other programs where the results come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def crate(
    records: Annotated[Path, typer.Option(help="Snakemake's records of the results")],
    benchmarks: Annotated[Path, typer.Option(help="measurements of the jobs")],
    of: Annotated[list[str], typer.Option(help="folder of results to account for; repeatable")],
    workflow: Annotated[Path, typer.Option(help="folder of the Snakefile and its rules")],
    lock: Annotated[
        list[Path], typer.Option(help="lock of an environment, this one first; repeatable")
    ],
    numbers: Annotated[Path, typer.Option(help="numbers.json of the report")],
    inputs: Annotated[str, typer.Option(help="what the study began with, as JSON")],
    settings: Annotated[str, typer.Option(help="the configuration, as JSON")],
    out_dir: Annotated[Path, typer.Option(help="folder of the report, which becomes the crate")],
) -> None:
    """Describe the study as a Workflow Run RO-Crate: inputs, commands, software, times, results."""
    import json

    from osteohip.crate.metadata import Input, build_crate
    from osteohip.crate.payload import copy_workflow, reported
    from osteohip.crate.records import read_jobs
    from osteohip.crate.software import locked_packages, python
    from osteohip.errors import StudyError
    from osteohip.files import read_json, write_json
    from osteohip.writing.commands import told_content

    given = json.loads(inputs)
    names = {item["place"]: item["name"] for item in given}
    jobs = read_jobs(records, of, itself="crate", benchmarks=benchmarks, names=names)
    if not jobs:
        raise StudyError(f"{records}: expected records of the results; run the study first")
    told_settings = told_content(json.loads(settings), names)
    copied = copy_workflow(workflow, [*lock], settings=told_settings, out=out_dir / "workflow")
    study = read_json(numbers)["study"]
    kind = "Synthetic data: it says nothing about patients. " if study["synthetic"] else ""
    content = build_crate(
        out_dir,
        title="Osteoporosis from plain hip radiographs",
        description=f"{kind}A study by osteohip: its report, and the jobs that it came from.",
        workflow="workflow/Snakefile",
        payload=[f"workflow/{name}" for name in copied] + reported(jobs, out_dir),
        study=Path(),
        jobs=jobs,
        inputs=[
            Input(item["name"], description=item["description"], digests=item["digests"])
            for item in given
        ],
        packages=locked_packages(lock),
        python=python(),
    )
    write_json(out_dir / "ro-crate-metadata.json", content)
