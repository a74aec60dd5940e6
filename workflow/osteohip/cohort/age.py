"""Age on a day, in calendar years."""

from __future__ import annotations

from datetime import date

# Cohorts give ages up to this one only: few people are older, and their age would tell of them.
AGE_CEILING_YEARS = 90.0


def _birthday(birth: date, year: int) -> date:
    try:
        return birth.replace(year=year)
    except ValueError:  # born on 29 February, and this year has none
        return date(year, 3, 1)


def age_years(birth: date, day: date) -> float:
    """Return the age of a person on ``day`` in calendar years.

    The whole part is the number of birthdays reached (who was born on 29 February reaches a
    common year's on 1 March), so it is exact on the birthday; the rest is the share of the days
    until the next birthday that have passed.

    Parameters
    ----------
    birth, day
        Day of birth, and a day not before it.

    Returns
    -------
    Years, at least 0.

    Raises
    ------
    ValueError
        If ``day`` is before ``birth``.
    """
    if day < birth:
        raise ValueError("expected a day on or after the birth")
    years = day.year - birth.year
    if day < _birthday(birth, day.year):
        years -= 1
    last = _birthday(birth, birth.year + years)
    following = _birthday(birth, birth.year + years + 1)
    return years + (day - last).days / (following - last).days
