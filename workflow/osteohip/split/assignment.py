"""Draw the patients of training, validation and test."""

from __future__ import annotations

import math

import pandas as pd
from sklearn.model_selection import train_test_split

from osteohip.config import Split
from osteohip.errors import StudyError

PARTS = ("training", "validation", "test")


def part_sizes(*, patients: int, settings: Split) -> dict[str, int]:
    """Return how many patients each part gets.

    Validation is rounded down and test up, which gives the paper's 800, 100 and 101 of 1001.

    Raises
    ------
    StudyError
        If a part would be empty.
    """
    # Rounded first: a share of 0.1 of 30 is 3.0000000000000004 in floating point.
    validation = math.floor(round(settings.validation * patients, 9))
    test = math.ceil(round(settings.test * patients, 9))
    sizes = {"training": patients - validation - test, "validation": validation, "test": test}
    if min(sizes.values()) < 1:
        raise StudyError(
            f"the development site has {patients} patients with a crop: too few to divide into "
            + ", ".join(f"{count} for {part}" for part, count in sizes.items())
        )
    return sizes


def assign_parts(*, records: pd.DataFrame, settings: Split, seed: int) -> pd.DataFrame:
    """Divide the patients at random.

    Parameters
    ----------
    records
        ``case_id, patient_key, label`` (0 or 1), one row a case.
    seed
        Equal seeds and patients give equal parts, whatever the order of the rows.

    Returns
    -------
    DataFrame
        ``case_id, patient_key, part``, sorted by case; all cases of a patient share a part.
    """
    labels = records.groupby("patient_key")["label"].max().sort_index()
    sizes = part_sizes(patients=len(labels), settings=settings)
    part = pd.Series("training", index=labels.index)
    for name in ("test", "validation"):
        rest = labels[part == "training"]
        try:
            _, drawn = train_test_split(
                rest.index.to_numpy(),
                test_size=sizes[name],
                random_state=seed,
                stratify=rest.to_numpy() if settings.stratify else None,
            )
        except ValueError as error:
            raise StudyError(
                f"split.stratify: {int((rest == 1).sum())} patients with and "
                f"{int((rest == 0).sum())} without osteoporosis are too few to stratify"
            ) from error
        part[drawn] = name
    return pd.DataFrame(
        {
            "case_id": records["case_id"],
            "patient_key": records["patient_key"],
            "part": records["patient_key"].map(part),
        }
    ).sort_values("case_id", ignore_index=True)
