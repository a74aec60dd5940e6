from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from osteohip.explanation.maps import Maps
from osteohip.files import write_csv
from osteohip.readers.judgement import judge
from osteohip.readers.readings import Deck, read_exports
from osteohip.readers.simulated import judgements, simulate_readings

DECK = Deck(
    "aa", "simulated 1", (("H1", "case"), ("H2", "case"), ("H1", "repeat"), ("H1", "decoy"))
)
MEASURED = {("H1", "case"): True, ("H2", "case"): False, ("H1", "decoy"): False}
MANY = Deck("aa", "simulated 1", tuple((f"H{i}", "case") for i in range(2000)))


def test_who_never_errs_says_what_was_measured(tmp_path: Path) -> None:
    table = simulate_readings(DECK, adequate=MEASURED, error_rate=0, seed=1)  # type: ignore[arg-type]
    assert list(table["adequate"]) == ["yes", "no", "yes", "no"]
    write_csv(tmp_path / "1.csv", table)
    assert [r.adequate for r in read_exports([], [DECK], simulated=[tmp_path / "1.csv"])] == [
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


HALF = np.tile(np.repeat([0.0, 1.0], 4), (8, 1))  # bone on the right half


@pytest.mark.parametrize(
    ("heat", "adequate"),
    [
        (np.zeros((8, 8)), False),  # nothing is nowhere
        (np.ones((8, 8)), False),  # as much on bone as everywhere
        (HALF + 0.9, True),
        (1 - HALF, False),
        (np.pad(np.zeros((6, 6)), 1, constant_values=1) * HALF, False),  # on bone, at the border
    ],
)
def test_what_is_adequate_where_bone_is_known(heat: Any, adequate: bool) -> None:
    assert judge(heat[None], bone=HALF[None], border=0.125).tolist() == [adequate]


@pytest.mark.parametrize(
    ("heat", "adequate"),
    [(np.zeros((8, 8)), False), (np.ones((8, 8)), True), (1 - HALF, True)],
)
def test_without_a_mask_the_border_alone_counts(heat: Any, adequate: bool) -> None:
    # The band takes 28 of 64 pixels, and half of the heat where that is even on the left half.
    assert judge(heat[None], bone=None, border=0.125).tolist() == [adequate]


def test_a_decoy_is_judged_by_the_map_of_the_randomised_network() -> None:
    right, left = (np.float32(side)[None] for side in ([[0.0, 1.0]], [[1.0, 0.0]]))
    maps = Maps(
        case_ids=np.array(["H1"]),
        score=np.array([0.7]),
        target=np.array([1], np.int8),
        layers={"first": right, "second": left},
        randomised=left,
        fraction=np.zeros(1, np.float32),
        deletion=np.zeros((1, 1), np.float32),
        insertion=np.zeros((1, 1), np.float32),
    )
    found = judgements(maps, size=8, bone=HALF[None], border=0.1)
    assert found == {("H1", "case"): True, ("H1", "decoy"): False}
