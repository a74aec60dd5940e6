"""Command lines as they may be shown to others."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

PATH_OF_A_MACHINE = re.compile(r"(?<![\w.@:/-])/[^\s'\"]+")


def told(command: str, names: Mapping[str, str]) -> str:
    """Return a command line that names no folder of the machine.

    Parameters
    ----------
    command
        As a shell reads it.
    names
        Folders, and what to call them; every other path from the root is called PATH.

    Examples
    --------
    >>> told("osteohip select --site '/data/our sites/asan' --out-dir results > /tmp/log",
    ...      {"/data/our sites/asan": "SITE:asan"})
    'osteohip select --site SITE:asan --out-dir results > PATH'
    """
    for folder in sorted(names, key=len, reverse=True):
        command = command.replace(shlex.quote(folder), names[folder])
        command = command.replace(folder, names[folder])
    return PATH_OF_A_MACHINE.sub("PATH", command)
