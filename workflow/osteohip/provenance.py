"""Digests by which a stage knows that its code or its environment changed.

Standard library only: this module is imported while the workflow is parsed.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# Package data that a result may depend on; an editor's own files beside a module count for nothing.
DATA = frozenset(
    {".bib", ".css", ".csl", ".j2", ".js", ".json", ".lua", ".md", ".typ", ".xml", ".yaml"}
)


def _path_of(module: str) -> Path | None:
    """Return the file of ``osteohip`` module ``module``, None for a name that is no module."""
    relative = PACKAGE.joinpath(*module.split(".")[1:])
    for candidate in (relative.with_suffix(".py"), relative / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _imports(module: str, function: str | None = None) -> frozenset[str]:
    """Return the modules of this package that ``module`` imports, at its top or in a function.

    With ``function``, what its other functions import does not count.
    """
    path = _path_of(module)
    if path is None:
        raise ValueError(f"{module} is no module of osteohip")
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    if function is not None:
        functions = {s.name: s for s in statements if isinstance(s, ast.FunctionDef)}
        if function not in functions:
            raise ValueError(f"{module} has no function {function}")
        statements = [s for s in statements if s not in functions.values()]
        statements.append(functions[function])
    names: set[str] = set()
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{path}: relative imports are not followed")
            source = node.module or ""
            names.update([source, *(f"{source}.{alias.name}" for alias in node.names)])
    found: set[str] = set()
    for name in names:
        parts = name.split(".")
        if parts[0] == "osteohip":
            prefixes = [".".join(parts[: i + 1]) for i in range(len(parts))]
            found.update(prefix for prefix in prefixes if _path_of(prefix))
    return frozenset(found)


def closure(module: str, function: str | None = None) -> tuple[str, ...]:
    """Return ``module`` and all modules of this package that it imports, sorted by name.

    With ``function``, only what this function of the module needs.
    """
    seen = {module}
    waiting = list(_imports(module, function))
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(_imports(current))
    return tuple(sorted(seen))


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


@cache
def code_digest(command: str) -> str:
    """Return a digest of the code that a command runs: its import closure and package data.

    ``command`` is a room and a function of its ``command`` module, as ``split.overlap``. Package
    data (templates, styles) counts for the modules that lie in the same folder.
    """
    room, function = command.split(".")
    paths: set[Path] = set()
    for name in closure(f"osteohip.{room}.command", function):
        path = _path_of(name)
        assert path is not None
        paths.add(path)
        if path.parent != PACKAGE:
            paths.update(p for p in path.parent.iterdir() if p.suffix in DATA)
    return _digest(sorted(paths))


@cache
def file_digest(path: Path) -> str:
    """Return a digest of one file, as of an environment's lock."""
    return _digest([path])
