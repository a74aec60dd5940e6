"""Command lines as they may be shown to others."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

SHELL = (">", ">>", "2>&1", "|", "&&", ";")


def told(command: str, names: Mapping[str, str]) -> str:
    """Return a command line that names no place outside the study's folder.

    Parameters
    ----------
    command
        As a shell reads it.
    names
        Files and folders, and what to call them; every other path from the root, or that leads out
        of the study's folder, is called PATH, also inside JSON.

    Examples
    --------
    >>> told("osteohip select --site '/data/our sites/asan' --out-dir results > /tmp/log",
    ...      {"/data/our sites/asan": "SITE:asan"})
    'osteohip select --site SITE:asan --out-dir results > PATH'
    """
    words = []
    for word in shlex.split(command):
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        shown = option + equals + _told_text(value, names)
        words.append(shown if word in SHELL else shlex.quote(shown))
    return " ".join(words)


def told_content(content: Any, names: Mapping[str, str]) -> Any:
    """Return what JSON holds, the places that it names told as those of a command."""
    if isinstance(content, dict):
        return {key: told_content(value, names) for key, value in content.items()}
    if isinstance(content, list):
        return [told_content(value, names) for value in content]
    return _told_text(content, names) if isinstance(content, str) else content


def _told_text(text: str, names: Mapping[str, str]) -> str:
    for place in sorted(names, key=len, reverse=True):
        if text == place or text.startswith(f"{place}/"):
            return names[place] + text.removeprefix(place)
    if text.startswith(("/", "..")):
        return "PATH"
    if text.startswith(("{", "[")):
        try:
            content = json.loads(text)
        except ValueError:
            return text
        shown = told_content(content, names)
        if shown != content:
            return json.dumps(shown, separators=(",", ":"), ensure_ascii=False)
    return text
