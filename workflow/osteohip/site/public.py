"""The allow-list: what may leave a site's folder and ``private/`` of what films and tables say.

Text leaves through here alone. All else that leaves is the study's own: numbers, coded words and
what is computed, column by column in ``cohort.csv`` and ``crops.csv``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from osteohip.writing.fonts import is_drawn

# DICOM tags whose text leaves, and its column in the inventory and in cohort.csv.
TAGS = {
    "Manufacturer": "manufacturer",
    "ManufacturerModelName": "model_name",
}
# Keys of site.yaml; the site's id is its folder's name.
SITE_KEYS = ("name", "synthetic")
# Reasons why a hip was not cropped are free text. These words leave; all others are `other`.
CROP_REASONS = ("quality", "positioning", "incomplete", "obscured")


def public_tags(film: Any) -> dict[str, str]:
    """Return what leaves of a film's tags: column to text of harmless characters only.

    Parameters
    ----------
    film
        Anything with the inventory's columns as attributes.
    """
    return {column: public_text(str(getattr(film, column))) for column in TAGS.values()}


def public_text(text: str) -> str:
    """Return the name of a manufacturer or model: harmless characters only, that fonts draw."""
    harmless = re.sub(r"[^\w .,&()/+-]", " ", unicodedata.normalize("NFC", text))
    return " ".join("".join(c if is_drawn(c) else " " for c in harmless).split())


def public_reason(reason: str) -> str:
    """Return the coded word for the manifest's reason: one that is public, else ``other``."""
    word = reason.strip().lower()
    return word if word in CROP_REASONS else "other"
