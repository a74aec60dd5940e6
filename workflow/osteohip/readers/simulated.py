"""Readers who are none: they judge by what was measured, and err at a set rate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from osteohip.config import SIMULATED, is_simulated
from osteohip.explanation.maps import Maps, enlarged
from osteohip.readers.deck import Kind
from osteohip.readers.judgement import judge
from osteohip.readers.readings import Deck
from osteohip.site.readings import READING_COLUMNS


def judgements(
    maps: Maps, *, size: int, bone: npt.NDArray[np.floating] | None, border: float
) -> dict[tuple[str, Kind], bool]:
    """Return what a simulated reader who never errs says of each case, and of it as a decoy.

    Parameters
    ----------
    maps
        Of the cohort; those of the layer that is shown are judged.
    size
        Pixels a side of the crop.
    bone
        Shape (n, size, size), share of each pixel that is bone; None where no mask tells.
    border
        Width of the border band, as a share of the crop's side.
    """
    shown: dict[Kind, npt.NDArray[np.float32]] = {
        "case": maps.layers[maps.shown],
        "decoy": maps.randomised,
    }
    return {
        (case, kind): bool(adequate)
        for kind, of_kind in shown.items()
        for case, adequate in zip(
            maps.case_ids.tolist(),
            judge(enlarged(of_kind, size), bone=bone, border=border),
            strict=True,
        )
    }


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
        Seed of the errors; each reader errs anew in each deck.

    Raises
    ------
    ValueError
        For another reader's deck, or a rate outside 0 to 1.
    """
    if not is_simulated(deck.reader) or not 0 <= error_rate <= 1:
        raise ValueError(f"expected a reader called {SIMULATED}..., and a rate from 0 to 1")
    own = hashlib.sha256(f"{deck.reader} {deck.deck}".encode()).digest()
    errs = np.random.default_rng([seed, *own]).random(len(deck.items)) < error_rate
    rows = []
    for number, ((case_id, kind), wrong) in enumerate(zip(deck.items, errs, strict=True), start=1):
        judged = adequate[case_id, "decoy" if kind == "decoy" else "case"] != bool(wrong)
        rows.append((deck.deck, number, deck.reader, "yes" if judged else "no", "", 0.0))
    return pd.DataFrame(rows, columns=list(READING_COLUMNS))
