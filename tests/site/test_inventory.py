from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import RLELossless

from osteohip.errors import InputError
from osteohip.files import write_csv
from osteohip.site.folder import list_files
from osteohip.site.inventory import (
    INVENTORY_COLUMNS,
    map_isolated,
    read_inventory,
    take_inventory,
)

MakeFilm = Callable[..., bytes]
MakeSite = Callable[..., Path]
ACCEPTED = ("CR", "DX")


def test_all_files_are_listed_hidden_nested_and_linked(tmp_path: Path) -> None:
    folder = tmp_path / "radiographs"
    (folder / "b" / "c").mkdir(parents=True)
    for name in ("z.dcm", ".DS_Store", "b/with space", "b/c/1", "empty"):
        (folder / name).write_bytes(b"")
    (folder / "link").symlink_to(folder / "z.dcm")
    (folder / "broken").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert list_files(folder) == [
        ".DS_Store",
        "b/c/1",
        "b/with space",
        "broken",
        "empty",
        "link",
        "loop",
        "z.dcm",
    ]


def test_nothing_that_lies_in_the_folder_stops_the_inventory(
    make_site: MakeSite, make_film: MakeFilm
) -> None:
    site = make_site(radiographs={"a.dcm": make_film(), "text": b"text", "zero": b""})
    folder = site / "radiographs"
    (folder / "broken").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9")).write_bytes(make_film())
    (folder / "a\rb.dcm").write_bytes(make_film())
    found = take_inventory(site, modalities=ACCEPTED)
    assert list(found.films["file"]) == ["a.dcm"]
    refused = dict(zip(found.refused["file"], found.refused["reason"], strict=True))
    assert refused == {
        "a\\rb.dcm": "unreadable_header",
        "broken": "unreadable_header",
        "caf\\xe9": "unreadable_header",
        "loop": "not_dicom",
        "pipe": "not_dicom",
        "text": "not_dicom",
        "zero": "not_dicom",
    }


def test_the_first_file_of_a_film_stays(make_site: MakeSite, make_film: MakeFilm) -> None:
    ramp = np.arange(48, dtype=np.uint16).reshape(6, 8)
    site = make_site(
        radiographs={
            "1": make_film(SOPInstanceUID="2.25.1"),
            "2": make_film(SOPInstanceUID="2.25.1"),
            "3": make_film(SOPInstanceUID="2.25.1", syntax=RLELossless),
            "4": make_film(ramp + 1, SOPInstanceUID="2.25.1"),
            "5": make_film(SOPInstanceUID="2.25.5"),
        }
    )
    found = take_inventory(site, modalities=ACCEPTED)
    assert list(found.films["file"]) == ["1", "5"]
    assert found.films["pixel_sha256"].nunique() == 1
    assert list(found.refused["reason"]) == ["duplicate_file"] * 3
    assert list(found.refused["detail"]) == [
        "same bytes as 1",
        "same SOP Instance UID as 1, same pixels",
        "same SOP Instance UID as 1, other pixels",
    ]


def test_modalities_are_those_configured(make_site: MakeSite, make_film: MakeFilm) -> None:
    site = make_site(radiographs={"rf": make_film(Modality="RF"), "dx": make_film()})
    assert list(take_inventory(site, modalities=["RF"]).films["file"]) == ["rf"]
    assert list(take_inventory(site, modalities=["DX"]).films["file"]) == ["dx"]


def test_tables_do_not_depend_on_jobs_and_survive_writing(
    make_site: MakeSite, make_film: MakeFilm, tmp_path: Path
) -> None:
    films = {f"{i % 3}/{i}.dcm": make_film(SOPInstanceUID=f"2.25.{i + 1}") for i in range(12)}
    site = make_site(radiographs=films | {"no": b"no"})
    one, two = (take_inventory(site, modalities=ACCEPTED, jobs=jobs) for jobs in (1, 2))
    assert one.films.equals(two.films)
    assert one.refused.equals(two.refused)
    assert tuple(one.films.columns) == INVENTORY_COLUMNS
    assert list(one.films["file"]) == sorted(films)
    write_csv(tmp_path / "inventory.csv", one.films)
    assert read_inventory(tmp_path / "inventory.csv").equals(one.films)


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_site_without_files_is_wrong_input(tmp_path: Path, how: str) -> None:
    if how == "empty":
        (tmp_path / "radiographs" / "empty").mkdir(parents=True)
    with pytest.raises(InputError, match="radiographs: expected a folder with DICOM files"):
        take_inventory(tmp_path, modalities=ACCEPTED)


def _die_on_three(item: int) -> int:
    if item == 3:
        os._exit(1)
    return item * item


def _minus_one(item: int) -> int:
    return -1


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_item_that_kills_its_process_costs_nothing_else(jobs: int) -> None:
    found = map_isolated(_die_on_three, list(range(9)), jobs=jobs, crashed=_minus_one, label="test")
    assert found == [0, 1, 4, -1, 16, 25, 36, 49, 64]


def test_nothing_of_a_film_is_printed(make_site: MakeSite, make_film: MakeFilm) -> None:
    """A library's warning quotes the value that it does not like, and stderr is a log."""
    secret = "KIM^SECRET"
    bad = make_film(PatientBirthDate="19400101", without=("PatientID",))
    bad = bad.replace(b"19400101", b"19.SECRET"[:8])
    site = make_site(radiographs={f"{secret}.dcm": bad, f"{secret}.txt": b"x"})
    code = (
        "import sys; from pathlib import Path; from osteohip.site.inventory import take_inventory;"
        "take_inventory(Path(sys.argv[1]), modalities=['DX'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(site)], capture_output=True, text=True, check=True
    )
    assert "SECRET" not in done.stdout + done.stderr
