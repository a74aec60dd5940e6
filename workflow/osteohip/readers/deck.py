"""A reader's deck: all cases, hidden repeats and decoys, in an order of the reader's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["case", "repeat", "decoy"]


@dataclass(frozen=True)
class Item:
    """One picture of a deck.

    Parameters
    ----------
    case
        Position of the case among the cohort's.
    kind
        ``case`` is the reading that counts; ``repeat`` the same picture once more; ``decoy`` the
        case with the map of a randomised network.
    """

    case: int
    kind: Kind


def build_deck(
    cases: int, *, reader: str, seed: int, repeats: float = 0.1, decoys: float = 0.1
) -> list[Item]:
    """Return the items of a reader's deck in their order.

    Each case comes once. The decoys are the same for all readers, their places are not. A repeat
    is of a case in the first third of the deck and comes in the last third, so that some dozens of
    pictures lie between the two; which they are differs between readers. Fewer than 3 cases have
    no repeats.

    Parameters
    ----------
    cases
        Number of cases, at least 1.
    reader, seed
        Both set the order.
    repeats, decoys
        Numbers of them as shares of the cases, rounded up.

    Raises
    ------
    ValueError
        Without a case, or with shares that are not from 0 to 0.3.
    """
    if cases < 1 or not all(0 <= share <= 0.3 for share in (repeats, decoys)):
        raise ValueError("expected a case, and shares of repeats and decoys from 0 to 0.3")
    shared = np.random.default_rng([seed, 0])
    chosen = shared.choice(cases, size=_count(decoys, cases), replace=False)
    items = [Item(case, "case") for case in range(cases)]
    items += [Item(int(case), "decoy") for case in chosen]
    own = np.random.default_rng([seed, 1, *hashlib.sha256(reader.encode()).digest()])
    items = [items[place] for place in own.permutation(len(items))]
    if cases < 3:
        return items
    third = -(-len(items) // 3)
    early = [item for item in items[:third] if item.kind == "case"]
    again = own.choice(len(early), size=min(len(early), _count(repeats, cases)), replace=False)
    late = items[-third:] + [Item(early[place].case, "repeat") for place in again]
    return items[:-third] + [late[place] for place in own.permutation(len(late))]


def _count(share: float, cases: int) -> int:
    return int(np.ceil(share * cases))
