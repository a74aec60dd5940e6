"""The jobs behind a result, from the records that the workflow engine keeps of its results."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from osteohip.writing.commands import told


@dataclass(frozen=True)
class Job:
    """One run of one command.

    Parameters
    ----------
    rule
        The rule of the workflow that it ran for.
    inputs, outputs
        Paths relative to the study's folder, sorted. What lies elsewhere is no input here.
    command
        The command line, the folders of sites and of a received model replaced by their names.
    started, ended
        In UTC.
    log
        Path of its log; empty where it has none.
    usage
        What was measured of it: name, unit and value.
    """

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    command: str
    started: datetime
    ended: datetime
    log: str
    usage: tuple[tuple[str, str, float], ...]


def read_jobs(
    records: Path,
    folders: Collection[str],
    *,
    itself: str,
    benchmarks: Path,
    names: Mapping[str, str],
) -> list[Job]:
    """Return the jobs behind the results in ``folders``, in the order in which they ran.

    Parameters
    ----------
    records
        Folder of Snakemake's records: a JSON file for each result, named by its path in URL-safe
        base64; a long name is broken into folders that begin with ``@``.
    folders
        Folders of results, relative to the study's folder; those below them do not count.
    itself
        The rule that asks; it has no end yet.
    benchmarks
        Folder of the jobs' measurements, laid out as the folder of their logs.
    names
        Folders that lie outside the study, and what to call them in a command.
    """
    known = {}
    for path in sorted(records.rglob("*")):
        if path.is_file():
            name = "".join(p.removeprefix("@") for p in path.relative_to(records).parts)
            known[urlsafe_b64decode(name).decode()] = path
    waiting = [path for path in sorted(known) if str(Path(path).parent) in folders]
    seen = set(waiting)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    outputs: dict[tuple[str, str], set[str]] = {}
    while waiting:
        result = waiting.pop()
        if result not in known:
            continue
        record = json.loads(known[result].read_text(encoding="utf-8"))
        if record["rule"] == itself:
            continue
        # Each job has a log of its own; its outputs have a record each.
        key = (record["rule"], str(record["log"]))
        found[key] = record
        outputs.setdefault(key, set()).add(result)
        new = [path for path in record["input"] if path not in seen]
        seen.update(new)
        waiting += new
    jobs = [
        _job(record, outputs[key], benchmarks=benchmarks, names=names)
        for key, record in found.items()
    ]
    return sorted(jobs, key=lambda job: (job.started, job.rule, job.outputs))


def _job(
    record: Mapping[str, Any],
    outputs: Collection[str],
    *,
    benchmarks: Path,
    names: Mapping[str, str],
) -> Job:
    log = (record["log"] or [""])[0]
    return Job(
        rule=record["rule"],
        inputs=tuple(sorted(p for p in record["input"] if not _elsewhere(p))),
        outputs=tuple(sorted(outputs)),
        command=told(record["shellcmd"] or "", names),
        started=datetime.fromtimestamp(record["starttime"], UTC),
        ended=datetime.fromtimestamp(record["endtime"], UTC),
        log=log,
        usage=_usage(benchmarks, log),
    )


def _elsewhere(path: str) -> bool:
    return Path(path).is_absolute() or path.startswith("..")


def _usage(benchmarks: Path, log: str) -> tuple[tuple[str, str, float], ...]:
    """Return wall and CPU time and memory of a job; what was not measured is left out."""
    path = benchmarks.joinpath(*Path(log).parts[2:]).with_suffix(".tsv")
    if not log or not path.is_file():
        return ()
    row = pd.read_csv(path, sep="\t", na_values=["NA", "-"]).iloc[0]
    columns = (("s", "s"), ("cpu_time", "s"), ("max_rss", "MB"))
    return tuple((name, unit, float(row[name])) for name, unit in columns if pd.notna(row[name]))


def rules_in_order(jobs: Sequence[Job]) -> list[str]:
    """Return the rules of jobs, each once, by their first job."""
    return list(dict.fromkeys(job.rule for job in jobs))
