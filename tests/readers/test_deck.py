from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.readers.deck import Item, build_deck


def test_a_deck_has_each_case_and_a_tenth_of_repeats_and_decoys() -> None:
    deck = build_deck(101, reader="Kim", seed=2021)
    assert Counter(item.kind for item in deck) == {"case": 101, "repeat": 11, "decoy": 11}
    assert {item.case for item in deck if item.kind == "case"} == set(range(101))
    assert deck == build_deck(101, reader="Kim", seed=2021)


def test_each_reader_has_an_order_of_the_own_and_the_same_decoys() -> None:
    decks = [build_deck(101, reader=reader, seed=seed) for reader, seed in (("A", 1), ("B", 1))]
    assert decks[0] != decks[1]
    decoys = [{item.case for item in deck if item.kind == "decoy"} for deck in decks]
    assert decoys[0] == decoys[1]
    other = build_deck(101, reader="A", seed=2)
    assert {item.case for item in other if item.kind == "decoy"} != decoys[0]


@given(st.integers(3, 300), st.integers(0, 99), st.floats(0, 0.3), st.floats(0, 0.3))
def test_no_repeat_is_near_its_first(cases: int, seed: int, repeats: float, decoys: float) -> None:
    deck = build_deck(cases, reader="A", seed=seed, repeats=repeats, decoys=decoys)
    place = {item: number for number, item in enumerate(deck)}
    assert len(place) == len(deck)
    for item, number in place.items():
        if item.kind == "repeat":
            assert number - place[Item(item.case, "case")] >= cases // 3


@pytest.mark.parametrize(("cases", "share"), [(0, 0.1), (9, 0.31), (9, -0.1)])
def test_what_is_no_deck(cases: int, share: float) -> None:
    with pytest.raises(ValueError, match="expected a case, and shares"):
        build_deck(cases, reader="A", seed=1, repeats=share)


@pytest.mark.parametrize("cases", [1, 2])
def test_two_cases_are_no_reason_to_stop(cases: int) -> None:
    kinds = Counter(item.kind for item in build_deck(cases, reader="A", seed=1))
    assert kinds == {"case": cases, "decoy": 1}
