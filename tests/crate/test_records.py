"""From Snakemake's records to jobs."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from osteohip.crate.records import read_jobs

SITE = "/data/Hong's films/asan"


def write_record(folder: Path, result: str, **content: object) -> None:
    record = {
        "rule": "select",
        "input": [],
        "log": None,
        "shellcmd": None,
        "starttime": 1000.0,
        "endtime": 1002.5,
    } | content
    name = urlsafe_b64encode(result.encode()).decode()
    (folder / name).write_text(json.dumps(record))


@pytest.fixture
def records(tmp_path: Path) -> Path:
    folder = tmp_path / "metadata"
    folder.mkdir()
    log = ["results/logs/select/asan.log"]
    for number, name in enumerate(("cohort.csv", "flow.csv")):
        write_record(
            folder,
            f"results/sites/asan/{name}",
            log=log,
            starttime=1000.0 + number,
            input=["results/sites/asan/private/inventory.csv", f"{SITE}/site.yaml"],
            shellcmd=f"osteohip select --site '/data/Hong'\"'\"'s films/asan' > {log[0]}",
        )
    write_record(folder, "results/sites/asan/private/inventory.csv", rule="inventory")
    write_record(
        folder, "reports/report.html", rule="report", input=["results/sites/asan/flow.csv"]
    )
    write_record(folder, "reports/crate.json", rule="crate")
    write_record(folder, "results/sites/other/flow.csv")
    benchmark = tmp_path / "benchmarks" / "select" / "asan.tsv"
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text("s\th:m:s\tmax_rss\tcpu_time\n2.5\t0:00:02\tNA\t1.25\n")
    return folder


def test_jobs_behind_a_result(records):
    jobs = read_jobs(
        records,
        ["reports"],
        itself="crate",
        benchmarks=records.parent / "benchmarks",
        names={SITE: "SITE:asan"},
    )
    assert {job.rule for job in jobs} == {"inventory", "select", "report"}
    (select,) = [job for job in jobs if job.rule == "select"]
    assert select.inputs == ("results/sites/asan/private/inventory.csv",)
    # flow.csv is asked for, and cohort.csv of the same job is not.
    assert select.outputs == ("results/sites/asan/flow.csv",)
    assert select.command == "osteohip select --site SITE:asan > results/logs/select/asan.log"
    assert select.ended == datetime(1970, 1, 1, 0, 16, 42, 500000, UTC)
    assert select.usage == (("s", "s", 2.5), ("cpu_time", "s", 1.25))


def test_both_outputs_of_a_job_are_one_job(records):
    jobs = read_jobs(
        records,
        ["results/sites/asan"],
        itself="crate",
        benchmarks=records.parent / "none",
        names={},
    )
    outputs = {job.rule: job.outputs for job in jobs}
    assert outputs["select"] == (
        "results/sites/asan/cohort.csv",
        "results/sites/asan/flow.csv",
    )
