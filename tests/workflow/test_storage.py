"""A disk that is full or must not be written costs one sentence."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {found.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def mount() -> Iterator[Callable[[Path, str], None]]:
    """A function that puts a disk of its own below a folder, for the time of a test."""
    with ExitStack() as stack:
        yield lambda folder, options: stack.enter_context(mounted(folder, options))


def test_a_full_disk_stops_the_study_in_one_sentence(make_checkout, run_snakemake, mount, tmp_path):
    folder = make_checkout(tmp_path / "study", {})
    mount(folder / "results", "size=2m")
    result = run_snakemake(folder, "results/synthetic/external.digest")
    assert result.returncode != 0
    assert "osteohip: nothing more can be written (No space left on device)" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_read_only_folder_stops_before_the_first_job(
    make_checkout, run_snakemake, mount, tmp_path
):
    folder = make_checkout(tmp_path / "study", {})
    mount(folder / "results", "ro")
    result = run_snakemake(folder)
    assert result.returncode != 0
    assert "results/ cannot be written: Read-only file system" in result.stdout
    assert "Making the synthetic site" not in result.stdout
