import os

import pytest

from osteohip.errors import StudyError
from osteohip.site.folder import check_folder, content_digest


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "busan"
    (folder / "radiographs" / "2020").mkdir(parents=True)
    (folder / "radiographs" / "2020" / "1").write_bytes(b"film")
    (folder / "site.yaml").write_text("name: Busan\n")
    (folder / "dxa.csv").write_text("patient_id\n")
    return folder


def test_a_site_folder_passes(site):
    check_folder(site)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda site: site.rename(site.with_name("gone")), "there is no such folder"),
        (lambda site: (site / "site.yaml").unlink(), "holds no site.yaml"),
        (lambda site: (site / "radiographs" / "2020" / "1").unlink(), "there are none"),
    ],
)
def test_anything_else_is_refused(site, spoil, expected):
    spoil(site)
    with pytest.raises(StudyError, match=expected):
        check_folder(site)


def test_digest_follows_content_alone(site, tmp_path):
    cache = tmp_path / "private" / "content.json"
    first = content_digest(site, cache=cache)
    assert cache.parent.stat().st_mode & 0o777 == 0o700
    os.utime(site / "dxa.csv", (1, 1))
    assert content_digest(site, cache=cache) == first
    film = site / "radiographs" / "2020" / "1"
    film.rename(film.with_name("2"))
    renamed = content_digest(site, cache=cache)
    (site / "dxa.csv").write_text("patient_id\nx\n")
    (site / "notes.txt").write_text("not read by the study")
    edited = content_digest(site, cache=cache)
    assert len({first, renamed, edited}) == 3
    (site / "notes.txt").unlink()
    cache.unlink()
    assert content_digest(site, cache=cache) == edited
