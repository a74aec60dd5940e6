"""A page of the kits: one file with its style, scripts and data, which can reach nothing else."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup


def render_page(
    template: str,
    *,
    styles: tuple[str, ...],
    scripts: tuple[str, ...],
    data: Any,
    **values: object,
) -> str:
    """Return a page made from a template of this room.

    Parameters
    ----------
    template
        Name of the HTML template; it has `style`, `script` and `data` besides ``values``.
    styles, scripts
        Names of the style sheets and scripts, in order.
    data
        What the scripts read, as JSON.
    values
        What the template shows; text is escaped.
    """
    room = files("osteohip.readers")

    def text(name: str) -> str:
        return room.joinpath(name).read_text(encoding="utf-8")

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.from_string(text(template)).render(
        style=Markup("\n".join(text(name) for name in styles)),  # our own files
        script=Markup("\n".join(text(name) for name in scripts)),
        data=Markup(script_json(data)),
        **values,
    )


def script_json(data: Any) -> str:
    """Return JSON that can stand inside a script element: nothing in it ends the element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
