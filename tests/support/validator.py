"""What the validator of RO-Crates says of a crate, without network."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-crate" / "bin" / "python"


def crate_problems(crate: Path, cache: Path, severity: str = "REQUIRED") -> list[str]:
    """Return what is wrong with a crate by Provenance Run Crate 0.5; ``cache`` is a scratch folder.

    That profile holds those of Workflow Run Crate, Process Run Crate and RO-Crate 1.1.
    """
    if not PYTHON.is_file():
        pytest.skip("the validator is not here: make .venv-crate/ready")
    # It cannot read paths with a space.
    copied = shutil.copytree(crate, cache / "validated")
    script = Path(__file__).with_name("validate_crate.py")
    result = subprocess.run(
        [PYTHON, script, copied, cache / "http", severity],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(cache)},
    )
    problems = result.stdout.splitlines()
    assert (result.returncode == 0) is (not problems), result.stderr
    return problems
