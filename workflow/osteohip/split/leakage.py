"""Proof that no patient, film or image is on both sides of a border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from osteohip.errors import SHOWN, StudyError
from osteohip.split.assignment import PARTS
from osteohip.split.records import IDENTITIES


@dataclass(frozen=True)
class Overlap:
    """What two groups of records share.

    Parameters
    ----------
    groups
        Names of the two groups.
    records
        Number of records in each.
    shared
        For each identity, the pairs of cases (first group, second group) that share it.
    """

    groups: tuple[str, str]
    records: tuple[int, int]
    shared: dict[str, tuple[tuple[str, str], ...]]

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as counts."""
        return {
            "groups": list(self.groups),
            "records": list(self.records),
            "shared": {identity: len(pairs) for identity, pairs in self.shared.items()},
        }


def _shared(first: pd.DataFrame, second: pd.DataFrame, identity: str) -> pd.DataFrame:
    columns = ["case_id", identity, *(["birth_date"] if "birth_date" in first else [])]
    return first[columns].merge(second[columns], on=identity, suffixes=("_first", "_second"))


def _pairs(joined: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    return tuple(zip(joined["case_id_first"], joined["case_id_second"], strict=True))


def overlaps_within(*, records: pd.DataFrame, parts: pd.DataFrame) -> list[Overlap]:
    """Compare each two parts of a split.

    Parameters
    ----------
    records
        As `osteohip.split.records.cropped_records` gives them.
    parts
        ``case_id, part`` of the same cases.
    """
    part = records["case_id"].map(parts.set_index("case_id")["part"])
    if part.isna().any() or len(parts) != len(records):
        raise StudyError("the split does not hold the cases of the cohort: make it anew")
    groups = {name: records[part == name] for name in PARTS}
    return [
        Overlap(
            groups=(a, b),
            records=(len(groups[a]), len(groups[b])),
            shared={i: _pairs(_shared(groups[a], groups[b], i)) for i in IDENTITIES},
        )
        for a, b in combinations(PARTS, 2)
    ]


def overlap_between(
    *, development: pd.DataFrame, external: pd.DataFrame, names: tuple[str, str]
) -> Overlap:
    """Compare two sites, whose records are as `identified_records` gives them.

    Hospitals number their patients alike, so the same number counts as the same patient only if
    the birth dates agree; where one is not known, the number alone decides, to be safe.
    """
    shared = {}
    for identity in IDENTITIES:
        joined = _shared(development, external, identity)
        if identity == "patient":
            first, second = joined["birth_date_first"], joined["birth_date_second"]
            joined = joined[(first == second) | (first == "") | (second == "")]
        shared[identity] = _pairs(joined)
    return Overlap(groups=names, records=(len(development), len(external)), shared=shared)


def _named(pairs: Sequence[tuple[str, str]]) -> str:
    """Name the first pairs of cases and count all."""
    named = ", ".join(f"{a} and {b}" for a, b in pairs[:SHOWN])
    return named if len(pairs) <= SHOWN else f"{named}, … ({len(pairs)} pairs in all)"


def refuse_overlaps(overlaps: Sequence[Overlap]) -> None:
    """Stop if anything is shared.

    Raises
    ------
    StudyError
        Naming the groups, the identity and the first cases by the study's own numbers.
    """
    sentences = [
        f"{item.groups[0]} and {item.groups[1]} share the same {identity}: " + _named(pairs)
        for item in overlaps
        for identity, pairs in item.shared.items()
        if pairs
    ]
    if sentences:
        raise StudyError(
            "results would leak from one group into the other; the private linkage tells which "
            "patients these cases are:\n  " + "\n  ".join(sentences)
        )
