"""An empty site folder, with what belongs where written into it."""

import re

import pytest
import yaml

from osteohip.errors import StudyError
from osteohip.site.check import check_site
from osteohip.site.folder import check_folder
from osteohip.site.new import new_site
from osteohip.site.schema import CROPS, TABLES, read_site


def test_the_new_folder_says_what_belongs_where(tmp_path):
    folder = tmp_path / "sites" / "busan"
    written = new_site(folder)
    assert {path.name for path in written} == {path.name for path in folder.iterdir()}
    text = (folder / "site.yaml").read_text(encoding="utf-8")
    for table in TABLES:
        assert table.file in text
        assert all(f"  {column}: " in text for column in table.columns)
    assert (folder / "crops.csv").read_text() == ",".join(CROPS.columns) + "\n"


def test_its_remarks_are_yaml_when_they_are_used(tmp_path):
    folder = tmp_path / "busan"
    new_site(folder)
    path = folder / "site.yaml"
    head = path.read_text(encoding="utf-8").split("# Put the DICOM")[0]
    used = "\n".join(re.findall(r"^(?:# )?((?:  )?[\w가-힣]+: ?.*)$", head, re.MULTILINE))
    keys = yaml.safe_load(used)
    assert {"name", "institution", "date_format", "encoding", "columns", "values"} <= keys.keys()


def test_it_can_be_checked_at_once_and_is_not_ready(tmp_path):
    folder = tmp_path / "busan"
    new_site(folder)
    assert read_site(folder).name == "busan"
    with pytest.raises(StudyError) as caught:
        check_folder(folder)
    assert str(caught.value) == (
        f"{folder}: this site folder is not ready: patients.csv holds no row, dxa.csv holds no "
        "row, crops.csv holds no row, there are no films in radiographs/"
    )
    problems = check_site(folder, modalities=("CR", "DX")).problems
    assert {problem.file for problem in problems} == {
        "patients.csv",
        "dxa.csv",
        "crops.csv",
        "radiographs",
    }


@pytest.mark.parametrize("name", ["2021", "no", "null"])
def test_a_name_that_yaml_would_take_for_something_else_stays_a_name(name, tmp_path):
    new_site(tmp_path / name)
    assert read_site(tmp_path / name).name == name


@pytest.mark.parametrize("name", ["our hospital", "부산", "a.b", "busan!"])
def test_a_name_that_is_no_id_is_refused(name, tmp_path):
    with pytest.raises(StudyError, match="may hold only letters A to Z, digits, - and _"):
        new_site(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_nothing_is_overwritten(tmp_path):
    folder = tmp_path / "busan"
    folder.mkdir()
    (folder / "dxa.csv").write_text("mine")
    with pytest.raises(StudyError, match="there is something already"):
        new_site(folder)
    assert (folder / "dxa.csv").read_text() == "mine"
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StudyError, match="there is something already"):
        new_site(tmp_path / "file")


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "busan").mkdir()
    new_site(tmp_path / "busan")
