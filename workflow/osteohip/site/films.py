"""Films of the inventory with what films.csv says over and above their tags."""

from __future__ import annotations

import pandas as pd


def apply_overrides(films: pd.DataFrame, overrides: pd.DataFrame) -> pd.DataFrame:
    """Return ``films`` with patient, view and side as ``films.csv`` gives them.

    An empty cell overrides nothing.

    Parameters
    ----------
    films
        The inventory's films.
    overrides
        ``films.csv`` as read; its UIDs differ from one another.

    Returns
    -------
    The films in the same order, with two further columns (bool). ``vouched``: ``films.csv`` gives
    a view, so somebody looked at the film and it needs no body part in its tags. ``named``: it
    gives the patient.
    """
    given = overrides.set_index("sop_instance_uid")
    films = films.copy()
    for name in ("patient_id", "view", "side"):
        override = films["sop_instance_uid"].map(given[name]).fillna("")
        films[name] = override.where(override != "", films[name])
    for name, column in (("vouched", "view"), ("named", "patient_id")):
        films[name] = films["sop_instance_uid"].map(given[column]).fillna("") != ""
    return films


def unmatched(films: pd.DataFrame, table: pd.DataFrame) -> int:
    """Count the rows of ``table`` whose film is not in the inventory (refused, or mistyped)."""
    return int((~table["sop_instance_uid"].isin(films["sop_instance_uid"])).sum())
