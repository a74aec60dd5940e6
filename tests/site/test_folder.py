import os
from pathlib import Path

import pytest

from osteohip.errors import InputError, StudyError
from osteohip.site.folder import (
    check_folder,
    check_folders,
    content_digests,
    list_files,
    reading_files,
    readings_digest,
)


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "busan"
    (folder / "radiographs" / "2020").mkdir(parents=True)
    (folder / "radiographs" / "2020" / "1").write_bytes(b"film")
    (folder / "site.yaml").write_text("name: Busan\n")
    for table in ("patients", "dxa", "crops"):
        (folder / f"{table}.csv").write_text("patient_id\np1\n")
    (folder / "findings.csv").write_text("patient_id,side,finding\n")
    return folder


def test_a_site_folder_passes(site):
    assert check_folder(site).name == "Busan"


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda site: site.rename(site.with_name("gone")), "there is no such folder"),
        (lambda site: (site / "site.yaml").unlink(), "holds no site.yaml"),
        (
            lambda site: (site / "radiographs" / "2020" / "1").unlink(),
            r"not ready: there are no films in radiographs/$",
        ),
        (lambda site: (site / "dxa.csv").unlink(), r"not ready: dxa.csv is missing$"),
        (
            lambda site: (site / "dxa.csv").write_bytes(
                "patient_id\r\n\r\n ;;\r\n".encode("utf-16")
            ),
            r"not ready: dxa.csv holds no row$",
        ),
        (lambda site: (site / "patients.csv").write_text(""), "patients.csv holds no row"),
        (lambda site: (site / "site.yaml").write_text("nam: x\n"), r"busan: 2 problems in the"),
    ],
)
def test_anything_else_is_refused(site, spoil, expected):
    spoil(site)
    with pytest.raises(StudyError, match=expected):
        check_folder(site)


def test_what_is_wrong_with_several_sites_comes_at_once(site, tmp_path):
    (site / "crops.csv").unlink()
    with pytest.raises(StudyError) as caught:
        check_folders([site, tmp_path / "gone"])
    assert len(str(caught.value).splitlines()) == 2
    (site / "crops.csv").write_text("side\nL\n")
    assert [found.name for found in check_folders([site])] == ["Busan"]


def test_digests_follow_the_content_that_each_stage_reads(site, tmp_path):
    cache = tmp_path / "private" / "content.json"
    first = content_digests(site, cache=cache)
    assert cache.parent.stat().st_mode & 0o777 == 0o700
    assert content_digests(site) == first
    os.utime(site / "dxa.csv", (1, 1))
    (site / "notes.txt").write_text("not read by the study")
    assert content_digests(site, cache=cache) == first

    def changed() -> set[str]:
        digests = content_digests(site, cache=cache)
        return {stage for stage in digests if digests[stage] != first[stage]}

    (site / "dxa.csv").write_text("patient_id\np2\n")
    assert changed() == {"select"}
    (site / "crops.csv").write_text("side\nL\n")
    assert changed() == {"select", "crop"}
    (site / "radiographs" / "2020" / "1").rename(site / "radiographs" / "2020" / "2")
    assert changed() == {"select", "crop", "inventory"}


def test_names_that_are_no_utf8_and_files_that_cannot_be_read_do_not_stop(site):
    first = content_digests(site)
    Path(os.fsdecode(os.fsencode(site / "radiographs") + b"/\xc8\xab.dcm")).write_bytes(b"film")
    assert content_digests(site)["inventory"] != first["inventory"]


def test_a_file_that_could_not_be_read_once_is_read_again(site, tmp_path, monkeypatch):
    cache = tmp_path / "private" / "content.json"
    first = content_digests(site, cache=cache)
    film = site / "radiographs" / "2020" / "1"
    film.write_bytes(b"another")
    with monkeypatch.context() as closed:
        closed.setattr("osteohip.site.folder.hashlib.file_digest", refuse)
        shut = content_digests(site, cache=cache)
    assert content_digests(site, cache=cache) == content_digests(site)
    assert len({first["inventory"], shut["inventory"], content_digests(site)["inventory"]}) == 3


def refuse(*_: object) -> None:
    raise PermissionError


def test_a_folder_that_cannot_be_read_is_no_empty_one(site, monkeypatch):
    def walk(top, onerror):
        onerror(PermissionError(13, "Permission denied", f"{top}/2020"))
        return iter([(str(top), [], ["b"])])

    monkeypatch.setattr("osteohip.site.folder.os.walk", walk)
    with pytest.raises(InputError, match="expected folders that can be opened") as caught:
        list_files(site / "radiographs")
    assert "2020" not in str(caught.value)
    assert "2020" in caught.value.report(private=True)
    with pytest.raises(StudyError, match="busan: 1 problem in the input"):
        check_folder(site)


def test_digests_follow_links_that_lead_nowhere(site):
    first = content_digests(site)["inventory"]
    link = site / "radiographs" / "link"
    link.symlink_to("nowhere")
    second = content_digests(site)["inventory"]
    link.unlink()
    link.symlink_to("elsewhere")
    assert len({first, second, content_digests(site)["inventory"]}) == 3


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_damaged_cache_remembers_nothing(site, tmp_path, content):
    cache = tmp_path / "content.json"
    cache.write_text(content)
    assert content_digests(site, cache=cache) == content_digests(site)


def test_readings_are_the_csv_files_of_their_folder(tmp_path):
    folder = tmp_path / "readings"
    nothing = readings_digest(folder)
    assert reading_files(folder) == []
    folder.mkdir()
    for name in (".hidden.csv", "~$a.csv", "notes.txt"):
        (folder / name).write_text("x")
    (folder / "older.csv").mkdir()
    assert reading_files(folder) == []
    assert readings_digest(folder) == nothing
    (folder / "b.CSV").write_text("x")
    (folder / "a.csv").write_text("x")
    assert [path.name for path in reading_files(folder)] == ["a.csv", "b.CSV"]
    first = readings_digest(folder)
    assert first != nothing
    os.utime(folder / "a.csv")
    assert readings_digest(folder) == first
    (folder / "a.csv").write_text("y")
    assert readings_digest(folder) != first
