"""Readings come back: each row to its case by the private key, and what the readers agree on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from osteohip.errors import Problem, raise_if_any
from osteohip.evaluation.agreement import MISSING, agreement
from osteohip.evaluation.proportions import wilson
from osteohip.evaluation.readings import ANSWERS, Readings, readings_facts
from osteohip.evaluation.rows import read_rows
from osteohip.readers.deck import Item, Kind
from osteohip.readers.reading_page import READING_COLUMNS
from osteohip.site.rows import rows_of

KEY_COLUMNS = ("deck", "reader", "item", "case_id", "kind")
SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Deck:
    """A deck with its key: case and kind of each item, in the order of the page."""

    deck: str
    reader: str
    items: tuple[tuple[str, Kind], ...]


@dataclass(frozen=True)
class Reading:
    """One answer, led back to its case."""

    reader: str
    item: int
    case_id: str
    kind: Kind
    adequate: bool
    reason: str
    seconds: float


def key_table(
    deck: str, reader: str, items: Sequence[Item], case_ids: Sequence[str]
) -> pd.DataFrame:
    """Return the private key of a deck, with ``KEY_COLUMNS``; items are numbered from 1."""
    rows = [
        (deck, reader, number, case_ids[item.case], item.kind)
        for number, item in enumerate(items, start=1)
    ]
    return pd.DataFrame(rows, columns=list(KEY_COLUMNS))


def read_key(path: Path) -> list[Deck]:
    """Read the keys of one or more decks."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False).astype({"item": int})
    decks = []
    for (deck, reader), rows in table.groupby(["deck", "reader"], sort=True):
        ordered = rows.sort_values("item")
        items = tuple((row.case_id, cast("Kind", row.kind)) for row in rows_of(ordered))
        decks.append(Deck(str(deck), str(reader), items))
    return decks


def read_exports(exports: Sequence[Path], decks: Sequence[Deck]) -> list[Reading]:
    """Read what the pages exported, by deck and item.

    Parameters
    ----------
    exports
        CSV files of the pages; the readings of a deck may be spread over several.
    decks
        The decks with their keys. One that nobody has begun is no mistake.

    Raises
    ------
    InputError
        With all problems of all files: rows of another deck, reader or item, an item read twice,
        cells that no page writes, and decks that are begun and not complete.
    """
    known = {deck.deck: deck for deck in decks}
    problems: list[Problem] = []
    seen: dict[tuple[str, int], str] = {}
    begun: dict[str, str] = {}
    readings: list[Reading] = []
    for export in exports:
        name = export.name
        rows = read_rows(export, columns=READING_COLUMNS)
        problems += rows.problems
        for line, cells in rows.cells:
            deck = known.get(cells["deck"])
            if deck is None:
                expected = "a deck of this kit; another run, cohort or version made this reading"
                problems.append(Problem(name, expected, line, "deck", cells["deck"]))
                continue
            begun.setdefault(deck.deck, name)
            wrong = [
                Problem(name, expected, line, column, cells[column])
                for column, expected in _faults(cells, deck).items()
            ]
            problems += wrong
            if any(problem.column == "item" for problem in wrong):
                continue
            item = int(cells["item"])
            place = f"{name}, row {line}"
            if (first := seen.setdefault((deck.deck, item), place)) != place:
                expected = f"one reading of an item of a deck; {first} has it"
                problems.append(Problem(name, expected, line, "item", cells["item"]))
            if not wrong:
                case_id, kind = deck.items[item - 1]
                adequate = bool(ANSWERS[cells["adequate"]])
                seconds = float(cells["seconds"])
                reason = cells["reason"]
                readings.append(
                    Reading(deck.reader, item, case_id, kind, adequate, reason, seconds)
                )
    for deck in decks:
        missing = [i for i in range(1, len(deck.items) + 1) if (deck.deck, i) not in seen]
        if deck.deck in begun and missing:
            listed = ", ".join(str(item) for item in missing)
            expected = f"a reading of each of {len(deck.items)} items; not there: {listed}"
            problems.append(Problem(begun[deck.deck], expected, column="item"))
    raise_if_any(problems)
    return readings


def _faults(cells: dict[str, str], deck: Deck) -> dict[str, str]:
    """Return what was expected of each cell that is wrong."""
    faults = {}
    if cells["reader"] != deck.reader:
        faults["reader"] = "the reader to whom this deck was given"
    number = cells["item"]
    if not re.fullmatch(r"[1-9]\d{0,6}", number, re.ASCII) or int(number) > len(deck.items):
        faults["item"] = f"an item of this deck, 1 to {len(deck.items)}"
    if cells["adequate"] not in ANSWERS:
        faults["adequate"] = "yes or no"
    if not SECONDS.fullmatch(cells["seconds"]):
        faults["seconds"] = "a number of seconds"
    return faults


def agreement_facts(readings: Sequence[Reading]) -> dict[str, Any]:
    """Return what the readers found: each alone, then between them.

    Returns
    -------
    dict
        ``by_reader``, one entry for each: ``adequate`` (share of the cases), ``repeats`` (how far
        the reader agrees with the own first reading), ``decoys`` (share of the maps of a
        randomised network that were not called adequate: the specificity of "adequate"), and
        ``seconds`` (median for a picture). ``between``, as `readings_facts`, null with ``reason``
        for fewer than two readers. ``disagreements``, the cases with every reader's answer.
    """
    readers = sorted({reading.reader for reading in readings})
    answers = {(r.kind, r.case_id, r.reader): int(r.adequate) for r in readings}
    cases = sorted({r.case_id for r in readings if r.kind == "case"})
    ratings = np.array(
        [[answers.get(("case", case, reader), MISSING) for reader in readers] for case in cases],
        dtype=np.int64,
    ).reshape(len(cases), len(readers))
    apart = [
        case
        for case, row in zip(cases, ratings, strict=True)
        if len(set(row.tolist()) - {MISSING}) > 1
    ]
    words = {code: word for word, code in ANSWERS.items()}
    facts: dict[str, Any] = {
        "by_reader": [_of_reader(reader, readings) for reader in readers],
        "between": None,
        "reason": None,
        "disagreements": [
            {
                "case_id": case,
                "answers": {
                    reader: words[answers["case", case, reader]]
                    for reader in readers
                    if ("case", case, reader) in answers
                },
            }
            for case in apart
        ],
    }
    if len(readers) < 2:
        facts["reason"] = "fewer than two readers"
    else:
        facts["between"] = readings_facts(Readings(tuple(readers), tuple(cases), ratings))
    return facts


def _of_reader(reader: str, readings: Sequence[Reading]) -> dict[str, Any]:
    own = [reading for reading in readings if reading.reader == reader]
    kinds: dict[Kind, dict[str, int]] = {"case": {}, "repeat": {}, "decoy": {}}
    for reading in own:
        kinds[reading.kind][reading.case_id] = int(reading.adequate)
    first, decoys = kinds["case"], kinds["decoy"]
    pairs = [(first[case], again) for case, again in kinds["repeat"].items() if case in first]
    again = agreement(np.array(pairs, dtype=np.int64).reshape(len(pairs), 2))
    return {
        "reader": reader,
        "adequate": wilson(k=sum(first.values()), n=len(first)).as_json(),
        "repeats": {"agreement": again.agreement.as_json(), "kappa": again.kappa.as_json()},
        "decoys": wilson(k=len(decoys) - sum(decoys.values()), n=len(decoys)).as_json(),
        "seconds": float(np.median([reading.seconds for reading in own])),
    }
