"""Readers who are none: they judge by what was measured, and err at a set rate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from osteohip.readers.deck import Kind
from osteohip.readers.reading_page import READING_COLUMNS
from osteohip.readers.readings import Deck

NAME = "simulated"


def simulate_readings(
    deck: Deck, *, adequate: Mapping[tuple[str, Kind], bool], error_rate: float, seed: int
) -> pd.DataFrame:
    """Return a simulated reader's answers as a page would export them, all with 0 seconds.

    Parameters
    ----------
    deck
        The deck of a reader whose name begins with ``simulated``, so that no table can show the
        answers as those of a person.
    adequate
        What the measured attention says of each case and kind; a repeat is judged as its case.
    error_rate
        Probability with which each answer is turned round, independently, repeats too.
    seed
        Seed of the errors; each reader has errors of the own.

    Raises
    ------
    ValueError
        For another reader's deck, or a rate outside 0 to 1.
    """
    if not deck.reader.startswith(NAME) or not 0 <= error_rate <= 1:
        raise ValueError(f"expected a reader called {NAME}..., and a rate from 0 to 1")
    name = hashlib.sha256(deck.reader.encode()).digest()
    errs = np.random.default_rng([seed, *name]).random(len(deck.items)) < error_rate
    rows = []
    for number, ((case_id, kind), wrong) in enumerate(zip(deck.items, errs, strict=True), start=1):
        judged = adequate[case_id, "decoy" if kind == "decoy" else "case"] != bool(wrong)
        rows.append((deck.deck, number, deck.reader, "yes" if judged else "no", "", 0.0))
    return pd.DataFrame(rows, columns=list(READING_COLUMNS))
