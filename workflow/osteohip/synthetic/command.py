"""The command that makes a synthetic site."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class RecipeName(StrEnum):
    """Kinds of synthetic hospitals."""

    development = "development"
    external = "external"


def synthesize(
    *,
    recipe: Annotated[RecipeName, typer.Option(help="kind of hospital")],
    patients: Annotated[int, typer.Option(min=20, help="records of the final cohort")],
    seed: Annotated[int, typer.Option(min=0, help="same arguments, same bytes")],
    out: Annotated[Path, typer.Option(help="site folder to make; its truth goes to OUT.truth")],
    digest_out: Annotated[
        Path | None, typer.Option(help="JSON file for digests of the site's content")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Make a synthetic site folder: computed hip films, DXA records and all tables."""
    from osteohip.files import write_json
    from osteohip.site.folder import content_digests
    from osteohip.synthetic.recipes import RECIPES
    from osteohip.synthetic.site_writer import write_site

    write_site(out, recipe=RECIPES[recipe.value], patients=patients, seed=seed, jobs=jobs)
    if digest_out is not None:
        write_json(digest_out, content_digests(out))
