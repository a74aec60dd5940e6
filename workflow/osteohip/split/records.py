"""The tables that a split is made and checked from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

IDENTITIES = ("patient", "film", "file", "pixels")


def cropped_records(*, cohort: Path, crops: Path) -> pd.DataFrame:
    """Read the records of a cohort that have a crop.

    Returns
    -------
    DataFrame
        ``case_id, patient_key, label`` and one column for each of `IDENTITIES`, sorted by case.
        Patients and films are known by the study's own keys, which hold within one site.
    """
    table = pd.read_csv(cohort)
    status = pd.read_csv(crops).set_index("case_id")["status"]
    table = table[table["case_id"].map(status) == "cropped"]
    return pd.DataFrame(
        {
            "case_id": table["case_id"],
            "patient_key": table["patient_key"],
            "label": table["label"].astype(int),
            "patient": table["patient_key"],
            "film": table["film_key"],
            "file": table["file_sha256"],
            "pixels": table["pixel_sha256"],
        }
    ).sort_values("case_id", ignore_index=True)


def identified_records(site_results: Path) -> pd.DataFrame:
    """Read the cropped records of a site with identities that hold across sites.

    The study's keys are numbered within a site, so patient and film come from the private linkage:
    the hospital's patient number with the birth date, and the film's UID.

    Returns
    -------
    DataFrame
        As `cropped_records`, with ``birth_date`` (empty where it is not known).
    """
    records = cropped_records(cohort=site_results / "cohort.csv", crops=site_results / "crops.csv")
    linkage = pd.read_csv(
        site_results / "private" / "linkage.csv", dtype=str, keep_default_na=False
    ).set_index("case_id")
    return records.assign(
        patient=records["case_id"].map(linkage["patient_id"]),
        birth_date=records["case_id"].map(linkage["birth_date"]),
        film=records["case_id"].map(linkage["sop_instance_uid"]),
    )


def read_parts(path: Path) -> pd.DataFrame:
    """Read ``split.csv``: ``case_id, patient_key, part``."""
    return pd.read_csv(path)
