"""What a site holds, in counts that may be published."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from osteohip.site.films import unmatched
from osteohip.site.public import SITE_KEYS
from osteohip.site.schema import OTHER_REGION, Site, site_id
from osteohip.site.tables import SelectionTables


def summarise_site(
    folder: Path,
    site: Site,
    *,
    films: pd.DataFrame,
    refused: pd.DataFrame,
    tables: SelectionTables,
) -> dict[str, object]:
    """Return the content of ``site.json``: id, name, whether synthetic, and counts only."""
    reasons = refused["reason"].value_counts()
    return {
        "id": site_id(folder),
        **{key: getattr(site, key) for key in SITE_KEYS},
        "files": len(films) + len(refused),
        "films": len(films),
        "refused": {str(reason): int(reasons[reason]) for reason in sorted(reasons.index)},
        "patients": len(tables.patients),
        "dxa_rows": len(tables.dxa),
        "other_regions": int((tables.dxa["region"] == OTHER_REGION).sum()),
        "findings": len(tables.findings),
        "film_overrides": len(tables.films),
        "film_overrides_unmatched": unmatched(films, tables.films),
    }
