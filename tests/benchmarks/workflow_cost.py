"""Measure what the machinery around the stages costs, on a finished default study.

Run as `python tests/benchmarks/workflow_cost.py` in the project's folder after `make study`. The
study is copied by links; nothing in it changes.
"""

import csv
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SITES = 50
REPEATS = 3
# A stage early in the chain that takes little time, so that many short jobs follow.
FIRST = "threshold"


def seconds(folder: Path, *arguments: str) -> float:
    """Return the wall time of one call of Snakemake with the package that lies in ``folder``."""
    start = time.perf_counter()
    subprocess.run(
        ["snakemake", "--cores", "2", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "workflow")},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def least(folder: Path, *arguments: str) -> float:
    """Return the least wall time of several calls."""
    return min(seconds(folder, *arguments) for _ in range(REPEATS))


@contextmanager
def copied(study: Path) -> Iterator[Path]:
    """Yield a copy of the study that shares its large files."""
    with tempfile.TemporaryDirectory(dir=study) as top:
        folder = Path(top) / "study"
        for part in ("workflow", "config", "envs", "reports", ".snakemake"):
            shutil.copytree(study / part, folder / part)
        shutil.copytree(study / "results", folder / "results", copy_function=os.link)
        yield folder


def job_seconds(folder: Path, since: float) -> list[float]:
    """Return the wall time of each job that ended after ``since``."""
    found = []
    for path in (folder / "results" / "benchmarks").rglob("*.tsv"):
        if path.stat().st_mtime > since:
            with path.open() as stream:
                found += [float(row["s"]) for row in csv.DictReader(stream, delimiter="\t")]
    return found


def make_sites(top: Path) -> list[Path]:
    """Make site folders that are complete to the eye of the workflow, which reads no table."""
    sites = [top / f"site{number:02d}" for number in range(SITES)]
    for site in sites:
        (site / "radiographs").mkdir(parents=True)
        (site / "radiographs" / "film.dcm").write_bytes(b"a film")
        (site / "site.yaml").write_text("name: A hospital\nsynthetic: true\n")
        for table in ("patients", "dxa", "findings", "crops"):
            (site / f"{table}.csv").write_text("a column\na cell\n")
    return sites


def main() -> None:
    """Print each cost in seconds."""
    with copied(Path.cwd()) as folder:
        nothing = least(folder)
        print(f"a run that has nothing to do: {nothing:.1f} s")
        print(f"of this, reading the workflow: {least(folder, '--list-rules'):.1f} s")

        chapter = folder / "workflow" / "osteohip" / "report" / "chapters" / "discussion.md"
        chapter.write_text(chapter.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        print(f"the report, after an edit of a chapter: {seconds(folder):.1f} s")

        begun = time.time()
        wall = seconds(folder, "--cores", "1", "--forcerun", FIRST)
        jobs = job_seconds(folder, begun)
        overhead = (wall - nothing - sum(jobs)) / len(jobs)
        print(f"overhead of a job, over {len(jobs)} jobs: {overhead:.2f} s")

        sites = make_sites(folder.parent / "hospitals")
        many = f"external={[str(site) for site in sites]}"
        seconds(folder, "--dry-run", "--config", many)
        planned = least(folder, "--dry-run", "--config", many)
        print(f"planning with {SITES} external sites: {planned:.1f} s")

        other = folder.parent / "busan"
        shutil.copytree(folder / "results" / "synthetic" / "external", other)
        swapped = seconds(folder, "--config", f"external={other}")
        print(f"another external site of 117 hips: {swapped:.0f} s")


if __name__ == "__main__":
    main()
