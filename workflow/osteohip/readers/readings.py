"""Readings come back: each row to its case by the private key, and what the readers agree on."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from osteohip.config import is_simulated
from osteohip.errors import InputError, Problem, raise_if_any
from osteohip.evaluation.agreement import MISSING, agreement
from osteohip.evaluation.proportions import wilson
from osteohip.evaluation.readings import Readings, readings_facts
from osteohip.readers.deck import Item, Kind
from osteohip.readers.reading_page import REASONS
from osteohip.rows import read_rows
from osteohip.site.readings import ITEM, READING_COLUMNS, cell_faults, condensed
from osteohip.site.rows import rows_of

KEY_COLUMNS = ("deck", "reader", "item", "case_id", "kind")
FOREIGN = (
    "a deck of this kit; another run, cohort or version of the kit made this file, so take it out "
    "of the folder"
)
NO_PERSON = (
    "the deck of a person; this one is a simulated reader's, so name who reads under readers.names"
)
NOT_READ = "not read yet"
NO_REASON, OTHER_REASON = "no reason given", "another reason"
ALL_REASONS = (*REASONS, OTHER_REASON, NO_REASON)


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


def read_exports(
    exports: Sequence[Path],
    decks: Sequence[Deck],
    *,
    simulated: Sequence[Path] = (),
    elsewhere: Collection[str] = (),
) -> list[Reading]:
    """Read what the pages exported, by deck and item.

    Parameters
    ----------
    exports
        CSV files of the pages; the readings of a deck may be spread over several.
    decks
        The decks with their keys. One that nobody has begun is no mistake.
    simulated
        Files of simulated readers, in the same shape. No other file may hold their decks: answers
        of a person would count as simulated.
    elsewhere
        Decks of the study's other cohorts, whose rows are theirs to read.

    Raises
    ------
    InputError
        With all problems of all files: rows of another deck, reader or item, an item read twice,
        cells that no page writes, and decks that are begun and not complete.
    """
    known = {deck.deck: deck for deck in decks}
    problems: list[Problem] = []
    seen: dict[tuple[str, int], tuple[str, int]] = {}
    begun: dict[str, str] = {}
    readings: list[Reading] = []
    for export in (*exports, *simulated):
        name = export.name
        try:
            rows = read_rows(export, columns=READING_COLUMNS)
        except InputError as error:
            problems += error.problems
            continue
        problems += rows.problems
        for line, cells in rows.cells:
            if cells["deck"] in elsewhere:
                continue
            deck = known.get(cells["deck"])
            if deck is None or (is_simulated(deck.reader) and export not in simulated):
                expected = FOREIGN if deck is None else NO_PERSON
                problems.append(Problem(name, expected, line, "deck", cells["deck"]))
                continue
            begun.setdefault(deck.deck, name)
            faults = {**cell_faults(cells), **_deck_faults(cells, deck)}
            problems += [
                Problem(name, expected, line, column, cells[column])
                for column, expected in faults.items()
            ]
            if "item" in faults:
                continue
            item = int(cells["item"])
            first = seen.setdefault((deck.deck, item), (name, line))
            if first != (name, line):
                of_file = (
                    f"{first[0]}, row {first[1]} has it"
                    if first[0] == name
                    else (f"{first[0]} has it too, so keep the file that is complete")
                )
                expected = f"one reading of an item of a deck; {of_file}"
                problems.append(Problem(name, expected, line, "item", cells["item"]))
            elif not faults:
                case_id, kind = deck.items[item - 1]
                readings.append(
                    Reading(
                        reader=deck.reader,
                        item=item,
                        case_id=case_id,
                        kind=kind,
                        adequate=cells["adequate"].lower() == "yes",
                        reason=cells["reason"],
                        seconds=float(cells["seconds"]),
                    )
                )
    for deck in decks:
        missing = [i for i in range(1, len(deck.items) + 1) if (deck.deck, i) not in seen]
        if deck.deck in begun and missing:
            expected = f"a reading of each of {len(deck.items)} items; not there: {_runs(missing)}"
            problems.append(Problem(begun[deck.deck], expected, column="item"))
    raise_if_any(condensed(problems))
    return readings


def told_problems(
    problems: Sequence[Problem], exports: Sequence[Path], decks: Sequence[Deck]
) -> list[Problem]:
    """Return problems as a log may have them: files by the kit's own names, else by a number.

    A name that somebody gave to a file of readings may hold anything.
    """
    given = [
        rf"reading-{re.escape(deck.reader)}-{re.escape(deck.deck)}( ?\(\d+\))?\.csv"
        for deck in decks
    ]
    names = {
        export.name: f"file {number} of the readings by name"
        for number, export in enumerate(exports, start=1)
        if not any(re.fullmatch(name, export.name) for name in given)
    }

    def told(text: str) -> str:
        for name, number in names.items():
            text = text.replace(name, number)
        return text

    return [replace(p, file=told(p.file), expected=told(p.expected)) for p in problems]


def _deck_faults(cells: dict[str, str], deck: Deck) -> dict[str, str]:
    """Return what was expected of each cell that does not fit the deck."""
    faults = {}
    if cells["reader"] != deck.reader:
        faults["reader"] = "the reader to whom this deck was given"
    if ITEM.fullmatch(cells["item"]) is None or int(cells["item"]) > len(deck.items):
        faults["item"] = f"an item of this deck, 1 to {len(deck.items)}"
    return faults


def _runs(numbers: Sequence[int]) -> str:
    """Return sorted numbers as text, neighbours put together: ``2, 4–9``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in runs)


def agreement_content(
    readings: Sequence[Reading], decks: Sequence[Deck], *, synthetic: bool
) -> dict[str, Any]:
    """Return the content of ``agreement.json``.

    Returns
    -------
    dict
        ``read``, false where nobody has read yet, and then a ``reason``; ``synthetic``; ``decks``,
        what is in each and whether it was read; and where some were, `agreement_facts`.
    """
    by_reader = {reading.reader for reading in readings}
    return {
        "read": bool(readings),
        **({} if readings else {"reason": NOT_READ}),
        "synthetic": synthetic,
        "decks": [
            {
                "reader": deck.reader,
                "simulated": is_simulated(deck.reader),
                "read": deck.reader in by_reader,
                "items": len(deck.items),
                **{
                    f"{kind}s": sum(of_kind == kind for _, of_kind in deck.items)
                    for kind in get_args(Kind)
                },
            }
            for deck in sorted(decks, key=lambda deck: deck.reader)
        ],
        **(agreement_facts(readings) if readings else {}),
    }


def agreement_facts(readings: Sequence[Reading]) -> dict[str, Any]:
    """Return what the readers found: each alone, then between them.

    Returns
    -------
    dict
        ``by_reader``, one entry for each: ``adequate`` (share of the cases), ``repeats`` (how far
        the reader agrees with the own first reading), ``decoys`` (share of the maps of a
        randomised network that were not called adequate: the specificity of "adequate"),
        ``reasons`` (how often each was given for a case that is not; what was typed counts as
        another reason), and ``seconds`` (median for a picture; a simulated reader has none).
        ``adequate_by_all``, of the cases that all have read. ``between``, as `readings_facts`, null
        with ``reason`` for fewer than two readers. ``disagreements``, the cases with every reader's
        answer and the reason for it.
    """
    readers = sorted({reading.reader for reading in readings})
    answers = {(r.case_id, r.reader): r for r in readings if r.kind == "case"}
    cases = sorted({case for case, _ in answers})
    ratings = np.array(
        [
            [int(answers[case, r].adequate) if (case, r) in answers else MISSING for r in readers]
            for case in cases
        ],
        dtype=np.int64,
    ).reshape(len(cases), len(readers))
    by_all = ratings[(ratings != MISSING).all(axis=1)]
    apart = [
        case
        for case, row in zip(cases, ratings, strict=True)
        if len(set(row.tolist()) - {MISSING}) > 1
    ]
    facts: dict[str, Any] = {
        "by_reader": [_of_reader(reader, readings) for reader in readers],
        "adequate_by_all": wilson(k=int((by_all == 1).all(axis=1).sum()), n=len(by_all)).as_json(),
        "between": None,
        "reason": None,
        "disagreements": [
            {
                "case_id": case,
                "answers": {
                    reader: {
                        "adequate": "yes" if answers[case, reader].adequate else "no",
                        "reason": coded_reason(answers[case, reader]),
                    }
                    for reader in readers
                    if (case, reader) in answers
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


def coded_reason(reading: Reading) -> str | None:
    """Return the reason why a map is not adequate, None for one that is.

    What a reader typed may say anything of a patient and stays in the export.
    """
    if reading.adequate:
        return None
    if not reading.reason:
        return NO_REASON
    return reading.reason if reading.reason in REASONS else OTHER_REASON


def _of_reader(reader: str, readings: Sequence[Reading]) -> dict[str, Any]:
    own = [reading for reading in readings if reading.reader == reader]
    kinds: dict[Kind, dict[str, int]] = {"case": {}, "repeat": {}, "decoy": {}}
    for reading in own:
        kinds[reading.kind][reading.case_id] = int(reading.adequate)
    first, decoys = kinds["case"], kinds["decoy"]
    pairs = [(first[case], again) for case, again in kinds["repeat"].items() if case in first]
    again = agreement(np.array(pairs, dtype=np.int64).reshape(len(pairs), 2))
    given = [coded_reason(reading) for reading in own if reading.kind == "case"]
    return {
        "reader": reader,
        "simulated": is_simulated(reader),
        "adequate": wilson(k=sum(first.values()), n=len(first)).as_json(),
        "repeats": {"agreement": again.agreement.as_json(), "kappa": again.kappa.as_json()},
        "decoys": wilson(k=len(decoys) - sum(decoys.values()), n=len(decoys)).as_json(),
        "reasons": {reason: given.count(reason) for reason in ALL_REASONS if reason in given},
        "seconds": None
        if is_simulated(reader)
        else float(np.median([reading.seconds for reading in own])),
    }
