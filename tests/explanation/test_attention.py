"""The measures of maps whose answers can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from osteohip.explanation.attention import (
    ALIKE,
    COLUMNS,
    NO_CASES,
    NO_MASKS,
    NOT_SHOWN,
    ZERO,
    Masks,
    attention_facts,
    attention_table,
    centre_of_mass,
    outcome,
)
from osteohip.explanation.maps import Maps

SIZE = 4
CASES = ["H1", "H2", "H3", "H4", "H5"]
LABELS = {"H1": 1, "H2": 0, "H3": 1, "H4": 0, "H5": 0}
TARGET = [1, 1, -1, -1, -1]
MEDIAL_RIGHT = [False, True, True, False, False]
PATIENTS = {"H1": "P1", "H2": "P2", "H3": "P3", "H4": "P4", "H5": "P4"}
FRACTION = np.array([0, 0.5, 1], np.float32)


def one_hot(row: int, column: int) -> np.ndarray:
    found = np.zeros((SIZE, SIZE), np.float32)
    found[row, column] = 3
    return found


def made_maps() -> Maps:
    first = np.stack(
        [
            one_hot(1, 1),
            one_hot(0, 3),
            np.zeros((SIZE, SIZE), np.float32),
            np.full((SIZE, SIZE), 2, np.float32),
            one_hot(1, 1) + one_hot(3, 3),
        ]
    )
    curves = np.array([[1, 0.5, 0], [1, 1, 1], [np.nan] * 3, [np.nan] * 3, [0, 0, 1]], np.float32)
    return Maps(
        case_ids=np.array(CASES),
        score=np.array([0.9, 0.8, 0.4, 0.2, 0.1]),
        target=np.array(TARGET, np.int8),
        layers={"top": first, "below": first[:, :2, :2]},
        randomised=first,
        fraction=FRACTION,
        deletion=curves,
        insertion=1 - curves,
    )


def made_masks() -> Masks:
    bone = np.zeros((len(CASES), SIZE, SIZE), np.float32)
    bone[:, :2] = 1  # the upper half
    cortex = np.zeros_like(bone)
    cortex[:, 0] = 0.5
    return Masks(bone, cortex)


def table(masks: Masks | None) -> pd.DataFrame:
    return attention_table(
        made_maps(),
        labels=LABELS,
        medial_right=np.array(MEDIAL_RIGHT),
        masks=masks,
        size=SIZE,
        border=0.25,
    )


@pytest.mark.parametrize(
    ("label", "called", "expected"),
    [(1, True, "TP"), (0, True, "FP"), (1, False, "FN"), (0, False, "TN")],
)
def test_outcome(label: int, called: bool, expected: str) -> None:
    assert outcome(label, called=called) == expected


def test_centre_of_mass() -> None:
    maps = np.stack([one_hot(0, 0), one_hot(3, 1), np.ones((4, 4)), np.zeros((4, 4))])
    rows, columns = centre_of_mass(maps)
    np.testing.assert_allclose(rows, [0.125, 0.875, 0.5, np.nan])
    np.testing.assert_allclose(columns, [0.125, 0.375, 0.5, np.nan])


def test_a_row_a_case_and_layer() -> None:
    found = table(made_masks())
    assert tuple(found.columns) == COLUMNS
    assert found["layer"].tolist() == ["top"] * 5 + ["below"] * 5
    top = found[found["layer"] == "top"].set_index("case_id")
    assert top["outcome"].tolist() == ["TP", "FP", "FN", "TN", "TN"]
    assert top["called"].tolist() == [1, 1, 0, 0, 0]
    assert top["zero"].tolist() == ["no", "no", "yes", "no", "no"]
    nan = math.nan
    expected = {
        "heat_bone": [1, 1, nan, 0.5, 0.5],
        "area_bone": [0.5] * 5,
        "heat_cortex": [0, 0.5, nan, 0.125, 0],
        "area_cortex": [0.125] * 5,
        "heat_border": [0, 1, nan, 0.75, 0.5],
        "area_border": [0.75] * 5,
        "centre_from_above": [0.375, 0.125, nan, 0.5, 0.625],
        "centre_from_medial": [0.375, 0.125, nan, 0.5, 0.625],
        "deletion": [0.5, 1, nan, nan, 0.25],
        "insertion": [0.5, 0, nan, nan, 0.75],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(top[name], values, err_msg=name)
    assert top["reason"].tolist() == ["", "", ZERO, ALIKE, ""]
    below = found[found["layer"] == "below"]
    assert below["deletion"].isna().all()
    assert below["reason"].str.endswith(NOT_SHOWN).all()


def test_without_masks_the_cells_are_empty_with_a_reason() -> None:
    found = table(None)
    for region in ("bone", "cortex"):
        assert found[[f"heat_{region}", f"area_{region}"]].isna().all(axis=None)
    assert found["heat_border"].notna().sum() == 7
    assert found["reason"].str.contains(NO_MASKS).all()
    assert found["reason"].tolist()[2] == f"{ZERO}; {NO_MASKS}"


def facts(masks: Masks | None) -> dict:
    return attention_facts(table(masks), patients=PATIENTS, border=0.25, resamples=2000, seed=1)


def test_means_and_zero_maps() -> None:
    top, below = facts(made_masks())["layers"]
    assert [layer["layer"] for layer in (top, below)] == ["top", "below"]
    assert [layer["shown"] for layer in (top, below)] == [True, False]
    everyone = top["groups"]["all"]
    assert (everyone["n"], everyone["zero"]["k"], everyone["zero"]["n"]) == (5, 1, 5)
    assert everyone["zero"]["method"] == "Wilson"
    bone = everyone["means"]["heat_bone"]
    assert (bone["estimate"], bone["n"]) == (0.75, 4)
    assert bone["low"] < 0.75 < bone["high"]
    assert "2000 resamples" in bone["method"]
    assert everyone["ratios"]["bone"]["estimate"] == 1.5
    assert everyone["ratios"]["border"]["estimate"] == pytest.approx(0.5625 / 0.75)
    # The area of a region counts in the cases alone that have heat.
    assert everyone["means"]["area_bone"]["n"] == 4
    true_negatives = top["groups"]["TN"]
    assert (true_negatives["n"], true_negatives["means"]["heat_bone"]["estimate"]) == (2, 0.5)
    assert (
        below["groups"]["all"]["means"]["deletion"]["reason"] == NOT_SHOWN
        or ZERO in (below["groups"]["all"]["means"]["deletion"]["reason"])
    )


def test_what_is_undefined_has_a_reason() -> None:
    found = facts(None)["layers"][0]["groups"]
    bone = found["all"]["means"]["heat_bone"]
    assert (bone["estimate"], bone["n"]) == (None, 0)
    assert bone["reason"] == NO_MASKS
    false_negative = found["FN"]["means"]["heat_border"]
    assert (false_negative["estimate"], false_negative["n"]) == (None, 0)
    assert false_negative["reason"] == ZERO
    one = attention_facts(
        table(None).query("outcome == 'TP'"), patients=PATIENTS, border=0.25, resamples=2000, seed=1
    )["layers"][0]["groups"]
    assert one["TN"]["means"]["heat_border"]["reason"] == NO_CASES
    assert one["TN"]["zero"]["estimate"] is None
    single = one["TP"]["means"]["heat_border"]
    assert single["estimate"] == 0
    assert single["low"] is None
    assert single["reason"]


def test_a_patient_is_drawn_with_all_cases() -> None:
    """Two cases of one patient that are alike say as much as one: no narrower interval."""
    base = table(made_masks())
    base = base[base["layer"] == "top"]
    twice = pd.concat([base, base.assign(case_id=base["case_id"] + "b")], ignore_index=True)
    patients = {case: case.removesuffix("b") for case in twice["case_id"]}
    widths = []
    for whose in (patients, {case: case for case in twice["case_id"]}):
        groups = attention_facts(twice, patients=whose, border=0.25, resamples=2000, seed=1)
        found = groups["layers"][0]["groups"]["all"]["means"]["heat_bone"]
        widths.append(found["high"] - found["low"])
    assert widths[0] > widths[1]
