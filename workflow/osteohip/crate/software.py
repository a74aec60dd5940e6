"""Which software made the results: the locked packages as they are installed."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """A package of the environment."""

    name: str
    version: str


def locked_packages(lock: Path) -> list[Package]:
    """Return the packages of a lock that are installed, sorted, in their installed version."""
    found = []
    for name in sorted(set(LOCKED.findall(lock.read_text(encoding="utf-8")))):
        try:
            found.append(Package(name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue  # of another system, by the lock's markers
    return found


def python() -> Package:
    """Return the Python that runs this."""
    return Package("Python", platform.python_version())
