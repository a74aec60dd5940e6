from __future__ import annotations

from pathlib import Path

import pytest

from osteohip.errors import InputError
from osteohip.files import write_csv
from osteohip.readers.deck import Item
from osteohip.readers.readings import (
    Deck,
    Reading,
    agreement_facts,
    key_table,
    read_exports,
    read_key,
)

HEADER = "deck,item,reader,adequate,reason,seconds\n"
DECK = Deck("aa", "Kim", (("H1", "case"), ("H2", "case"), ("H1", "repeat"), ("H2", "decoy")))
OTHER = Deck("bb", "Lee", (("H2", "case"), ("H1", "case")))


def write(folder: Path, name: str, rows: str) -> Path:
    path = folder / name
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def test_the_key_comes_back(tmp_path: Path) -> None:
    items = [Item(0, "case"), Item(1, "case"), Item(0, "repeat"), Item(1, "decoy")]
    table = key_table("aa", "Kim", items, ["H1", "H2"])
    write_csv(tmp_path / "key.csv", table)
    assert read_key(tmp_path / "key.csv") == [DECK]


def test_readings_are_led_back_to_their_cases(tmp_path: Path) -> None:
    one = write(tmp_path, "1.csv", 'aa,2,Kim,no,"outside, all",3.5\naa,1,Kim,yes,,1.0\n')
    two = write(tmp_path, "2.csv", "aa,4,Kim,no,,2\naa,3,Kim,yes,,0.5\n")
    assert read_exports([one, two], [DECK, OTHER]) == [
        Reading("Kim", 2, "H2", "case", False, "outside, all", 3.5),
        Reading("Kim", 1, "H1", "case", True, "", 1.0),
        Reading("Kim", 4, "H2", "decoy", False, "", 2.0),
        Reading("Kim", 3, "H1", "repeat", True, "", 0.5),
    ]


def test_wrong_rows_are_named(tmp_path: Path) -> None:
    one = write(
        tmp_path,
        "1.csv",
        "cc,1,Kim,yes,,1\naa,1,Lee,yes,,1\naa,5,Kim,yes,,1\naa,2,Kim,maybe,,-1\naa,2,Kim,no,,1\n",
    )
    two = write(tmp_path, "2.csv", "bb,1,Lee,yes,,1\nbb,1,Lee,yes,,1\n")
    with pytest.raises(InputError) as caught:
        read_exports([one, two], [DECK, OTHER])
    said = str(caught.value)
    for line in (
        "1.csv, row 2, column deck: expected a deck of this kit",
        "1.csv, row 3, column reader: expected the reader to whom this deck was given",
        "1.csv, row 4, column item: expected an item of this deck, 1 to 4",
        "1.csv, row 5, column adequate: expected yes or no",
        "1.csv, row 5, column seconds: expected a number of seconds",
        "1.csv, row 6, column item: expected one reading of an item of a deck; 1.csv, row 5 has",
        "1.csv, column item: expected a reading of each of 4 items; not there: 3, 4",
        "2.csv, row 3, column item: expected one reading of an item of a deck; 2.csv, row 2 has",
        "2.csv, column item: expected a reading of each of 2 items; not there: 2",
    ):
        assert line in said
    assert "9 problems" in said


def readings(reader: str, kind: str, answers: str) -> list[Reading]:
    return [
        Reading(reader, 1, f"H{case}", kind, answer == "y", "", 2.0 + case)  # type: ignore[arg-type]
        for case, answer in enumerate(answers)
    ]


def test_what_the_readers_agree_on() -> None:
    facts = agreement_facts(
        [
            *readings("Kim", "case", "yyyyynnnny"),
            *readings("Kim", "repeat", "yyn"),
            *readings("Kim", "decoy", "nnny"),
            *readings("Lee", "case", "yyyynnnnny"),
        ]
    )
    kim, lee = facts["by_reader"]
    assert (kim["reader"], kim["adequate"]["k"], kim["adequate"]["n"]) == ("Kim", 6, 10)
    assert (kim["repeats"]["agreement"]["k"], kim["repeats"]["agreement"]["n"]) == (2, 3)
    assert (kim["decoys"]["k"], kim["decoys"]["n"]) == (3, 4)
    assert lee["decoys"]["estimate"] is None
    assert lee["decoys"]["reason"]
    assert lee["seconds"] == 6.5
    assert facts["between"]["agreement"]["estimate"] == 0.9
    # Both yes 5, Kim alone 1, both no 4: (0.9 - 0.5) / (1 - 0.5).
    assert facts["between"]["kappa"]["estimate"] == pytest.approx(0.8)
    assert facts["disagreements"] == [{"case_id": "H4", "answers": {"Kim": "yes", "Lee": "no"}}]


def test_one_reader_agrees_with_nobody() -> None:
    facts = agreement_facts(readings("Kim", "case", "yn"))
    assert facts["between"] is None
    assert facts["reason"] == "fewer than two readers"
    assert facts["by_reader"][0]["repeats"]["kappa"]["estimate"] is None
