"""The cases that the model sees: crops with their labels."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from osteohip.config import Images
from osteohip.errors import StudyError
from osteohip.files import read_arrays, read_json

PARTS = ("training", "validation", "test")


@dataclass(frozen=True)
class Cases:
    """Crops with labels, sorted by case.

    Parameters
    ----------
    case_ids
        The study's own names, shape (n,).
    labels
        Shape (n,), int64, 1 for osteoporosis, 0 for none.
    pixels
        Shape (n, size, size), float32, bone bright.
    valid
        Shape (n, size, size), bool, False for padding and overlays.
    """

    case_ids: npt.NDArray[np.str_]
    labels: npt.NDArray[np.int64]
    pixels: npt.NDArray[np.float32]
    valid: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.case_ids)

    @property
    def size(self) -> int:
        """Pixels a side."""
        return int(self.pixels.shape[1])

    def only(self, case_ids: npt.NDArray[np.str_]) -> Cases:
        """Return the cases of these names, sorted by case.

        Raises
        ------
        StudyError
            If one of them has no crop.
        """
        chosen = np.isin(self.case_ids, case_ids)
        missing = len(set(case_ids.tolist())) - int(chosen.sum())
        if missing:
            raise StudyError(
                f"{missing} cases of the split have no crop: run `osteohip crop` again"
            )
        return Cases(
            self.case_ids[chosen], self.labels[chosen], self.pixels[chosen], self.valid[chosen]
        )


def read_cases(*, crops: Path, cohort: pd.DataFrame) -> Cases:
    """Read ``crops.npz`` and give each crop its label.

    Raises
    ------
    StudyError
        If the file is no table of crops, holds a case that the cohort does not, or none at all.
    """
    try:
        arrays = read_arrays(crops)
        ids, pixels, valid = arrays["case_id"], arrays["pixels"], arrays["valid"]
    except FileNotFoundError:
        raise StudyError(f"there is no file {crops}") from None
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError):
        raise StudyError(f"{crops}: expected the arrays case_id, pixels and valid") from None
    square = pixels.ndim == 3 and pixels.shape[1] == pixels.shape[2]
    if not square or pixels.shape != valid.shape or ids.shape != pixels.shape[:1]:
        raise StudyError(
            f"{crops}: expected pixels and valid of one shape (cases, size, size) and one case_id "
            f"for each, found {pixels.shape}, {valid.shape} and {ids.shape}"
        )
    if not len(ids):
        raise StudyError(f"{crops}: expected at least one case, found none")
    if not np.isfinite(pixels).all():
        raise StudyError(f"{crops}: expected finite pixels")
    labels = cohort.set_index("case_id")["label"].reindex(ids)
    if labels.isna().any():
        raise StudyError(
            f"{crops}: {int(labels.isna().sum())} cases are not in the cohort: crops and cohort "
            "are not of one run"
        )
    order = np.argsort(ids)
    return Cases(
        case_ids=ids[order],
        labels=labels.to_numpy(np.int64)[order],
        pixels=pixels[order].astype(np.float32),
        valid=valid[order].astype(bool),
    )


def read_scored_cases(*, crops: Path, cohort: Path, split: Path | None, part: str | None) -> Cases:
    """Read the cases of a cohort that have a crop, or those of one part of the split.

    Raises
    ------
    StudyError
        If a file is not what it should be, or only one of ``split`` and ``part`` is given.
    """
    if (split is None) != (part is None):
        raise StudyError("give --split and --part together, or neither")
    cases = read_cases(crops=crops, cohort=read_cohort(cohort))
    if split is None or part is None:
        return cases
    return cases.only(read_part_ids(split, needed=(part,))[part])


def read_crop_settings(crops: Path, *, size: int) -> Images:
    """Read from ``crops.npz`` how the crops were made.

    Parameters
    ----------
    size
        Pixels a side that the crops have.

    Raises
    ------
    StudyError
        If the file does not say, or tells another size.
    """
    try:
        with np.load(crops, allow_pickle=False) as archive:
            settings = Images.model_validate_json(str(archive["settings"]))
    except (KeyError, ValueError):
        settings = None
    if settings is None or settings.size != size:
        raise StudyError(
            f"{crops}: expected the settings that the crops were made with: crop the site again"
        )
    return settings


def other_crops(cropped: Images, *, wanted: Images, whose: str) -> str:
    """Return a sentence on crops that were made otherwise than wanted."""
    found = ", ".join(
        f"images.{key}: {json.dumps(value)} instead of {json.dumps(getattr(wanted, key))}"
        for key, value in cropped
        if value != getattr(wanted, key)
    )
    return f"the crops were made otherwise than {whose} says, with {found}: crop the site again"


def read_cohort(path: Path) -> pd.DataFrame:
    """Read ``cohort.csv`` as far as the model needs it.

    Raises
    ------
    StudyError
        If it is missing or lacks ``case_id`` or ``label``.
    """
    return _read_table(path, columns=("case_id", "label"))


def read_part_ids(path: Path, *, needed: Sequence[str] = PARTS) -> dict[str, npt.NDArray[np.str_]]:
    """Read ``split.csv``: the cases of each of `PARTS`, sorted.

    Raises
    ------
    StudyError
        If it is missing, lacks a column, or a ``needed`` part is empty.
    """
    table = _read_table(path, columns=("case_id", "part"))
    parts = {
        part: np.sort(table.loc[table["part"] == part, "case_id"].to_numpy(str)) for part in PARTS
    }
    empty = [part for part in needed if not len(parts[part])]
    if empty:
        raise StudyError(f"{path}: expected cases of {' and '.join(empty)}, found none")
    return parts


def read_synthetic(path: Path) -> bool:
    """Tell from ``site.json`` whether the site is synthetic.

    Raises
    ------
    StudyError
        If the file does not say.
    """
    try:
        content = read_json(path)
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except ValueError:
        content = None
    synthetic = content.get("synthetic") if isinstance(content, dict) else None
    if not isinstance(synthetic, bool):
        raise StudyError(f"{path}: expected `synthetic` to be true or false")
    return synthetic


def _read_table(path: Path, *, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype={"case_id": str})
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        raise StudyError(f"{path}: expected a CSV table in UTF-8") from None
    missing = [column for column in columns if column not in table]
    if missing:
        raise StudyError(f"{path}: expected the columns {', '.join(columns)}")
    return table
