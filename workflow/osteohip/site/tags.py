"""What a film's tags say of its patient against the list of patients."""

from __future__ import annotations

import pandas as pd

from osteohip.errors import Problem
from osteohip.site.rows import rows_of
from osteohip.site.schema import PATIENTS

INVENTORY = "private/inventory.csv"
REMEDY = f"the same as {PATIENTS.file}; where the tags are wrong, name the patient in films.csv"


def tag_problems(*, patients: pd.DataFrame, films: pd.DataFrame) -> list[Problem]:
    """Return films whose tags give another sex or birth date than the list of patients.

    Such a film belongs to somebody else, or its tags are wrong; so a film for which films.csv
    names the patient is not judged. Empty cells and tags say nothing, nor does a sex other than
    F or M.

    Parameters
    ----------
    patients
        ``patients.csv`` as read.
    films
        The inventory's films with ``films.csv`` applied, in the order of ``inventory.csv``.
    """
    listed = {patient.patient_id: patient for patient in rows_of(patients)}
    problems = []
    for row, film in enumerate(rows_of(films), start=2):
        patient = listed.get(film.patient_id)
        if patient is None or film.named:
            continue
        birth = patient.birth_date.isoformat() if patient.birth_date else ""
        sex = film.sex if film.sex in ("F", "M") else ""
        for column, tag, cell in (
            ("sex", sex, patient.sex),
            ("birth_date", film.birth_date, birth),
        ):
            if tag and cell and tag != cell:
                value = f"{film.file}: {tag}, not {cell}"
                problems.append(Problem(INVENTORY, REMEDY, row, column, value))
    return problems
