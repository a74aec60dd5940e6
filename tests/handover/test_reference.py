import numpy as np
import pandas as pd
import pytest

from osteohip.handover.reference import counts, reference_facts


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
