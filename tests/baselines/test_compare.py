"""The network beside the baselines: by hand, and against what is measured of each alone."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from osteohip.baselines.compare import COLUMNS, UNFITTED, Scores, compare, read_scores
from osteohip.baselines.plan import BASELINES, EVERYONE
from osteohip.errors import StudyError
from osteohip.evaluation.comparison import paired_delong
from osteohip.evaluation.discrimination import delong
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.threshold import Threshold

IDS = ("a", "b", "c", "d", "e", "f")
LABELS = np.array([1, 1, 1, 1, 0, 0])
HALF = Threshold(value=0.5, rule="fixed", chosen_on=None)


def network(scores: Any = (0.9, 0.8, 0.4, 0.6, 0.7, 0.1)) -> Predictions:
    return Predictions(case_ids=IDS, labels=LABELS, scores=np.array(scores, float))


def baselines(**scores: Any) -> Scores:
    given = {name: np.linspace(0.2, 0.8, 6) for name in BASELINES} | {EVERYONE: np.ones(6)}
    given |= {name: np.array(values, float) for name, values in scores.items()}
    return Scores(IDS, LABELS, given, np.array([1, 1, 1, 0, 0, 1], bool))


def found(table: pd.DataFrame, scorer: str, measure: str) -> pd.Series:
    rows = table[(table["scorer"] == scorer) & (table["measure"] == measure)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_table_has_every_scorer_and_measure() -> None:
    table = compare(network(), HALF, baselines())
    assert tuple(table.columns) == COLUMNS
    calls = ["auc", "accuracy", "sensitivity", "specificity"]
    more = ["auc_difference", "accuracy_difference"]
    expected = [("network", measure) for measure in calls]
    expected += [(name, measure) for name in BASELINES for measure in (*calls, *more)]
    expected.append(("no_pixels", "known_device"))
    assert list(zip(table["scorer"], table["measure"], strict=True)) == expected


def test_everyone_positive_by_hand() -> None:
    table = compare(network(), HALF, baselines())
    accuracy = found(table, EVERYONE, "accuracy")
    assert (accuracy["k"], accuracy["n"]) == (4, 6)
    assert found(table, EVERYONE, "sensitivity")["estimate"] == 1
    assert found(table, EVERYONE, "specificity")["estimate"] == 0
    area = found(table, EVERYONE, "auc")
    assert area["estimate"] == 0.5
    assert area["low"] < 0.5 < area["high"]
    # Against a constant DeLong's variance is that of the network's own area.
    own = delong(labels=LABELS, scores=network().scores)
    row = found(table, EVERYONE, "auc_difference")
    half = 1.959964 * math.sqrt(own.variance)
    assert row["estimate"] == own.area - 0.5
    assert row["low"] == pytest.approx(own.area - 0.5 - half)
    assert row["p"] == pytest.approx(2 * norm.sf((own.area - 0.5) / math.sqrt(own.variance)))
    # The network is right in a, b, d and f, the constant in a, b, c and d.
    difference = found(table, EVERYONE, "accuracy_difference")
    assert difference["estimate"] == 0
    assert difference["p"] == 1


def test_the_difference_in_area_is_delongs_and_network_less_baseline() -> None:
    age = (0.6, 0.3, 0.5, 0.9, 0.4, 0.2)
    table = compare(network(), HALF, baselines(age=age))
    row = found(table, "age", "auc_difference")
    expected = paired_delong(
        labels=LABELS, scores_a=network().scores, scores_b=np.array(age, float)
    )
    assert row["estimate"] == expected.difference
    assert (row["low"], row["high"], row["p"]) == (expected.low, expected.high, expected.p)
    areas = [found(table, name, "auc")["estimate"] for name in ("network", "age")]
    assert row["estimate"] == pytest.approx(areas[0] - areas[1])


def test_the_network_is_called_at_its_own_threshold() -> None:
    low = Threshold(value=0.05, rule="youden", chosen_on="validation")
    table = compare(network(), low, baselines())
    assert found(table, "network", "sensitivity")["estimate"] == 1
    assert found(table, "network", "specificity")["estimate"] == 0
    assert found(table, "age", "sensitivity")["estimate"] < 1


def test_known_devices_are_counted() -> None:
    row = found(compare(network(), HALF, baselines()), "no_pixels", "known_device")
    assert (row["k"], row["n"], row["estimate"]) == (4, 6, 4 / 6)


def test_what_was_not_fitted_is_undefined_with_a_reason() -> None:
    table = compare(network(), HALF, baselines(age=[np.nan] * 6))
    rows = table[table["scorer"] == "age"]
    assert len(rows) == 6
    assert rows["estimate"].isna().all()
    assert set(rows["reason"]) == {UNFITTED}


@given(st.permutations(range(6)))
def test_the_order_of_the_cases_does_not_matter(order: list[int]) -> None:
    given = baselines(age=(0.6, 0.3, 0.5, 0.9, 0.4, 0.2))
    turned = Scores(
        tuple(IDS[i] for i in order),
        LABELS[order],
        {name: scores[order] for name, scores in given.scores.items()},
        given.known_device[order],
    )
    pd.testing.assert_frame_equal(compare(network(), HALF, given), compare(network(), HALF, turned))


def test_other_cases_and_other_labels_are_refused() -> None:
    given = baselines()
    others = Scores(("a", "b", "c", "d", "e", "g"), LABELS, given.scores, given.known_device)
    with pytest.raises(StudyError, match="scored different cases"):
        compare(network(), HALF, others)
    labels = Scores(IDS, 1 - LABELS, given.scores, given.known_device)
    with pytest.raises(StudyError, match="different labels"):
        compare(network(), HALF, labels)


def test_scores_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    baselines(age=[np.nan] * 6).as_table().to_csv(path, index=False)
    read = read_scores(path)
    assert read.case_ids == IDS
    assert np.isnan(read.scores["age"]).all()
    assert (read.known_device == baselines().known_device).all()
    path.write_text("case_id,label\na,1\n")
    with pytest.raises(StudyError, match=r"test\.csv: expected a CSV table with case_id"):
        read_scores(path)
    with pytest.raises(StudyError, match="there is no file"):
        read_scores(tmp_path / "none.csv")
