from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from osteohip.files import write_csv
from osteohip.readers.readings import Deck, read_exports
from osteohip.readers.simulated import simulate_readings

DECK = Deck(
    "aa", "simulated 1", (("H1", "case"), ("H2", "case"), ("H1", "repeat"), ("H1", "decoy"))
)
MEASURED = {("H1", "case"): True, ("H2", "case"): False, ("H1", "decoy"): False}
MANY = Deck("aa", "simulated 1", tuple((f"H{i}", "case") for i in range(2000)))


def test_who_never_errs_says_what_was_measured(tmp_path: Path) -> None:
    table = simulate_readings(DECK, adequate=MEASURED, error_rate=0, seed=1)  # type: ignore[arg-type]
    assert list(table["adequate"]) == ["yes", "no", "yes", "no"]
    write_csv(tmp_path / "1.csv", table)
    assert [r.adequate for r in read_exports([tmp_path / "1.csv"], [DECK])] == [
        True,
        False,
        True,
        False,
    ]
    table = simulate_readings(DECK, adequate=MEASURED, error_rate=1, seed=1)  # type: ignore[arg-type]
    assert list(table["adequate"]) == ["no", "yes", "no", "yes"]


def test_errors_come_at_their_rate_and_are_each_readers_own() -> None:
    adequate = dict.fromkeys(MANY.items, True)
    one, again, two = (
        simulate_readings(deck, adequate=adequate, error_rate=0.1, seed=1)["adequate"]
        for deck in (MANY, MANY, replace(MANY, reader="simulated 2"))
    )
    assert list(one) == list(again)
    # 200 expected, standard deviation 13.4; both wrong in 20 of 2000.
    assert 150 < (one == "no").sum() < 250
    assert 5 < ((one == "no") & (two == "no")).sum() < 45


def test_no_person_is_simulated() -> None:
    with pytest.raises(ValueError, match="a reader called simulated"):
        simulate_readings(replace(DECK, reader="Kim"), adequate={}, error_rate=0, seed=1)
