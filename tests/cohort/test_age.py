from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.cohort.age import age_years

DAYS = st.dates(date(1900, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("1960-06-15", "2015-06-15", 55.0),
        ("1960-06-15", "2015-06-14", 54 + 364 / 365),
        ("1960-06-15", "2015-06-16", 55 + 1 / 366),
        ("1960-01-01", "2015-12-31", 55 + 364 / 365),
        ("1960-02-29", "2015-02-28", 54 + 364 / 365),
        ("1960-02-29", "2015-03-01", 55.0),
        ("1960-02-29", "2016-02-29", 56.0),
        ("1960-02-29", "2016-02-28", 55 + 364 / 365),
        ("2015-06-15", "2015-06-15", 0.0),
    ],
)
def test_age(birth: str, day: str, age: float) -> None:
    found = age_years(date.fromisoformat(birth), date.fromisoformat(day))
    assert found == pytest.approx(age, abs=1e-12)


def test_no_age_before_birth() -> None:
    with pytest.raises(ValueError, match="after the birth"):
        age_years(date(2000, 1, 2), date(2000, 1, 1))


@given(DAYS, st.integers(0, 40_000))
def test_age_grows_by_the_day_and_by_one_between_birthdays(birth: date, days: int) -> None:
    day = birth + timedelta(days)
    today, tomorrow = age_years(birth, day), age_years(birth, day + timedelta(1))
    assert 0 < tomorrow - today < 1 / 364
    assert abs(today - days / 365.2425) < 0.01
