"""The files that lie in the crate: what was reported, and the workflow that made it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from osteohip.crate.records import Job
from osteohip.files import write_json, written_whole

DEFINITION = ("Snakefile", "rules/*.smk")


def copy_workflow(
    workflow: Path, locks: Sequence[Path], *, settings: dict[str, Any], out: Path
) -> list[str]:
    """Copy the workflow's definition, its locks and settings; return the names below ``out``."""
    sources = {
        path.relative_to(workflow).as_posix(): path
        for pattern in DEFINITION
        for path in sorted(workflow.glob(pattern))
    }
    sources |= {f"envs/{path.name}": path for path in locks}
    for name, source in sources.items():
        with written_whole(out / name) as partial:
            shutil.copyfile(source, partial)
    write_json(out / "config.json", settings)
    return [*sources, "config.json"]


def reported(jobs: Sequence[Job], folder: Path) -> list[str]:
    """Return the files below ``folder`` that jobs made, relative to it."""
    found = set()
    for output in (Path(path) for job in jobs for path in job.outputs):
        if output.is_relative_to(folder):
            inside = output.rglob("*") if output.is_dir() else [output]
            found |= {
                path.relative_to(folder).as_posix()
                for path in inside
                if path.is_file() and not path.name.startswith(".")
            }
    return sorted(found)
