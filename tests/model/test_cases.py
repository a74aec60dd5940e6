from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from osteohip.errors import StudyError
from osteohip.files import read_arrays, write_arrays, write_csv, write_json, write_text
from osteohip.model.cases import read_cases, read_cohort, read_part_ids, read_synthetic


def test_cases_come_sorted_with_their_labels(tmp_path):
    pixels = np.arange(3 * 4.0).reshape(3, 2, 2)
    ids = np.array(["c", "a", "b"])
    write_arrays(tmp_path / "crops.npz", case_id=ids, pixels=pixels, valid=pixels > 0)
    cohort = pd.DataFrame({"case_id": ["a", "b", "c", "d"], "label": [1, 0, 1, 0]})
    cases = read_cases(crops=tmp_path / "crops.npz", cohort=cohort)
    assert cases.case_ids.tolist() == ["a", "b", "c"]
    assert cases.labels.tolist() == [1, 0, 1]
    assert cases.pixels[:, 0, 0].tolist() == [4, 8, 0]
    assert cases.valid[:, 0, 0].tolist() == [True, True, False]
    assert cases.only(np.array(["c", "a"])).case_ids.tolist() == ["a", "c"]
    with pytest.raises(StudyError, match="1 cases of the split have no crop"):
        cases.only(np.array(["a", "d"]))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"pixels": np.zeros((64, 32, 16))}, "of one shape"),
        ({"valid": np.ones((63, 32, 32), dtype=bool)}, "of one shape"),
        ({"case_id": np.array([f"other{i}" for i in range(64)])}, "64 cases are not in the cohort"),
        ({"pixels": np.full((64, 32, 32), np.inf)}, "finite pixels"),
    ],
)
def test_wrong_crops_are_refused(site, tmp_path, changed, message):
    write_arrays(tmp_path / "crops.npz", **{**read_arrays(site / "crops.npz"), **changed})
    with pytest.raises(StudyError, match=message):
        read_cases(crops=tmp_path / "crops.npz", cohort=read_cohort(site / "cohort.csv"))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_what_is_no_archive_is_refused(site, tmp_path, content):
    (tmp_path / "crops.npz").write_bytes(content)
    with pytest.raises(StudyError, match="expected the arrays case_id, pixels and valid"):
        read_cases(crops=tmp_path / "crops.npz", cohort=read_cohort(site / "cohort.csv"))


def test_split_needs_the_parts_that_are_asked_for(tmp_path):
    path = tmp_path / "split.csv"
    write_csv(path, pd.DataFrame({"case_id": ["b", "a"], "part": ["test", "test"]}))
    assert read_part_ids(path, needed=("test",))["test"].tolist() == ["a", "b"]
    with pytest.raises(StudyError, match="training and validation"):
        read_part_ids(path)


def test_table_without_its_columns_is_refused(tmp_path):
    write_text(tmp_path / "cohort.csv", "case,label\na,1\n")
    with pytest.raises(StudyError, match="expected the columns case_id, label"):
        read_cohort(tmp_path / "cohort.csv")


@pytest.mark.parametrize("content", [{}, [], {"synthetic": "yes"}])
def test_a_site_must_say_whether_it_is_synthetic(tmp_path: Path, content):
    write_json(tmp_path / "site.json", content)
    with pytest.raises(StudyError, match="expected `synthetic` to be true or false"):
        read_synthetic(tmp_path / "site.json")
