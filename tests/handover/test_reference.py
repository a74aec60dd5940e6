import numpy as np
import pandas as pd
import pytest

from osteohip.evaluation.predictions import Predictions
from osteohip.handover.reference import counts, internal_test, reference_facts


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"A": 9, "B": 5}, {"A": 9, "B": 5}),
        ({"A": 9, "B": 3, "C": 2}, {"A": 9, "other": 5}),
        ({"A": 9, "B": 6, "C": 2}, {"A": 9, "other": 8}),  # C alone would follow from the sum
        ({"A": 9, "B": 4}, None),
        ({}, None),
    ],
)
def test_no_cell_under_five_can_be_read(found, expected):
    values = pd.Series([name for name, n in found.items() for _ in range(n)], dtype=str)
    assert counts(values) == expected


def cohort(n: int, positive: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": [1] * positive + [0] * (n - positive),
            "age_years": np.linspace(60, 80, n),
            "t_score": np.linspace(-4, 0, n),
            "side": ["R", "L"] * (n // 2),
            "manufacturer": ["M"] * (n // 2) + [None] * (n // 2),
            "model_name": [None] * n,
        }
    )


def test_moments_of_a_known_cohort():
    facts = reference_facts(cohort(100, 40))
    assert (facts["n"], facts["prevalence"]) == (100, 0.4)
    assert facts["age_years"]["mean"] == 70.0
    assert facts["age_years"]["quantiles"]["0.5"] == 70.0
    assert facts["t_score"]["sd"] == 1.172
    assert facts["side"] == {"R": 50, "L": 50}
    assert facts["devices"] == {"unknown": 50, "M": 50}


def test_few_patients_are_not_described():
    facts = reference_facts(cohort(18, 3))
    assert facts["prevalence"] is None
    assert facts["age_years"] is None
    assert facts["t_score"] is None


def test_the_confusion_matrix_stands_as_it_is_and_the_histograms_hide_small_cells():
    cases = pd.DataFrame(
        {
            "case_id": [str(i) for i in range(40)],
            "label": [1] * 20 + [0] * 20,
            "age_years": [60.0] * 17 + [80.0] * 3 + [60.0] * 10 + [70.0] * 10,
            "t_score": [-3.2] * 20 + [-1.2] * 20,
        }
    )
    labels = cases["label"].to_numpy(np.int64)
    scores = np.r_[np.linspace(0.6, 0.9, 18), [0.2, 0.3], np.linspace(0.1, 0.4, 19), 0.7]
    found = internal_test(
        cases,
        Predictions(tuple(cases["case_id"]), labels, scores),
        threshold=0.5,
        label_t_score=-2.5,
    )
    assert found["confusion"] == {"tp": 18, "fn": 2, "fp": 1, "tn": 19}
    cells = [
        cell
        for variable in ("age_years", "t_score")
        for name in ("osteoporosis", "no_osteoporosis")
        for cell in found[variable][name]
    ]
    assert all(cell is None or cell >= 5 for cell in cells)
    assert found["age_years"]["osteoporosis"] == [None] * 4
