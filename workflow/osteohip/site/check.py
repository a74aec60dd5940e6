"""Check a whole site folder at once, before the study runs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from osteohip.errors import raise_if_any
from osteohip.site.films import apply_overrides
from osteohip.site.inventory import take_inventory
from osteohip.site.manifest import manifest_problems
from osteohip.site.schema import CROPS, read_site
from osteohip.site.summary import summarise_site
from osteohip.site.tables import check_selection_tables, read_table


def check_site(folder: Path, *, modalities: Collection[str], jobs: int = 1) -> str:
    """Check ``site.yaml``, all tables and all films of a site.

    Parameters
    ----------
    folder
        Site folder; nothing is written.
    modalities
        Accepted DICOM modalities.
    jobs
        Processes that open films.

    Returns
    -------
    The site's counts as text.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    site = read_site(folder)
    found = take_inventory(folder, modalities=modalities, jobs=jobs)
    tables, problems = check_selection_tables(folder, site, films=found.films)
    manifest, wrong = read_table(folder, site, CROPS)
    problems += wrong
    if not tables.films["sop_instance_uid"].duplicated().any():
        films = apply_overrides(found.films, tables.films)
        problems += manifest_problems(manifest, films=films)
    raise_if_any(problems)
    summary = summarise_site(folder, site, films=found.films, refused=found.refused, tables=tables)
    return "\n".join(f"{key}: {value}" for key, value in summary.items())
