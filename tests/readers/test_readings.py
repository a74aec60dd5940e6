from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from osteohip.errors import InputError
from osteohip.files import write_csv
from osteohip.readers.deck import Item
from osteohip.readers.readings import (
    Deck,
    Reading,
    agreement_content,
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
        "1.csv, column item: expected a reading of each of 4 items; not there: 3–4",
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
    assert facts["disagreements"] == [
        {
            "case_id": "H4",
            "answers": {
                "Kim": {"adequate": "yes", "reason": None},
                "Lee": {"adequate": "no", "reason": "no reason given"},
            },
        }
    ]
    assert (facts["adequate_by_all"]["k"], facts["adequate_by_all"]["n"]) == (5, 10)
    assert kim["reasons"] == {"no reason given": 4}


def test_what_a_reader_typed_stays_in_the_export() -> None:
    facts = agreement_facts(
        [
            replace(reading, reason=reason)
            for reading, reason in zip(
                readings("Kim", "case", "nnny"),
                ("outside the bone", "Mrs Park's other hip", "", "typed, then thought better of"),
                strict=True,
            )
        ]
    )
    assert facts["by_reader"][0]["reasons"] == {
        "outside the bone": 1,
        "another reason": 1,
        "no reason given": 1,
    }
    assert "Park" not in str(facts)


def test_readers_who_always_agree_on_one_answer_have_no_kappa() -> None:
    facts = agreement_facts([*readings("Kim", "case", "yyy"), *readings("Lee", "case", "yyy")])
    kappa = facts["between"]["kappa"]
    assert kappa["estimate"] is None
    assert "0/0" in kappa["reason"]
    assert kappa["band"] is None
    assert facts["between"]["agreement"]["estimate"] == 1
    assert facts["disagreements"] == []


def test_three_readers_have_pairs() -> None:
    facts = agreement_facts(
        [r for name in ("Kim", "Lee", "Yoon") for r in readings(name, "case", "yynn")]
    )
    assert facts["between"]["readers"] == 3
    assert len(facts["between"]["pairs"]) == 3


def test_the_agreement_of_decks_that_nobody_began() -> None:
    content = agreement_content([], [OTHER, DECK], synthetic=False)
    assert content == {
        "read": False,
        "reason": "not read yet",
        "synthetic": False,
        "decks": [
            {
                "reader": "Kim",
                "simulated": False,
                "read": False,
                "items": 4,
                "cases": 2,
                "repeats": 1,
                "decoys": 1,
            },
            {
                "reader": "Lee",
                "simulated": False,
                "read": False,
                "items": 2,
                "cases": 2,
                "repeats": 0,
                "decoys": 0,
            },
        ],
    }


def test_one_of_two_readers_has_read(tmp_path: Path) -> None:
    found = read_exports(
        [write(tmp_path, "2.csv", "bb,1,Lee,yes,,1\nbb,2,Lee,no,,1\n")], [DECK, OTHER]
    )
    content = agreement_content(found, [DECK, OTHER], synthetic=True)
    assert content["read"]
    assert [deck["read"] for deck in content["decks"]] == [False, True]
    assert content["between"] is None
    assert content["reason"] == "fewer than two readers"


WHOLE = "bb,1,Lee,yes,,1.5\nbb,2,Lee,no,outside the bone,2\n"


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + WHOLE).encode("utf-8-sig"),
        (HEADER + WHOLE).replace("\n", "\r\n").encode(),
        b"seconds,adequate,reader,item,deck,reason,remarks\n1.5,YES,Lee,1,bb,,\n"
        b"2,No,Lee,2,bb,outside the bone,late\n\n",
    ],
    ids=["byte order mark", "Windows line ends", "columns in another order, and one more"],
)
def test_what_a_spreadsheet_may_do_to_an_export(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(content)
    assert read_exports([tmp_path / "1.csv"], [DECK, OTHER]) == [
        Reading("Lee", 1, "H2", "case", True, "", 1.5),
        Reading("Lee", 2, "H1", "case", False, "outside the bone", 2.0),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            (HEADER + WHOLE).replace(",", ";").encode(),
            "1.csv, row 1: expected commas between the columns, not semicolons",
        ),
        ((HEADER + "bb,1,Lee,no,밖,1\n").encode("cp949"), "1.csv: expected a CSV table in UTF-8"),
        (b"", "1.csv: expected a header with deck, item, reader, adequate, reason, seconds"),
        (HEADER.encode(), "1.csv: expected at least one case"),
        (
            HEADER.replace("seconds", "time").encode() + WHOLE.encode(),
            "1.csv, row 1, column seconds: expected one column called 'seconds'",
        ),
        (
            (HEADER + WHOLE).replace("Lee", "Prof. Lee").encode(),
            "1.csv, row 2, column reader: expected the reader to whom this deck was given",
        ),
        (
            (HEADER + "bb,1,Lee,yes,,1\n").encode(),
            "1.csv, column item: expected a reading of each of 2 items; not there: 2",
        ),
        (
            (HEADER + "bb,1,Lee,yes,,1\nbb,2,Lee,,,1\n").encode(),
            "1.csv, row 3, column adequate: expected yes or no",
        ),
        ((HEADER + "bb,1,Lee,yes\n").encode(), "1.csv, row 2: expected 6 cells"),
    ],
)
def test_files_that_are_refused(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_exports([tmp_path / "1.csv"], [DECK, OTHER])
    assert sentence in str(caught.value)


def many(deck: str, reader: str = "Kim") -> tuple[Deck, str]:
    items = tuple((f"H{i}", "case") for i in range(1, 41))
    rows = "".join(f"{deck},{i},{reader},yes,,1\n" for i in range(1, 41))
    return Deck(deck, reader, items), rows  # type: ignore[arg-type]


def test_what_is_wrong_in_each_row_is_said_once(tmp_path: Path) -> None:
    deck, rows = many("aa")
    foreign = write(tmp_path, "foreign.csv", rows.replace("aa", "zz"))
    twice = [write(tmp_path, name, rows) for name in ("first.csv", "copy.csv")]
    renamed = write(tmp_path, "renamed.csv", rows.replace("Kim", "Lee"))
    for files, sentences in (
        ([foreign], ["foreign.csv, row 2, column deck: expected a deck of this kit; another run"]),
        (
            twice,
            ["copy.csv, row 2, column item: expected one reading of an item of a deck; first.csv"],
        ),
        ([renamed], ["renamed.csv, row 2, column reader: expected the reader to whom"]),
    ):
        with pytest.raises(InputError) as caught:
            read_exports(files, [deck])
        assert [p.sentence() for p in caught.value.problems] == [
            p.sentence() for p in caught.value.problems if "so in 40 rows" in p.expected
        ]
        said = str(caught.value)
        assert [sentence for sentence in sentences if sentence not in said] == []
        assert "1 problem in" in said


def test_missing_items_are_listed_in_short(tmp_path: Path) -> None:
    deck, rows = many("aa")
    kept = [row for i, row in enumerate(rows.splitlines(keepends=True), 1) if i in (1, 2, 4, 40)]
    with pytest.raises(InputError, match="not there: 3, 5–39"):
        read_exports([write(tmp_path, "1.csv", "".join(kept))], [deck])


def test_decks_of_another_cohort_are_left_to_it(tmp_path: Path) -> None:
    both = write(tmp_path, "1.csv", WHOLE + "cc,1,Kim,yes,,1\n")
    assert len(read_exports([both], [DECK, OTHER], elsewhere={"cc"})) == 2
    with pytest.raises(InputError, match="row 4, column deck: expected a deck of this kit"):
        read_exports([both], [DECK, OTHER])


def test_a_person_does_not_read_as_a_simulated_reader(tmp_path: Path) -> None:
    deck, rows = many("aa", "simulated-1")
    file = write(tmp_path, "1.csv", rows)
    assert len(read_exports([], [deck], simulated=[file])) == 40
    with pytest.raises(InputError, match=r"name who reads under readers\.names"):
        read_exports([file], [deck])


def test_one_reader_agrees_with_nobody() -> None:
    facts = agreement_facts(readings("Kim", "case", "yn"))
    assert facts["between"] is None
    assert facts["reason"] == "fewer than two readers"
    assert facts["by_reader"][0]["repeats"]["kappa"]["estimate"] is None
