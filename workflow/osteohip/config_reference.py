"""Write the reference of all configuration keys into ``config/README.md``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tabulate import tabulate

from osteohip.config import CHOICES, Config
from osteohip.files import write_text

BEGIN, END = "<!-- reference: begin -->\n", "<!-- reference: end -->\n"
# Names that the user chooses, as they stand in the table.
CHOSEN_NAMES = {"runs": "NAME", "synthetic": "SITE"}
# Stages that a key, or all keys below it, makes run anew; what takes their results follows. The
# longest name that fits counts.
STAGES = {
    "development": ("inventory",),
    "model": ("receive",),
    "external": ("inventory",),
    "allow_mixing": ("predict", "explain"),
    "statements": ("statements",),
    "seed": ("select", "split"),
    "device": ("train", "predict", "explain"),
    "precision": ("train",),
    "inventory": ("inventory",),
    "selection": ("select",),
    "images": ("crop", "mask", "train"),
    "split": ("split",),
    "network": ("train",),
    "training": ("train",),
    "runs": ("train",),
    "evaluation": ("evaluate",),
    **{f"evaluation.{key}": ("threshold",) for key in CHOICES},
    "evaluation.bootstrap": ("evaluate", "attend"),
    "evaluation.smallest_effective_size": ("evaluate", "drop"),
    "explanation": ("explain",),
    "explanation.border": ("attend", "simulate"),
    "readers": ("kit",),
    "readers.simulated_error": ("simulate",),
    "readings": ("agree",),
    "synthetic": ("synthesize",),
}
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}

Schema = Mapping[str, Any]


def reference() -> str:
    """Return a Markdown table of every key: what it takes, its default, meaning and stages."""
    schema = Config.model_json_schema()
    rows = [
        (
            f"`{key}`",
            _takes(item, schema["$defs"]),
            _default(item),
            item.get("description", ""),
            ", ".join(stages_of(key)),
        )
        for key, item in _keys(schema, schema["$defs"], "")
    ]
    headers = ("key", "takes", "default", "meaning", "reruns")
    return tabulate(rows, headers=headers, tablefmt="pipe") + "\n"


def all_keys() -> tuple[str, ...]:
    """Return the dotted name of every key."""
    schema = Config.model_json_schema()
    return tuple(key for key, _ in _keys(schema, schema["$defs"], ""))


def stages_of(key: str) -> tuple[str, ...]:
    """Return the stages that a change of ``key`` makes run anew, the first of each chain.

    Raises
    ------
    KeyError
        If no one said which stages those are.
    """
    parts = key.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    for prefix in prefixes:
        if prefix in STAGES:
            return STAGES[prefix]
    raise KeyError(key)


def _keys(section: Schema, definitions: Schema, prefix: str) -> Iterator[tuple[str, Schema]]:
    """Yield every key below ``section`` with its JSON schema, sections before what they hold."""
    for name, item in section["properties"].items():
        inner = _section(item, definitions)
        chosen = f".{CHOSEN_NAMES[name]}" if name in CHOSEN_NAMES else ""
        if inner is None or "$ref" not in item:
            yield f"{prefix}{name}", item
        if inner is not None:
            yield from _keys(inner, definitions, f"{prefix}{name}{chosen}.")


def _section(item: Schema, definitions: Schema) -> Schema | None:
    """Return the schema of the section that ``item`` is, may be, or maps names to."""
    candidates = [item, *item.get("anyOf", []), *item.get("patternProperties", {}).values()]
    for candidate in candidates:
        if "$ref" in candidate:
            definition: Schema = definitions[candidate["$ref"].rpartition("/")[2]]
            return definition
    return None


def _takes(item: Schema, definitions: Schema) -> str:
    if "anyOf" in item:
        return " or ".join(_takes(choice, definitions) for choice in item["anyOf"])
    if "enum" in item:
        return ", ".join(f"`{value}`" for value in item["enum"])
    if item.get("type") == "array":
        return f"list of {_takes(item['items'], definitions)}"
    if "$ref" in item or item.get("type") == "object":
        return "mapping"
    bounds = [f"{sign} {item[bound]}" for bound, sign in BOUNDS.items() if bound in item]
    return " ".join([item["type"], *bounds])


def _default(item: Schema) -> str:
    return f"`{json.dumps(item['default'])}`" if "default" in item else "required"


def updated(text: str) -> str:
    """Return ``text`` with the current reference between its two marks."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}{reference()}{END}{tail}"


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    write_text(readme, updated(readme.read_text(encoding="utf-8")))
