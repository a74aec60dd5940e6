"""One figure of the report, as its caption knows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Illustration:
    """A figure in the report.

    Parameters
    ----------
    key
        Name of its files without ending.
    caption
        What it shows, without number.
    alt
        What there is to see, for those who do not see it.
    width_mm
        Width in print.
    mark
        Empty, or that it shows synthetic data, wholly or in part.
    """

    key: str
    caption: str
    alt: str
    width_mm: int
    mark: str
