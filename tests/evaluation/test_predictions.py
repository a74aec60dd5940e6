"""Reading predictions: every problem at once, by row and column, without the value."""

from pathlib import Path

import pytest

from osteohip.errors import InputError, StudyError
from osteohip.evaluation.predictions import read_predictions


def problems(tmp_path: Path, content: bytes) -> list[str]:
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_predictions(path)
    return [problem.sentence() for problem in caught.value.problems]


def test_good_file_with_other_columns_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes("\ufeffscore,case_id,age,label\r\n0.25,b,70,0\r\n1e-3,a,71,1\r\n".encode())
    found = read_predictions(path)
    assert found.case_ids == ("b", "a")
    assert found.labels.tolist() == [0, 1]
    assert found.scores.tolist() == [0.25, 0.001]


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    content = b"case_id,label,score\na,1,0.5\na,yes,nan\n,0,inf\nb,2,0.1,9\nc,0.5,\n"
    assert problems(tmp_path, content) == [
        "p.csv, row 3, column case_id: expected each case once; this one stands in row 2 too",
        "p.csv, row 3, column label: expected 1 (osteoporosis) or 0 (none)",
        "p.csv, row 3, column score: expected a finite number",
        "p.csv, row 4, column case_id: expected a case_id",
        "p.csv, row 4, column score: expected a finite number",
        "p.csv, row 5: expected 3 cells",
        "p.csv, row 6, column label: expected 1 (osteoporosis) or 0 (none)",
        "p.csv, row 6, column score: expected a finite number",
    ]


def test_patients_are_read_where_they_are_given(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("case_id,label,score,patient_key\na,1,0.5,x\nb,0,0.4,y\nc,0,0.4,x\n")
    found = read_predictions(path)
    assert found.patients == ("x", "y", "x")
    assert found.patient_numbers is not None
    assert found.patient_numbers.tolist() == [0, 1, 0]
    path.write_text("case_id,label,score,patient_key\na,1,0.5,x\nb,0,0.4,y\n")
    assert read_predictions(path).patient_numbers is None
    path.write_text("case_id,label,score\na,1,0.5\n")
    assert read_predictions(path).patients is None
    assert problems(tmp_path, b"case_id,label,score,patient_key\na,1,0.5,\n") == [
        "p.csv, row 2, column patient_key: expected a patient_key"
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b"case_id,score\na,1\n",
            ["p.csv, row 1, column label: expected one column called 'label'"],
        ),
        (b"case_id,label,score\n", ["p.csv: expected at least one case"]),
        (b"case_id,label,score\n\xff\xfe,1,1\n", ["p.csv: expected a CSV table in UTF-8"]),
    ],
)
def test_files_that_are_no_predictions(tmp_path: Path, content: bytes, expected: list[str]) -> None:
    assert problems(tmp_path, content) == expected


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b"  \n"])
def test_an_empty_file_is_called_so(tmp_path: Path, content: bytes) -> None:
    assert problems(tmp_path, content) == [
        "p.csv: expected a header with case_id, label, score, and rows below it; the file is empty"
    ]


@pytest.mark.parametrize(("mark", "called"), [(b";", "semicolons"), (b"\t", "tabs")])
def test_other_marks_than_commas_are_named(tmp_path: Path, mark: bytes, called: str) -> None:
    content = b"\ncase_id,label,score\na,1,0.5\n".replace(b",", mark)
    expected = [f"p.csv, row 2: expected commas between the columns, not {called}"]
    assert problems(tmp_path, content) == expected
    # In a table with commas they are part of a name.
    other = b"case_id,label,score,a" + mark + b"b\nx,1,0.5,\n"
    (tmp_path / "p.csv").write_bytes(other)
    assert read_predictions(tmp_path / "p.csv").case_ids == ("x",)


def test_a_missing_file_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no file"):
        read_predictions(tmp_path / "none.csv")
