"""Subgroups: who is in which, what small ones hide, and what adds up."""

import numpy as np
import pandas as pd
import pytest

from osteohip.errors import StudyError
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.subgroups import SUBGROUP_COLUMNS, subgroup_table


def cohort(**columns: list[object]) -> pd.DataFrame:
    content: dict[str, list[object]] = {
        "case_id": ["a", "b", "c", "d", "e", "f"],
        "age_years": [64.9, 65.0, 74.9, 75.0, 85.0, None],
        "side": ["R", "L", "R", "L", "R", "L"],
        "manufacturer": ["GE", "GE", None, "Canon", "GE", "GE"],
        "t_score": [-3.0, -2.9, -2.5, -2.4, -2.0, -1.0],
    }
    return pd.DataFrame(content | columns)


def table(rows: pd.DataFrame, smallest: int = 1, **further: float) -> pd.DataFrame:
    predictions = Predictions(
        case_ids=("f", "e", "d", "c", "b", "a"),
        labels=np.array([0, 0, 0, 1, 1, 1]),
        scores=np.array([0.1, 0.6, 0.2, 0.8, 0.4, 0.9]),
    )
    return subgroup_table(predictions, rows, threshold=0.5, smallest=smallest, **further)


def sizes(found: pd.DataFrame, variable: str) -> dict[str, int]:
    rows = found[(found["variable"] == variable) & (found["measure"] == "auc")]
    return dict(zip(rows["level"], rows["n"], strict=True))


def test_borders_belong_where_the_names_say() -> None:
    found = table(cohort())
    assert tuple(found.columns) == SUBGROUP_COLUMNS
    assert sizes(found, "age") == {
        "under 65": 1,
        "65 to under 75": 2,
        "75 to under 85": 1,
        "85 and over": 1,
        "not stated": 1,
    }
    assert sizes(found, "t_score") == {
        "above -3.5 to -3.0": 1,
        "above -3.0 to -2.5": 2,
        "above -2.5 to -2.0": 2,
        "above -2.0 to -1.0": 1,
    }
    # |T + 2.5| < 0.5 leaves out -3.0 and -2.0.
    assert sizes(found, "t_score_distance") == {
        "within 0.5 of -2.5": 3,
        "0.5 or more from -2.5": 3,
    }
    assert sizes(found, "manufacturer") == {"Canon": 1, "GE": 4, "not stated": 1}
    assert sizes(found, "side") == {"right": 3, "left": 3}
    for variable in set(found["variable"]):
        assert sum(sizes(found, variable).values()) == 6


def test_measures_are_those_of_the_members() -> None:
    found = table(cohort()).set_index(["variable", "level", "measure"]).sort_index()
    right = found.loc[("side", "right")]
    assert right.loc["sensitivity", ["k", "denominator"]].tolist() == [2, 2]
    assert right.loc["specificity", ["k", "denominator"]].tolist() == [0, 1]
    assert right.loc["auc", "estimate"] == 1.0
    everyone = found.loc[("all", "all hips", "auc")]
    assert everyone["estimate"] == pytest.approx(8 / 9)


def test_small_subgroups_are_listed_without_measures() -> None:
    found = table(cohort(), smallest=3)
    small = found[found["n"] < 3]
    assert len(small)
    assert small[["estimate", "low", "high", "k"]].isna().all(axis=None)
    assert set(small["reason"]) == {"fewer than 3 hips"}
    assert found.loc[found["n"] >= 3, "reason"].isin(["fewer than 3 hips"]).sum() == 0


def test_bands_follow_the_label() -> None:
    found = table(cohort(), label_t_score=-2.0)
    assert "within 0.5 of -2.0" in sizes(found, "t_score_distance")


def test_a_cohort_of_other_cases_is_refused() -> None:
    with pytest.raises(StudyError, match="1 of the predictions' cases are not in cohort"):
        table(cohort().iloc[1:])
    with pytest.raises(StudyError, match="expected the columns side"):
        table(cohort().drop(columns="side"))
