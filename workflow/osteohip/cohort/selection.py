"""From all records to the cohort: the criteria in order, one pair per hip, one hip per patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from osteohip.cohort.age import AGE_CEILING_YEARS
from osteohip.cohort.criteria import Step, deciding_region, steps
from osteohip.cohort.records import (
    Measurement,
    Record,
    findings_by_hip,
    list_exams,
    list_films,
    list_patients,
    make_records,
)
from osteohip.config import Selection
from osteohip.errors import Problem, raise_if_any
from osteohip.site.films import apply_overrides
from osteohip.site.public import public_tags
from osteohip.site.schema import Site
from osteohip.site.tables import SelectionTables
from osteohip.site.tags import INVENTORY

COHORT_COLUMNS = (
    "case_id",
    "patient_key",
    "film_key",
    "file_sha256",
    "pixel_sha256",
    "side",
    "age_years",
    "region",
    "bmd_g_cm2",
    "t_score",
    "label",
    "days_between",
    "manufacturer",
    "model_name",
    "year",
    "kvp",
    "total_hip_bmd_g_cm2",
    "total_hip_t_score",
)
LINKAGE_COLUMNS = (
    "case_id",
    "patient_key",
    "film_key",
    "patient_id",
    "birth_date",
    "sop_instance_uid",
    "file",
    "side",
    "film_date",
    "exam_date",
)
EXCLUSION_COLUMNS = (
    "patient_id",
    "sop_instance_uid",
    "side",
    "exam_date",
    "step",
    "reason",
)
FLOW_COLUMNS = (
    "step",
    "criterion",
    "records_excluded",
    "records_remaining",
    "patients_excluded",
    "patients_remaining",
)


@dataclass(frozen=True)
class Exclusion:
    """A record that is out, at which step and why."""

    record: Record
    step: str
    reason: str


@dataclass(frozen=True)
class Selected:
    """The result of the selection: who is in, who is out, and how many at each step."""

    records: tuple[Record, ...]
    exclusions: tuple[Exclusion, ...]
    flow: pd.DataFrame


def select_from_tables(
    tables: SelectionTables, site: Site, *, films: pd.DataFrame, settings: Selection
) -> Selected:
    """Select from the films and tables of a site.

    Parameters
    ----------
    tables, site
        The site's tables, free of problems, and its ``site.yaml``.
    films
        The inventory's films.
    settings
        Section ``selection`` of the configuration.

    Raises
    ------
    InputError
        Where one picture stands for several patients of the cohort.
    """
    records = make_records(
        patients=list_patients(tables.patients),
        films=list_films(apply_overrides(films, tables.films)),
        exams=list_exams(tables.dxa),
    )
    criteria = steps(
        settings, findings=findings_by_hip(tables.findings), institutions=site.institution
    )
    selected = select_records(records, criteria)
    lines = {uid: line for line, uid in enumerate(films["sop_instance_uid"], start=2)}
    raise_if_any(shared_pictures(selected.records, lines=lines))
    return selected


def select_records(records: Sequence[Record], criteria: Sequence[Step]) -> Selected:
    """Apply the steps in order.

    A record leaves at the first step that gives a reason; a patient leaves where the last record
    leaves. So the records excluded and those that remain at the end are those that came in.
    """
    remaining = list(records)
    patients = _patients(remaining)
    flow: list[tuple[str, str, int, int, int, int]] = [
        ("came_in", "records that came in", 0, len(remaining), 0, patients)
    ]
    exclusions: list[Exclusion] = []
    for step in criteria:
        reasons = step.reasons(remaining)
        out = [
            Exclusion(record, step.name, reason)
            for record, reason in zip(remaining, reasons, strict=True)
            if reason is not None
        ]
        remaining = [r for r, reason in zip(remaining, reasons, strict=True) if reason is None]
        left, patients = patients - _patients(remaining), _patients(remaining)
        flow.append((step.name, step.criterion, len(out), len(remaining), left, patients))
        exclusions += out
    return Selected(
        records=tuple(remaining),
        exclusions=tuple(exclusions),
        flow=pd.DataFrame(flow, columns=list(FLOW_COLUMNS)),
    )


def _patients(records: Sequence[Record]) -> int:
    return len({record.owner for record in records})


def shared_pictures(records: Sequence[Record], *, lines: Mapping[str, int]) -> list[Problem]:
    """Return the films of different patients of the cohort that are one and the same picture.

    Parameters
    ----------
    records
        The selected records, one for each patient.
    lines
        Each film's line in ``inventory.csv``, by SOP Instance UID.
    """
    films: dict[str, list[tuple[int, str]]] = {}
    for film in (record.film for record in records if record.film):
        place = (lines[film.sop_instance_uid], film.file)
        films.setdefault(film.pixel_sha256, []).append(place)
    problems = []
    for same in films.values():
        (first, _), *others = sorted(same)
        for row, file in others:
            expected = (
                f"another picture than row {first}, the film of another patient; remove from "
                "radiographs/ the film that is not its patient's, or name its patient in films.csv"
            )
            problems.append(Problem(INVENTORY, expected, row, "pixel_sha256", file))
    return sorted(problems, key=lambda problem: problem.row or 0)


def label_region_missing(records: Sequence[Record], regions: Collection[str]) -> int:
    """Count the records in which the label rests on some of ``regions`` only."""
    return sum(
        any(
            record.exam is None
            or region not in record.exam.regions
            or record.exam.regions[region].t_score is None
            for region in regions
        )
        for record in records
    )


def tabulate_exclusions(exclusions: Sequence[Exclusion]) -> pd.DataFrame:
    """Return ``exclusions.csv``: every record that is out, in the order of the steps."""
    rows = [
        (
            item.record.patient_id,
            item.record.film.sop_instance_uid if item.record.film else "",
            item.record.side,
            item.record.exam.day.isoformat() if item.record.exam else "",
            item.step,
            item.reason,
        )
        for item in exclusions
    ]
    return pd.DataFrame(rows, columns=list(EXCLUSION_COLUMNS))


def tabulate_cohort(
    records: Sequence[Record], *, settings: Selection, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``cohort.csv`` and ``linkage.csv``, sorted by case.

    Cases, patients and films are each numbered in an own shuffle, so that a number says nothing
    about date or id, and the cohort alone does not lead back.

    Parameters
    ----------
    records
        The selected records, one for each patient.
    settings
        Section ``selection`` of the configuration: regions and threshold of the label.
    seed
        Seed of the numbering.
    """
    records = sorted(records, key=lambda record: record.sort_key)
    keys = zip(
        *(_numbers(letter, len(records), seed=[seed, which]) for which, letter in enumerate("HPF")),
        strict=True,
    )
    cohort, linkage = [], []
    for (case_id, patient_key, film_key), record in zip(keys, records, strict=True):
        film, exam, patient, age = record.film, record.exam, record.patient, record.age_years
        region = deciding_region(record, settings.label_regions)
        if film is None or exam is None or patient is None or region is None:
            raise ValueError("expected records that passed all criteria")
        deciding = exam.regions[region]
        if deciding.t_score is None:
            raise ValueError("expected a T-score in the deciding region")
        total_hip = exam.regions.get("total_hip", Measurement(None, None))
        keyed = {"case_id": case_id, "patient_key": patient_key, "film_key": film_key}
        cohort.append(
            {
                **keyed,
                "file_sha256": film.file_sha256,
                "pixel_sha256": film.pixel_sha256,
                "side": record.side,
                "age_years": None if age is None else min(round(age, 2), AGE_CEILING_YEARS),
                "region": region,
                "bmd_g_cm2": deciding.bmd_g_cm2,
                "t_score": deciding.t_score,
                "label": int(deciding.t_score <= settings.label_t_score),
                "days_between": record.days_between,
                **public_tags(film),
                "year": film.day.year,
                "kvp": film.kvp,
                "total_hip_bmd_g_cm2": total_hip.bmd_g_cm2,
                "total_hip_t_score": total_hip.t_score,
            }
        )
        linkage.append(
            {
                **keyed,
                "patient_id": record.patient_id,
                "birth_date": patient.birth_date.isoformat() if patient.birth_date else "",
                "sop_instance_uid": film.sop_instance_uid,
                "file": film.file,
                "side": record.side,
                "film_date": film.day.isoformat(),
                "exam_date": exam.day.isoformat(),
            }
        )
    return _by_case(cohort, COHORT_COLUMNS), _by_case(linkage, LINKAGE_COLUMNS)


def _by_case(rows: list[dict[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).sort_values("case_id", ignore_index=True)


def _numbers(letter: str, count: int, *, seed: Sequence[int]) -> list[str]:
    """Return the keys ``letter``0001 to ``letter``count in a seeded shuffle."""
    width = max(4, len(str(count)))
    order = np.random.default_rng(seed).permutation(count) + 1
    return [f"{letter}{number:0{width}d}" for number in order]
