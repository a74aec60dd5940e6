"""Killed anywhere and started again, the study ends with the same bytes as one that was not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from osteohip.files import read_arrays

pytestmark = pytest.mark.slow

EPOCHS = 12
CONFIG = {
    "synthetic": {
        "development": {"recipe": "development", "patients": 60, "seed": 5},
        "external": {"recipe": "external", "patients": 30, "seed": 6},
    },
    "images": {"size": 32},
    "training": {"epochs": EPOCHS},
}
CHECKPOINT = Path("results/checkpoints/primary.npz")
WEIGHTS = Path("results/models/primary/weights.weights.h5")
OF_THE_RUN = {"logs", "benchmarks", "ro-crate-metadata.json"}
TRAINING_LOG = Path("results/logs/train/primary.log")


class Study:
    """A study that is started and killed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.kills = 0

    def killed_when(
        self, happened: Callable[[], bool], *targets: Path, jobs_live: bool = False
    ) -> None:
        """Run the study, and kill its whole process group as soon as something has happened.

        With targets, only what makes them runs. With ``jobs_live``, Snakemake alone is killed.
        """
        with (self.folder / "out.txt").open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", "--cores", "2", *map(str, targets)],
                cwd=self.folder,
                env={
                    **os.environ,
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                    "PYTHONPATH": str(self.folder / "workflow"),
                },
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            try:
                while not happened():
                    assert process.poll() is None, (self.folder / "out.txt").read_text()
                    time.sleep(0.001)
            finally:
                if process.poll() is None:
                    kill = os.kill if jobs_live else os.killpg
                    kill(process.pid, signal.SIGKILL)
                process.wait()
        self.kills += 1

    def epochs(self) -> int:
        """Number of epochs that the checkpoint holds."""
        path = self.folder / CHECKPOINT
        return len(read_arrays(path)["history"]) if path.is_file() else 0


def moments(study: Path) -> dict[tuple[str, str], list[Path]]:
    """Two moments of each stage, and the files that tell of them, one a job.

    The log appears when a job starts, the benchmark when its command has ended and Snakemake has
    not yet noted it.
    """
    found: dict[tuple[str, str], list[Path]] = {}
    logs = study / "results" / "logs"
    for log in sorted(logs.rglob("*.log")):
        name = log.relative_to(logs)
        stage = name.parts[0].removesuffix(".log")
        benchmark = Path("results/benchmarks") / name.with_suffix(".tsv")
        found.setdefault((stage, "start"), []).append(log.relative_to(study))
        found.setdefault((stage, "end"), []).append(benchmark)
    return found


def contents(study: Path) -> dict[str, bytes]:
    """All that the study made, by name; logs, measurements and the record of the run aside."""
    return {
        str(path.relative_to(study)): path.read_bytes()
        for top in ("results", "reports")
        for path in (study / top).rglob("*")
        if path.is_file() and OF_THE_RUN.isdisjoint(path.relative_to(study).parts)
    }


def test_killed_anywhere_it_ends_the_same(make_checkout, run_snakemake, tmp_path):
    undisturbed = make_checkout(tmp_path / "undisturbed", CONFIG)
    result = run_snakemake(undisturbed)
    assert result.returncode == 0, result.stdout
    waiting = moments(undisturbed)
    stages = {stage for stage, _ in waiting}
    assert {"synthesize", "inventory", "select", "crop", "train", "predict", "report"} <= stages

    study = Study(make_checkout(tmp_path / "killed", CONFIG))
    while waiting:
        kill_at_the_next_of(study, waiting)
    assert study.kills >= max(30, 2 * len(stages) + 10)

    result = run_snakemake(study.folder)
    assert result.returncode == 0, result.stdout
    expected, found = contents(undisturbed), contents(study.folder)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    assert "Nothing to be done" in run_snakemake(study.folder).stdout


def kill_at_the_next_of(study: Study, waiting: dict[tuple[str, str], list[Path]]) -> None:
    """Kill at the first of the moments that comes, and take it off the list."""
    for paths in waiting.values():
        for path in paths:
            (study.folder / path).unlink(missing_ok=True)

    def come() -> list[tuple[str, str]]:
        return [
            moment
            for moment, paths in waiting.items()
            if any((study.folder / path).exists() for path in paths)
        ]

    study.killed_when(lambda: bool(come()))
    for moment in come():
        del waiting[moment]
        if moment == ("train", "start"):
            kill_after_each_epoch(study)


def kill_after_each_epoch(study: Study) -> None:
    """Kill the training after each epoch but the last; none is done twice.

    Training runs alone: a stage beside it would pass its own moments unseen.
    """
    kills_after_best = 0
    log = study.folder / TRAINING_LOG
    while (done := study.epochs()) < EPOCHS - 1:
        log.unlink(missing_ok=True)
        study.killed_when(lambda done=done: study.epochs() > done, WEIGHTS)
        said = log.read_text()
        assert (f"goes on after epoch {done}" in said) == (done > 0)
        history = pd.DataFrame(read_arrays(study.folder / CHECKPOINT)["history"])
        assert history[0].tolist() == list(range(1, len(history) + 1))
        kills_after_best += history[4].idxmax() < len(history) - 1
    assert kills_after_best > 0


def test_jobs_that_outlive_their_snakemake_are_waited_for(small_study, run_snakemake, tmp_path):
    study = Study(shutil.copytree(small_study, tmp_path / "study"))
    shutil.rmtree(study.folder / "results" / "models")
    shutil.rmtree(study.folder / "results" / "checkpoints")
    log = study.folder / TRAINING_LOG
    log.unlink()
    study.killed_when(log.exists, jobs_live=True)
    result = run_snakemake(study.folder)
    assert result.returncode == 0, result.stdout
    assert "waiting for them to end" in result.stdout
    assert "goes on after epoch 2" in log.read_text()
    expected, found = contents(small_study), contents(study.folder)
    assert [name for name in expected if found[name] != expected[name]] == []
