"""The commands that make a site's crops and, of a synthetic site, their masks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def crop(
    site: Annotated[Path, typer.Option(help="site folder")],
    cohort: Annotated[Path, typer.Option(help="cohort.csv of the site")],
    inventory: Annotated[Path, typer.Option(help="inventory.csv of the site")],
    linkage: Annotated[Path, typer.Option(help="linkage.csv of the site")],
    out_dir: Annotated[
        Path, typer.Option(help="folder for crops.npz, crops.csv, example.png and private/")
    ],
    settings: Annotated[
        str | None, typer.Option(help="section `images` of the configuration, as JSON")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Cut each hip of the cohort out of its film, bone bright, at one size; show one whole film."""
    import numpy as np
    import pandas as pd

    from osteohip.config import Images, parse_settings, settings_json
    from osteohip.errors import Problem, raise_if_any
    from osteohip.files import write_arrays, write_bytes, write_csv, write_json
    from osteohip.images.crop import make_crops, tabulate_crops
    from osteohip.images.example import find_example
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
    picture, facts = find_example(tasks, site=site)
    write_bytes(out_dir / "example.png", picture)
    write_json(out_dir / "example.json", facts)
    write_arrays(
        out_dir / "crops.npz",
        case_id=np.array(case_ids, dtype=np.str_),
        pixels=pixels,
        valid=valid,
        settings=np.array(settings_json(chosen)),
    )


def mask(
    site: Annotated[Path, typer.Option(help="synthetic site folder")],
    masks: Annotated[Path, typer.Option(help="masks.zip beside the site")],
    inventory: Annotated[Path, typer.Option(help="inventory.csv of the site")],
    linkage: Annotated[Path, typer.Option(help="linkage.csv of the site")],
    out: Annotated[Path, typer.Option(help="masks.npz to write")],
    settings: Annotated[
        str | None, typer.Option(help="section `images` of the configuration, as JSON")
    ] = None,
) -> None:
    """Cut the generator's masks of bone and cortex as the crops are cut."""
    import numpy as np
    import pandas as pd

    from osteohip.config import Images, parse_settings, settings_json
    from osteohip.files import write_arrays
    from osteohip.images.manifest import read_tasks
    from osteohip.images.masks import make_masks
    from osteohip.site.inventory import read_inventory
    from osteohip.site.schema import read_site

    chosen = parse_settings(Images, settings)
    links = pd.read_csv(linkage, dtype=str, keep_default_na=False)
    films = read_inventory(inventory)
    tasks = read_tasks(site, read_site(site), films=films, linkage=links)
    uids = dict(zip(links["case_id"], links["sop_instance_uid"], strict=True))
    case_ids, bone, cortex = make_masks(tasks, uids, archive=masks, settings=chosen)
    write_arrays(
        out,
        case_id=np.array(case_ids, dtype=np.str_),
        bone=bone,
        cortex=cortex,
        settings=np.array(settings_json(chosen)),
    )
