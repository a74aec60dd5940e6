"""Where what the report holds comes from: files, their digests and the command."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from osteohip.files import file_sha256
from osteohip.writing.commands import told
from osteohip.writing.wording import Markdown, escape

ORIGINS_FILE = "origins.json"
# Digits of a digest that tell files of one report apart at a glance.
SHORT = 12


def origins_of(written: Collection[Path], folder: Path, arguments: Sequence[str]) -> dict[str, Any]:
    """Return the content of ``origins.json``: the command, and the SHA-256 of what it wrote.

    Parameters
    ----------
    written
        Files below ``folder``.
    folder
        The report's folder.
    arguments
        The command's own, without its name.
    """
    files = {path.relative_to(folder).as_posix(): file_sha256(path) for path in written}
    return {"command": _command(arguments), "files": dict(sorted(files.items()))}


def origin_of_text(source: Path, arguments: Sequence[str]) -> str:
    """Return what a file of its own was made of, with the whole digest, and the command.

    Parameters
    ----------
    source
        What it was made of.
    arguments
        The command's own, without its name.
    """
    return f"{source.name} (SHA-256 {file_sha256(source)}); command: {_command(arguments)}"


def _command(arguments: Sequence[str]) -> str:
    return told(shlex.join(["osteohip", *arguments]), {})


def origin(key: str, kind: str, origins: Mapping[str, Any] | None) -> Markdown:
    """Return the line below a figure or table that leads to its files; only pages show it.

    Parameters
    ----------
    key
        Name of its files without ending.
    kind
        ``figures`` or ``tables``.
    origins
        As `origins_of` gives it; None for a report that does not know.
    """
    if origins is None:
        return Markdown("")
    names = [f"{kind}/{key}.{ending}" for ending in ("pdf", "png", "csv")]
    told_of = [
        f"[{escape(name)}]({name}) (SHA-256 `{origins['files'][name][:SHORT]}…`)"
        for name in names
        if name in origins["files"]
    ]
    return Markdown(
        f"\n\n::: origin\n{', '.join(told_of)}; [command and whole digests](#origins)\n:::"
        if told_of
        else ""
    )


def origins_chapter(origins: Mapping[str, Any] | None) -> Markdown:
    """Return the section with the command and every whole digest; only pages show it."""
    if origins is None:
        return Markdown("")
    lines = [
        f"| [{escape(name)}]({name}) | `{digest}` |" for name, digest in origins["files"].items()
    ]
    command = origins["command"].replace("`", "'")
    return Markdown(
        "\n".join(
            [
                "::: {.origin .origins}",
                "## Where figures and tables come from {#origins}",
                "",
                "All of them were written by one command, from results whose own commands, inputs "
                "and digests stand in [ro-crate-metadata.json](ro-crate-metadata.json):",
                "",
                "```{.command}",
                command,
                "```",
                "",
                '::: {.table #table-origins tabindex="0"}',
                "| File | SHA-256 |",
                "| :--- | :--- |",
                *lines,
                ":::",
                ":::",
                "",
            ]
        )
    )
