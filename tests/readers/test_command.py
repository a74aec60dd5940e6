"""From maps to pages, and from what the pages export to agreement."""

from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from osteohip.explanation.maps import read_maps, write_maps
from osteohip.files import read_arrays
from osteohip.readers.readings import read_key
from osteohip.site.readings import READING_COLUMNS

MakeCohort = Callable[..., Path]
RunCommand = Callable[..., str]


def kit(run_command: RunCommand, cohort: Path, *readers: str, **options: Any) -> Path:
    assert what_kit_says(run_command, cohort, *readers, **options) == ""
    return cohort / "readers"


def what_kit_says(run_command: RunCommand, cohort: Path, *readers: str, **options: Any) -> str:
    return run_command(
        "kit",
        cohort,
        maps=cohort / "maps.npz",
        crops=cohort / "crops.npz",
        reader=readers,
        seed=1,
        out_dir=cohort / "readers",
        **options,
    )


def answers(key: Path, reader: str, adequate: Callable[[str, str], bool]) -> pd.DataFrame:
    """What the page of a deck would export if its reader answered so."""
    deck = next(deck for deck in read_key(key) if deck.reader == reader)
    rows = [
        (deck.deck, item, reader, "yes" if adequate(case, kind) else "no", "", "2.0")
        for item, (case, kind) in enumerate(deck.items, start=1)
    ]
    return pd.DataFrame(rows, columns=list(READING_COLUMNS))


def agree(run_command: RunCommand, cohort: Path, **options: Any) -> dict[str, Any]:
    out = cohort / "agreement.json"
    key = cohort / "readers" / "private" / "key.csv"
    said = run_command("agree", cohort, key=key, out=out, **options)
    assert said == ""
    content: dict[str, Any] = json.loads(out.read_text())
    return content


def test_a_kit_has_a_page_for_each_reader_and_a_private_key(
    make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    out = kit(run_command, cohort, "KCH", "YPW")
    assert sorted(path.name for path in out.iterdir()) == ["KCH.html", "YPW.html", "private"]
    assert stat.S_IMODE((out / "private").stat().st_mode) == 0o700
    decks = read_key(out / "private" / "key.csv")
    assert {deck.reader for deck in decks} == {"KCH", "YPW"}
    orders = [[case for case, kind in deck.items if kind == "case"] for deck in decks]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == [f"H{i:04d}" for i in range(20)]
    for deck in decks:
        text = (out / f"{deck.reader}.html").read_text(encoding="utf-8")
        assert deck.deck in text
        assert re.fullmatch("d[0-9a-f]{11}", deck.deck)  # a spreadsheet takes it for no number
        assert not re.search("H00[0-9]{2}", re.sub(r'id="(crop|heat)-\d+">[^<]*<', "", text))
        # A page reaches nothing: it holds no address but those of its own data.
        assert not re.findall(r"(?:src|href)=\"(?!data:)", text)
        assert "default-src 'none'" in text


def test_a_page_does_not_depend_on_scores_and_calls(
    make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    first = (kit(run_command, cohort, "KCH") / "KCH.html").read_bytes()
    maps = read_maps(cohort / "maps.npz")
    write_maps(cohort / "maps.npz", replace(maps, score=1 - maps.score, target=-maps.target))
    assert (kit(run_command, cohort, "KCH") / "KCH.html").read_bytes() == first


def test_a_kit_is_the_same_again_and_forgets_who_is_not_named(
    make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    kit(run_command, cohort, "KCH", "YPW")
    first = {p: p.read_bytes() for p in (cohort / "readers").rglob("*") if p.is_file()}
    kit(run_command, cohort, "KCH", "YPW")
    assert {p: p.read_bytes() for p in (cohort / "readers").rglob("*") if p.is_file()} == first
    kit(run_command, cohort, "KCH")
    assert [path.name for path in (cohort / "readers").glob("*.html")] == ["KCH.html"]


def test_repeats_and_decoys_are_as_configured(
    make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    out = kit(run_command, cohort, "KCH", settings='{"repeats": 0.2, "decoys": 0}')
    kinds = [kind for deck in read_key(out / "private" / "key.csv") for _, kind in deck.items]
    assert (kinds.count("case"), kinds.count("repeat"), kinds.count("decoy")) == (20, 4, 0)


@pytest.mark.parametrize("real", ["run.json", "site.json"])
def test_films_of_patients_have_no_simulated_reader(
    real: str, make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    (cohort / real).write_text('{"synthetic": false}')
    said = what_kit_says(run_command, cohort, "simulated-1")
    assert "name them in readers.names" in said
    assert not (cohort / "readers").exists()
    assert "synthetic" in (kit(run_command, cohort, "KCH") / "KCH.html").read_text()


def test_a_case_without_crop_is_refused(make_cohort: MakeCohort, run_command: RunCommand) -> None:
    cohort, other = make_cohort(cases=30), make_cohort("other", cases=9)
    shutil.copy(other / "crops.npz", cohort / "crops.npz")
    said = what_kit_says(run_command, cohort, "KCH")
    assert "expected a row of H0010" in said


def test_readings_give_the_agreement_that_the_answers_imply(
    make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    key = kit(run_command, cohort, "KCH", "YPW") / "private" / "key.csv"
    readings = cohort / "readings"
    content = agree(run_command, cohort, readings=readings)
    assert (content["read"], content["reason"]) == (False, "not read yet")
    readings.mkdir()
    # KCH calls all but two adequate, YPW all but these and a third; both see through each decoy.
    for reader, no in (("KCH", {"H0001", "H0002"}), ("YPW", {"H0001", "H0002", "H0003"})):
        table = answers(key, reader, lambda case, kind, no=no: kind != "decoy" and case not in no)
        table.to_csv(readings / f"{reader}.csv", index=False)
    content = agree(run_command, cohort, readings=readings)
    assert content["read"]
    assert content["synthetic"]
    between = content["between"]
    assert (between["agreement"]["k"], between["agreement"]["n"]) == (19, 20)
    # Observed 0.95; by chance 0.9 * 0.85 + 0.1 * 0.15 = 0.78.
    assert between["kappa"]["estimate"] == pytest.approx((0.95 - 0.78) / (1 - 0.78))
    assert [case["case_id"] for case in content["disagreements"]] == ["H0003"]
    for one in content["by_reader"]:
        assert one["decoys"]["estimate"] == 1
        assert one["repeats"]["agreement"]["estimate"] == 1
        assert one["seconds"] == 2


def test_a_folder_that_cohorts_share(make_cohort: MakeCohort, run_command: RunCommand) -> None:
    cohorts = [make_cohort("test"), make_cohort("busan", seed=9, cases=12)]
    keys = [kit(run_command, c, "KCH", "YPW") / "private" / "key.csv" for c in cohorts]
    readings = cohorts[0].parent / "readings"
    readings.mkdir()
    for key, name in zip(keys, ("test", "busan"), strict=True):
        for reader in ("KCH", "YPW"):
            table = answers(key, reader, lambda case, kind: kind == "case")
            table.to_csv(readings / f"{name}-{reader}.csv", index=False)
    for cohort, other, n in zip(cohorts, reversed(keys), (20, 12), strict=True):
        content = agree(run_command, cohort, readings=readings, other_key=other)
        assert content["between"]["n"] == n
    said = run_command(
        "agree", cohorts[0], key=keys[0], out=cohorts[0] / "agreement.json", readings=readings
    )
    assert "file 1 of the readings by name, row 2, column deck: expected a deck of this kit" in said


def test_problems_are_told_without_values_and_noted_with_them_in_private(
    make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    key = kit(run_command, cohort, "KCH") / "private" / "key.csv"
    readings = cohort / "readings"
    readings.mkdir()
    table = answers(key, "KCH", lambda case, kind: True)
    table.loc[4, "adequate"] = "see Mrs Park"
    table.to_csv(readings / "KCH.csv", index=False)
    said = run_command("agree", cohort, key=key, out=cohort / "a.json", readings=readings)
    assert "file 1 of the readings by name, row 6, column adequate: expected yes or no" in said
    assert "Park" not in said
    assert "Park" in (key.parent / "problems.csv").read_text()
    assert not (cohort / "a.json").exists()


def test_simulated_readers_read_by_what_is_measured(
    make_cohort: MakeCohort, run_command: RunCommand
) -> None:
    cohort = make_cohort()
    key = kit(run_command, cohort, "simulated-1", "simulated-2") / "private" / "key.csv"
    files = []
    for reader in ("simulated-1", "simulated-2"):
        files.append(cohort / f"{reader}.csv")
        said = run_command(
            "simulate",
            cohort,
            reader=reader,
            key=key,
            maps=cohort / "maps.npz",
            masks=cohort / "masks.npz",
            size=32,
            border=0.1,
            error_rate=0,
            seed=1,
            out=files[-1],
        )
        assert said == ""
    content = agree(run_command, cohort, readings=cohort / "none", simulated=files)
    maps = read_arrays(cohort / "maps.npz")
    # Heat on the right half, which is bone, against half of the area.
    right = maps["map_last"][:, :, 2].sum(axis=1) > maps["map_last"][:, :, 0].sum(axis=1)
    assert content["by_reader"][0]["adequate"]["k"] == int(np.sum(right))
    assert content["between"]["agreement"]["estimate"] == 1
    assert all(reader["simulated"] for reader in content["by_reader"])
    assert content["by_reader"][0]["seconds"] is None
