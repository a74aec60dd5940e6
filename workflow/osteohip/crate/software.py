"""Which software made the results: the packages of the locked environments."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[^]]*\])?==[^\\\n]+", re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """A package of an environment, and its address."""

    name: str
    version: str
    url: str


def locked_packages(locks: Sequence[Path]) -> list[Package]:
    """Return the packages of this system in the locks of some environments, sorted.

    Parameters
    ----------
    locks
        The first is the lock of the environment that runs this, whose packages have the versions
        that are installed. Of the others, those of the lock are told.
    """
    found = {}
    for number, lock in enumerate(locks):
        for line in PINNED.finditer(lock.read_text(encoding="utf-8")):
            wanted = Requirement(line[0])
            if wanted.marker and not wanted.marker.evaluate():
                continue
            version = metadata.version(wanted.name) if not number else _pinned(wanted)
            package = Package(wanted.name, version, f"pkg:pypi/{wanted.name}@{version}")
            found[package.url] = package
    return [found[url] for url in sorted(found)]


def _pinned(wanted: Requirement) -> str:
    (specifier,) = wanted.specifier
    return str(specifier.version)


def python() -> Package:
    """Return the Python that runs this."""
    version = platform.python_version()
    return Package("Python", version, f"https://docs.python.org/release/{version}/")
