"""The study on SLURM: every stage runs there, and training asks for a GPU where it should."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from one_node_slurm import FinishedJob, Slurm, missing, one_node_slurm

from osteohip.config import load_config
from osteohip.model.demand import training_demand

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ("--workflow-profile", "workflow/profiles/slurm")
QUICK = ("--slurm-init-seconds-before-status-checks", "1")
GPU_OPTIONS = ("--gpus", "--gres")
# Of the machine, or of Snakemake: not the same from run to run.
OF_THE_RUN = {"logs", "benchmarks", "checkpoints", "private", "ro-crate-metadata.json"}


def test_the_profile_holds_what_the_default_one_does():
    default, slurm = (
        yaml.safe_load((ROOT / "workflow" / "profiles" / name / "profile.yaml").read_text())
        for name in ("default", "slurm")
    )
    del default["resources"]
    assert default.items() <= slurm.items()


def test_a_stage_is_in_a_group_unless_it_may_use_a_gpu():
    """A group must not hold a GPU, or wait in the GPUs' partition, for a stage that needs none."""
    text = "\n".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    rules = {
        name: ("group:" in body, "gpu=" in body)
        for name, body in re.findall(r"^rule (\w+):\n((?:(?: .*)?\n)+)", text, re.MULTILINE)
    }
    assert rules["train"] == (False, True)
    # The crate is written where Snakemake was started.
    assert [name for name, (grouped, gpu) in rules.items() if grouped == gpu] == ["crate"]


def test_stages_that_take_seconds_share_jobs(make_checkout, run_snakemake, tmp_path):
    sites = {f"site{k}": {"recipe": "external", "patients": 20, "seed": k} for k in range(5)}
    config = {
        "external": [f"results/synthetic/{site}" for site in sites],
        "synthetic": sites,
        "runs": {"second": {"seed": 2}, "both": {"ensemble": ["primary", "second"]}},
    }
    result = run_snakemake(make_checkout(tmp_path / "study", config), *PROFILE, "--dry-run")
    assert result.returncode == 0, result.stdout
    groups = re.findall(r"Group job (\w+) ", result.stdout)
    once = dict.fromkeys(("proof", "supplement", "report"), 1)
    expected = {"films": 6, "cohort": 6, "evaluation": 3, "readers": 6, **once}
    assert {name: groups.count(name) for name in expected} == expected


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A SLURM on this machine."""
    if (reason := missing()) is not None:
        pytest.skip(reason)
    with one_node_slurm(tmp_path_factory.mktemp("slurm") / "node") as running:
        yield running


@pytest.fixture(scope="module")
def site_arguments(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """What a hospital types, with the partition in a profile of its own."""
    profile = tmp_path_factory.mktemp("hospital") / "profile.yaml"
    settings = {
        "default-resources": {"slurm_partition": "main"},
        "slurm-status-command": "squeue",
        "slurm-keep-successful-logs": True,
    }
    profile.write_text(yaml.safe_dump(settings))
    return ("--profile", str(profile), *PROFILE, *QUICK)


@pytest.fixture(scope="module")
def ran_on_slurm(
    slurm, site_arguments, small_study, make_checkout, run_snakemake
) -> tuple[Path, list[FinishedJob]]:
    """The small study anew, with each job sent to SLURM, and what SLURM says of the jobs."""
    config = yaml.safe_load((small_study / "config" / "config.yaml").read_text())
    folder = make_checkout(slurm.folder.parent / "a study on slurm", config)
    result = run_snakemake(folder, *site_arguments)
    assert result.returncode == 0, result.stdout
    return folder, slurm.finished_jobs()


@pytest.fixture
def study_on_slurm(ran_on_slurm) -> Path:
    """The folder of the small study that ran on SLURM."""
    return ran_on_slurm[0]


def targets_of(text: str) -> set[tuple[str, ...]]:
    """Rule and wildcards of each stage that Snakemake was called for inside a SLURM job."""
    found = set()
    for call in re.findall(r"--target-jobs (.*?) --allowed-rules", text):
        for target in shlex.split(call):
            rule, _, wildcards = target.partition(":")
            values = (pair.split("=")[1] for pair in wildcards.split(",") if pair)
            found.add((rule, *sorted(values)))
    return found


def stages_of(study: Path) -> set[tuple[str, ...]]:
    """Rule and wildcards of each stage that was measured, and is no matter of the login node."""
    folder = study / "results" / "benchmarks"
    paths = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.tsv"))
    return {(path.parts[0], *sorted(path.parts[1:])) for path in paths} - {("crate",)}


def results_of(study: Path) -> dict[str, bytes]:
    """All that the study made, by path."""
    return {
        str(path.relative_to(study)): path.read_bytes()
        for top in ("results", "reports")
        for path in (study / top).rglob("*")
        if path.is_file() and OF_THE_RUN.isdisjoint(path.relative_to(study).parts)
    }


@pytest.mark.slow
def test_every_stage_ran_on_slurm(ran_on_slurm):
    study, jobs = ran_on_slurm
    assert {(job.state, job.partition) for job in jobs} == {("COMPLETED", "main")}
    folder = study / ".snakemake" / "slurm_logs"
    logs = {int(log.stem): log for log in folder.rglob("*.log")}
    assert set(logs) == {job.job_id for job in jobs}
    ran = targets_of("\n".join(log.read_text() for log in logs.values()))
    assert ran == stages_of(study)
    assert len(jobs) < len(ran)


@pytest.mark.slow
def test_slurm_gives_the_same_bytes(study_on_slurm, small_study):
    assert results_of(study_on_slurm) == results_of(small_study)


@pytest.mark.slow
def test_a_second_run_submits_nothing(slurm, study_on_slurm, site_arguments, run_snakemake):
    before = slurm.finished_jobs()
    for arguments in (site_arguments, ()):
        result = run_snakemake(study_on_slurm, *arguments)
        assert result.returncode == 0, result.stdout
        assert "Nothing to be done" in result.stdout
    assert slurm.finished_jobs() == before


@pytest.mark.slow
def test_training_goes_on_after_a_requeue(
    slurm, study_on_slurm, site_arguments, run_snakemake, tmp_path
):
    target = "results/models/primary/run.json"
    longer = ("--config", "training={epochs: 20}")
    folders = [tmp_path / name for name in ("undisturbed", "requeued")]
    for folder in folders:
        shutil.copytree(study_on_slurm, folder, symlinks=True)
    undisturbed, requeued = folders
    result = run_snakemake(undisturbed, target, *longer)
    assert result.returncode == 0, result.stdout

    checkpoint = requeued / "results" / "checkpoints" / "primary.npz"
    checkpoint.unlink()
    command = [sys.executable, "-m", "snakemake", target, *site_arguments, "--slurm-requeue"]
    with subprocess.Popen([*command, *longer], cwd=requeued, text=True) as process:
        while not checkpoint.exists():
            assert process.poll() is None
            time.sleep(0.05)
        running = subprocess.run(
            ["squeue", "--noheader", "--states=RUNNING", "--format=%i"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert len(running) == 1
        subprocess.run(["scontrol", "requeue", *running], check=True)
        assert process.wait(timeout=300) == 0
    log = (requeued / "results" / "logs" / "train" / "primary.log").read_text()
    assert "goes on after epoch" in log
    bundles = [
        {path.name: path.read_bytes() for path in (folder / "results/models/primary").iterdir()}
        for folder in folders
    ]
    assert bundles[0] == bundles[1]


FAKE_SLURM = """\
#!/bin/sh
case "$(basename "$0")" in
    sbatch) printf '%s\\n' "$@" > "$SBATCH_ARGUMENTS"; exit 1;;
    sacctmgr) echo radiology;;
esac
"""


@pytest.fixture
def sbatch_of_training(
    small_study, run_snakemake, tmp_path, monkeypatch
) -> Callable[..., list[str]]:
    """The arguments that sbatch gets for training; it refuses the job."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sbatch", "sacctmgr", "sacct", "squeue", "scontrol", "sinfo", "scancel"):
        (programs / name).write_text(FAKE_SLURM)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    arguments = tmp_path / "arguments.txt"
    monkeypatch.setenv("SBATCH_ARGUMENTS", str(arguments))
    study = tmp_path / "study"
    shutil.copytree(small_study, study, symlinks=True)

    def submit(*options: str) -> list[str]:
        target = "results/models/primary/run.json"
        result = run_snakemake(study, *PROFILE, *QUICK, *options, "--force", target)
        assert result.returncode != 0
        assert "SLURM sbatch failed" in result.stdout
        return arguments.read_text().splitlines()

    return submit


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device", "resources", "expected"),
    [
        ("gpu", [], ["--gpus=1"]),
        ("gpu", ["gpu_gres=gpu:a100:1"], ["--gres=gpu:a100:1"]),
        ("cpu", [], []),
        ("cpu", ["gpu_gres=gpu:a100:1"], []),
        ("auto", [], []),
    ],
)
def test_training_asks_for_a_gpu_if_and_only_if_configured(
    device, resources, expected, sbatch_of_training
):
    arguments = sbatch_of_training(
        "--default-resources",
        "slurm_partition=long",
        "slurm_account=radiology",
        *resources,
        "--config",
        f"device={device}",
    )
    assert [a for a in arguments if a.startswith(GPU_OPTIONS)] == expected
    assert arguments[arguments.index("-p") + 1] == "long"
    assert arguments[arguments.index("-A") + 1] == "radiology"
    study = load_config({"images": {"size": 32}, "training": {"epochs": 2}})
    demand = training_demand(study.network, study.training, size=32, hips=60, gpu=device == "gpu")
    assert arguments[arguments.index("--mem") + 1] == str(demand.megabytes)
    assert arguments[arguments.index("-t") + 1] == str(demand.minutes)


@pytest.mark.slow
def test_a_site_sets_time_and_partition_of_training(sbatch_of_training):
    arguments = sbatch_of_training(
        "--default-resources",
        "slurm_partition=main",
        "--set-resources",
        "train:slurm_partition=gpu",
        "train:runtime=2880",
    )
    assert arguments[arguments.index("-p") + 1] == "gpu"
    assert arguments[arguments.index("-t") + 1] == "2880"
