"""A supplement as one page in the browser, which opens offline."""

from __future__ import annotations

import base64
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from osteohip.report.supplements.content import ORIGIN, Supplement, bar_colours
from osteohip.writing.wording import number, plural


def supplement_page(found: Supplement) -> str:
    """Return the page; text of sites is escaped, and nothing in it is loaded from elsewhere.

    The browser lays out only the hips that are near what it shows, so that thousand of them scroll
    like ten.
    """
    room = files(__package__ or "")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "base64": lambda content: base64.b64encode(content).decode("ascii"),
        "number": number,
        "counted": plural,
    }
    return environment.from_string(
        room.joinpath("supplement.html.j2").read_text(encoding="utf-8")
    ).render(
        supplement=found,
        style=room.joinpath("supplement.css").read_text(encoding="utf-8"),
        bar=", ".join(bar_colours()),
        mark=found.mark,
        origin=ORIGIN,
    )
