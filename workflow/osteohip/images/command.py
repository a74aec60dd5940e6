"""The command that makes a site's crops."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def crop(
    site: Annotated[Path, typer.Option(help="site folder")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    inventory: Annotated[Path, typer.Option(help="inventory.csv of the site")],
    linkage: Annotated[Path, typer.Option(help="linkage.csv of the site")],
    out_dir: Annotated[Path, typer.Option(help="folder for crops.npz, crops.csv and private/")],
    settings: Annotated[
        str | None, typer.Option(help="section `images` of the configuration, as JSON")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Cut each hip of the cohort out of its film, bone bright, at one size."""
    import numpy as np
    import pandas as pd

    from osteohip.config import Images, parse_settings, settings_json
    from osteohip.errors import Problem, raise_if_any
    from osteohip.files import write_arrays, write_csv
    from osteohip.images.crop import make_crops, tabulate_crops
    from osteohip.images.manifest import read_tasks
    from osteohip.site.inventory import read_inventory
    from osteohip.site.problems import problems_recorded
    from osteohip.site.schema import read_site

    chosen = parse_settings(Images, settings)
    cases = pd.read_csv(cohort, dtype=str, keep_default_na=False)["case_id"]
    links = pd.read_csv(linkage, dtype=str, keep_default_na=False)
    with problems_recorded(out_dir / "private"):
        if list(cases) != list(links["case_id"]):
            raise_if_any([Problem("private/linkage.csv", "the cases of cohort.csv; select again")])
        films = read_inventory(inventory)
        tasks = read_tasks(site, read_site(site), films=films, linkage=links)
        case_ids, pixels, valid = make_crops(tasks, site=site, settings=chosen, jobs=jobs)
    write_csv(out_dir / "crops.csv", tabulate_crops(tasks))
    write_arrays(
        out_dir / "crops.npz",
        case_id=np.array(case_ids, dtype=np.str_),
        pixels=pixels,
        valid=valid,
        settings=np.array(settings_json(chosen)),
    )
