"""The paper's criteria as steps: each says of a record why it is out, or that it stays.

The order and the numbers are those of Jang et al. 2021, "Study design and patient selection".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from osteohip.cohort.records import Film, Record
from osteohip.config import Selection
from osteohip.site.schema import SITE_FILE, folded

Findings = Mapping[tuple[str, str], Collection[str]]
HIP = re.compile(r"\b(HIPS?|PELVIS)\b")
WORDS = {
    "F": "female",
    "M": "male",
    "osteonecrosis": "osteonecrosis of the femoral head",
    "tumour": "tumorous condition",
    "calcific_tendinitis": "calcific tendinitis",
}


Reasons = Callable[[Sequence[Record]], list[str | None]]


@dataclass(frozen=True)
class Step:
    """One step of the selection.

    Parameters
    ----------
    name, criterion
        Short name, and the criterion in words.
    reasons
        Returns for each record the coded reason why it is out, None where it stays.
    """

    name: str
    criterion: str
    reasons: Reasons


def steps(
    settings: Selection, *, findings: Findings, institutions: Collection[str]
) -> tuple[Step, ...]:
    """Return all steps: three inclusion and five exclusion criteria, then the choice of pairs.

    A criterion that is switched off keeps its place, says so and excludes nobody.

    Parameters
    ----------
    settings
        Section ``selection`` of the configuration.
    findings
        Findings of each hip: (patient id, R or L) to names.
    institutions
        Names that count as this hospital; where there are none, that criterion is not applied.
    """
    age, sex, days = settings.min_age_years, settings.sex, settings.max_days_between
    diseases = settings.exclude_diseases
    regions = settings.label_regions
    own = frozenset(folded(name) for name in institutions) - {""}
    here = "film and DXA of this hospital"

    def found(*names: str) -> Callable[[Record], str | None]:
        def reason(record: Record) -> str | None:
            of_hip = findings.get((record.patient_id, record.side), ())
            return next((name for name in names if name in of_hip), None)

        return reason

    return (
        _step(
            "age",
            f"aged {age:g} years or more on the day of the film" if age is not None else "age",
            lambda record: too_young(record, age or 0),
            applied=age is not None,
        ),
        _step(
            "sex",
            WORDS[sex] if sex else "sex",
            lambda record: other_sex(record, sex),
            applied=sex is not None,
        ),
        _step(
            "film_and_dxa",
            f"AP film and DXA of the same hip, at most {days} days apart",
            lambda record: no_pair(record, max_days=days, regions=regions),
        ),
        _step(
            "osteoarthritis",
            "no osteoarthritis of the hip",
            found("osteoarthritis"),
            applied=settings.exclude_osteoarthritis,
        ),
        _step(
            "other_disease",
            "no " + (" or ".join(WORDS[name] for name in diseases) or "other disease of the hip"),
            found(*diseases),
            applied=bool(diseases),
        ),
        _step(
            "operated_hip",
            "hip not operated on",
            found("operated_hip"),
            applied=settings.exclude_operated_hip,
        ),
        _step(
            "foreign_body",
            "no foreign body on the side of the DXA",
            found("foreign_body"),
            applied=settings.exclude_foreign_body,
        ),
        _step(
            "other_institution",
            here if own else f"{here} ({SITE_FILE} has no `institution`)",
            lambda record: from_elsewhere(record, own),
            applied=settings.exclude_other_institution and bool(own),
        ),
        Step(
            "one_pair_per_hip",
            "one film and DXA per hip",
            lambda records: not_first(
                records, lambda r: (r.owner, r.side), "another_pair_of_the_hip"
            ),
        ),
        Step(
            "one_hip_per_patient",
            "one hip per patient",
            lambda records: not_first(records, lambda r: r.owner, "the_other_hip"),
        ),
    )


def _step(
    name: str, criterion: str, reason: Callable[[Record], str | None], *, applied: bool = True
) -> Step:
    """Return the step of a criterion that looks at one record at a time."""
    if applied:
        return Step(name, criterion, lambda records: [reason(record) for record in records])
    return Step(name, f"not applied: {criterion}", lambda records: [None] * len(records))


def too_young(record: Record, least: float) -> str | None:
    """Inclusion 1. A patient without any film or DXA has no day to be of an age on."""
    if record.patient is None:
        return "patient_not_listed"
    age = record.age_years
    if age is None:
        return "age_unknown" if record.film or record.exam else None
    return "too_young" if age < least else None


def other_sex(record: Record, sex: str | None) -> str | None:
    """Inclusion 2."""
    if record.patient is None:
        return "patient_not_listed"
    if not record.patient.sex:
        return "sex_unknown"
    return "other_sex" if record.patient.sex != sex else None


def no_pair(record: Record, *, max_days: int, regions: Collection[str]) -> str | None:
    """Inclusion 3: an AP film of a known hip, and DXA of that hip with a T-score, close in time."""
    if record.patient is None:
        return "patient_not_listed"
    if record.film is None:
        return "no_film_of_this_hip" if record.exam else "no_film_and_no_dxa"
    if unfit := unfit_film(record.film):
        return unfit
    if record.exam is None:
        return "no_dxa_of_this_hip"
    if record.days_between > max_days:
        return "too_many_days_between"
    return None if deciding_region(record, regions) else "no_t_score"


def unfit_film(film: Film) -> str | None:
    """Return why a film is no AP film of a known hip, None where it is one."""
    if film.view != "AP":
        return "view_not_ap" if film.view else "view_unknown"
    if not film.vouched and not HIP.search(film.body_part.replace("_", " ")):
        return "body_part_not_hip" if film.body_part else "body_part_unknown"
    return None if film.side else "side_unknown"


def from_elsewhere(record: Record, institutions: Collection[str]) -> str | None:
    """Exclusion 5. An institution that is not given counts as this hospital.

    ``institutions`` are the names that count as this hospital, at least one, as `folded`.
    """
    film = folded(record.film.institution) if record.film else ""
    if film and film not in institutions:
        return "film_of_other_institution"
    dxa = record.exam.institutions if record.exam else ()
    if any(folded(name) not in institutions for name in dxa):
        return "dxa_of_other_institution"
    return None


def not_first(
    records: Sequence[Record], group: Callable[[Record], Hashable], reason: str
) -> list[str | None]:
    """Return ``reason`` for every record but the first by `precedence` of its group."""
    first: dict[Hashable, Record] = {}
    for record in sorted(records, key=precedence):
        first.setdefault(group(record), record)
    return [None if first[group(record)] is record else reason for record in records]


def precedence(record: Record) -> tuple[int, int, str, str]:
    """Return the sort key by which pairs count: the least comes first.

    The smallest gap, then the later DXA, then the lower film UID (as text); a film of both hips
    with DXA of both on one day leaves a tie, where the left hip counts.
    """
    if record.film is None or record.exam is None:
        raise ValueError("expected a record with film and DXA")
    day = record.exam.day.toordinal()
    return record.days_between, -day, record.film.sop_instance_uid, record.side


def deciding_region(record: Record, regions: Collection[str]) -> str | None:
    """Return the region with the lowest T-score; of equal ones the first in ``regions``."""
    if record.exam is None:
        return None
    scores = {
        region: record.exam.regions[region].t_score
        for region in regions
        if region in record.exam.regions
    }
    known = {region: score for region, score in scores.items() if score is not None}
    return min(known, key=lambda region: known[region]) if known else None
