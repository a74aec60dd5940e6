"""What SLURM adds to a small study, with the short stages in groups and with a job for each stage.

    python tests/benchmarks/slurm_overhead.py

starts a SLURM of one node on this machine (tests/support/one_node_slurm.py says what that needs).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from one_node_slurm import Slurm, missing, one_node_slurm  # noqa: E402

CONFIG = {
    "synthetic": {
        "development": {"recipe": "development", "patients": 60, "seed": 5},
        "external": {"recipe": "external", "patients": 30, "seed": 6},
    },
    "images": {"size": 32},
    "training": {"epochs": 2},
}
GROUP = re.compile(r' {4}group:\n {8}".*"\n')
PROFILE = ("--workflow-profile", "workflow/profiles/slurm", "--slurm-status-command", "squeue")


def checkout(folder: Path, *, grouped: bool) -> None:
    """Lay out what a clone holds, with or without groups."""
    for part in ("workflow", "envs"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "config").mkdir()
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    if not grouped:
        for path in (folder / "workflow" / "rules").glob("*.smk"):
            path.write_text(GROUP.sub("", path.read_text()))


def study_on(slurm: Slurm, folder: Path) -> tuple[int, float, float, float]:
    """Run the study; return jobs, and seconds of the whole, in jobs, and in their stages."""
    before = len(slurm.finished_jobs())
    start = time.monotonic()
    command = [sys.executable, "-m", "snakemake", *PROFILE]
    subprocess.run(
        [*command, "--default-resources", "slurm_partition=main"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "workflow")},
        check=True,
        capture_output=True,
    )
    whole = time.monotonic() - start
    jobs = slurm.finished_jobs()[before:]
    tables = (folder / "results" / "benchmarks").rglob("*.tsv")
    stages = sum(float(table.read_text().splitlines()[1].split("\t")[0]) for table in tables)
    return len(jobs), whole, sum(job.seconds for job in jobs), stages


def main() -> int:
    """Print one line for each way."""
    if (reason := missing()) is not None:
        print(reason, file=sys.stderr)
        return 2
    print(f"{'':20}{'jobs':>6}{'whole s':>9}{'in jobs s':>11}{'in stages s':>13}{'between s':>11}")
    with tempfile.TemporaryDirectory() as name, one_node_slurm(Path(name) / "slurm") as slurm:
        for label, grouped in (("a job a stage", False), ("short ones grouped", True)):
            folder = Path(name) / label
            checkout(folder, grouped=grouped)
            jobs, *seconds = study_on(slurm, folder)
            seconds.append(seconds[1] - seconds[2])
            columns = zip(seconds, (9, 11, 13, 11), strict=True)
            print(f"{label:20}{jobs:>6}" + "".join(f"{s:>{width}.0f}" for s, width in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
