"""The truth beside a synthetic site is the generator's alone; its masks serve one purpose."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="module")
def jobs(small_study, run_snakemake) -> list[SimpleNamespace]:
    """Each file of the small study with the rule, the inputs and the command that made it."""
    listed = run_snakemake(small_study, "--detailed-summary").stdout
    head = listed.index("output_file\t")
    rows = csv.DictReader(listed[head:].splitlines(), delimiter="\t")
    return [
        SimpleNamespace(rule=row["rule"], inputs=row["input-file(s)"], command=row["shellcmd"])
        for row in rows
    ]


def that_name(text: str, jobs: list[SimpleNamespace]) -> set[str]:
    """The rules in whose inputs or command a text stands."""
    return {job.rule for job in jobs if text in job.inputs or text in job.command}


def test_every_stage_was_looked_at(jobs):
    rules = {job.rule for job in jobs}
    assert {"synthesize", "crop", "mask", "train", "predict", "evaluate", "report"} <= rules
    assert all(f"osteohip {job.rule.replace('_', '-')}" in job.command for job in jobs)
    assert all(job.inputs != "-" for job in jobs if job.rule != "synthesize")


def test_only_the_masks_are_read_of_the_truth_and_by_one_stage(jobs):
    assert that_name(".truth", jobs) == {"mask"}
    named = {
        Path(path.strip("'")).name
        for job in jobs
        for path in re.findall(r"[^\s,']*\.truth[^\s,']*", f"{job.inputs} {job.command}")
    }
    assert named == {"masks.zip"}


def test_only_what_measures_attention_reads_the_masks_of_the_crops(jobs):
    assert {"mask", "attend"} <= that_name("masks.npz", jobs) <= {"mask", "attend", "simulate"}
