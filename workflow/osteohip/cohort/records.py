"""The unit of the study: one patient, one hip, one film, one DXA examination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from osteohip.cohort.age import age_years
from osteohip.site.rows import rows_of
from osteohip.site.schema import OTHER_REGION

HIPS = ("L", "R")


@dataclass(frozen=True)
class Patient:
    """One row of ``patients.csv``; ``age`` is the age at the film where no birth date is known."""

    patient_id: str
    sex: str
    birth_date: date | None
    age: float | None


@dataclass(frozen=True)
class Film:
    """One film of the inventory, after ``films.csv``."""

    sop_instance_uid: str
    patient_id: str
    file: str
    file_sha256: str
    pixel_sha256: str
    day: date
    view: str
    side: str
    body_part: str
    vouched: bool
    institution: str
    manufacturer: str
    model_name: str
    kvp: float | None = None


@dataclass(frozen=True)
class Measurement:
    """DXA of one region; None where the cell is empty."""

    bmd_g_cm2: float | None
    t_score: float | None


@dataclass(frozen=True)
class Exam:
    """DXA of one hip on one day, with all its known regions."""

    patient_id: str
    day: date
    side: str
    regions: dict[str, Measurement] = field(hash=False)
    institutions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Record:
    """A pair of film and DXA of one hip, or what came in without its counterpart.

    Parameters
    ----------
    patient_id
        Empty where a film does not say whose it is.
    side
        R or L; empty for a film of unknown side and for a patient without film and DXA.
    patient
        None where ``patients.csv`` does not list the patient.
    film, exam
        None where there is none for this hip.
    """

    patient_id: str
    side: str
    patient: Patient | None = None
    film: Film | None = None
    exam: Exam | None = None

    @property
    def owner(self) -> str:
        """Who is counted as the patient: a film without patient id counts as a patient."""
        return self.patient_id or f"film {self.film.sop_instance_uid if self.film else ''}"

    @property
    def age_years(self) -> float | None:
        """Age on the day of the film, or of the DXA where there is no film; None if unknown."""
        day = self.film.day if self.film else self.exam.day if self.exam else None
        if self.patient is None:
            return None
        if self.patient.birth_date is not None and day is not None:
            return age_years(self.patient.birth_date, day)
        return self.patient.age

    @property
    def days_between(self) -> int:
        """Days between film and DXA, regardless of which came first."""
        if self.film is None or self.exam is None:
            raise ValueError("expected a record with film and DXA")
        return abs((self.film.day - self.exam.day).days)

    @property
    def sort_key(self) -> tuple[str, str, str, date]:
        """An order of records that does not depend on the order of the tables."""
        uid = self.film.sop_instance_uid if self.film else ""
        return self.patient_id, self.side, uid, self.exam.day if self.exam else date.min


def _optional(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def list_patients(patients: pd.DataFrame) -> dict[str, Patient]:
    """Return the patients of ``patients.csv`` by id."""
    return {
        row.patient_id: Patient(
            row.patient_id, row.sex, row.birth_date or None, _optional(row.age_years)
        )
        for row in rows_of(patients)
    }


def list_films(films: pd.DataFrame) -> list[Film]:
    """Return the films of the inventory, with ``films.csv`` applied."""
    return [
        Film(
            sop_instance_uid=row.sop_instance_uid,
            patient_id=row.patient_id,
            file=row.file,
            file_sha256=row.file_sha256,
            pixel_sha256=row.pixel_sha256,
            day=date.fromisoformat(row.film_date),
            view=row.view,
            side=row.side,
            body_part=row.body_part,
            vouched=bool(row.vouched),
            institution=row.institution,
            manufacturer=row.manufacturer,
            model_name=row.model_name,
            kvp=tube_voltage(row.kvp),
        )
        for row in rows_of(films)
    ]


def tube_voltage(tag: str) -> float | None:
    """Return the tube voltage in kV that a film's tag tells, None where that is no such number."""
    try:
        found = float(tag)
    except ValueError:
        return None
    return found if 20 <= found <= 200 else None


def list_exams(dxa: pd.DataFrame) -> list[Exam]:
    """Return the DXA examinations: all regions of one hip on one day are one examination.

    An examination of unknown regions only stays, so that it is accounted for.

    Raises
    ------
    ValueError
        Where a region of a hip was measured twice on one day; nothing says which counts.
    """
    exams: dict[tuple[str, date, str], tuple[dict[str, Measurement], set[str]]] = {}
    for row in rows_of(dxa):
        key = (row.patient_id, row.exam_date, row.side)
        regions, institutions = exams.setdefault(key, ({}, set()))
        if row.region in regions:
            raise ValueError("expected one measurement of a region for each hip and day")
        if row.region != OTHER_REGION:
            regions[row.region] = Measurement(_optional(row.bmd_g_cm2), _optional(row.t_score))
        if row.institution:
            institutions.add(row.institution)
    return [
        Exam(patient, day, side, regions, frozenset(institutions))
        for (patient, day, side), (regions, institutions) in exams.items()
    ]


def findings_by_hip(findings: pd.DataFrame) -> dict[tuple[str, str], frozenset[str]]:
    """Return the findings of each hip, (patient id, R or L) to names; ``both`` counts for each."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows_of(findings):
        for side in HIPS if row.side == "both" else (row.side,):
            found.setdefault((row.patient_id, side), set()).add(row.finding)
    return {hip: frozenset(names) for hip, names in found.items()}


def make_records(
    *, patients: dict[str, Patient], films: Sequence[Film], exams: Sequence[Exam]
) -> list[Record]:
    """Return every record that came in, so that each film, DXA and patient is in at least one.

    Each film of a hip is paired with each DXA of that hip of that patient; a film of both hips
    is paired for each. A film without DXA of its hip, a DXA without film of its hip, and a
    patient without either are records too.
    """
    by_hip: dict[tuple[str, str], list[Exam]] = {}
    for exam in exams:
        by_hip.setdefault((exam.patient_id, exam.side), []).append(exam)
    filmed: set[tuple[str, str]] = set()
    records: list[Record] = []
    for film in films:
        patient = patients.get(film.patient_id)
        for side in HIPS if film.side == "both" else (film.side,):
            hip = (film.patient_id, side)
            filmed.add(hip)
            of_hip: list[Exam] | list[None] = by_hip.get(hip) or [None]
            records += [Record(film.patient_id, side, patient, film, exam) for exam in of_hip]
    records += [
        Record(exam.patient_id, exam.side, patients.get(exam.patient_id), None, exam)
        for exam in exams
        if (exam.patient_id, exam.side) not in filmed
    ]
    seen = {record.patient_id for record in records}
    records += [
        Record(patient.patient_id, "", patient)
        for patient in patients.values()
        if patient.patient_id not in seen
    ]
    return sorted(records, key=lambda record: record.sort_key)
