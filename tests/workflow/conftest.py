"""One small study, built once, that all tests of the workflow share."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

SMALL = {
    "synthetic": {
        "development": {"recipe": "development", "patients": 60, "seed": 5},
        "external": {"recipe": "external", "patients": 30, "seed": 6},
    },
    "images": {"size": 32},
    "training": {"epochs": 2},
}


def snakemake_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in ``folder`` as a user would, with the package that lies there."""
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    package = str(folder / "workflow")
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": search, "PYTHONPATH": package},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def checkout_in(folder: Path, config: dict) -> Path:
    """Lay out what a clone holds, with another default configuration."""
    for part in ("workflow", "envs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "config").mkdir()
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture(scope="session")
def run_snakemake() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Snakemake in a folder, with further arguments."""
    return snakemake_in


@pytest.fixture(scope="session")
def make_checkout() -> Callable[[Path, dict], Path]:
    """Lay out in a folder what a clone holds, with a configuration."""
    return checkout_in


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a small study that ran to its report; its path holds a space."""
    folder = checkout_in(tmp_path_factory.mktemp("study") / "a small study", SMALL)
    result = snakemake_in(folder)
    assert result.returncode == 0, result.stdout
    return folder
