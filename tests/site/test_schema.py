from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from osteohip.errors import InputError, StudyError
from osteohip.site.schema import read_site, site_id


def write(folder: Path, text: str | bytes) -> Path:
    site = folder / "busan-1"
    site.mkdir()
    (site / "site.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return site


def test_a_name_is_enough(tmp_path: Path) -> None:
    site = read_site(write(tmp_path, "name: Busan\n"))
    assert (site.name, site.synthetic, site.encoding, site.institution) == (
        "Busan",
        False,
        "utf-8",
        [],
    )


def test_a_name_in_hangul_comes_on_one_line_and_in_one_form(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "부산대학교병원")
    assert read_site(write(tmp_path, f"name: |\n  {name}\n  (A)\n")).name == "부산대학교병원 (A)"


def test_all_keys(tmp_path: Path) -> None:
    site = read_site(
        write(
            tmp_path,
            "\ufeffname: B\nsynthetic: true\ncolumns: {side: lado}\nvalues: {1: R, Lt : L, v: PA}\n"
            "date_format: '%d/%m/%Y'\nencoding: cp949\ninstitution: Own\n",
        )
    )
    assert site.synthetic
    assert site.columns == {"side": "lado"}
    assert site.values == {"1": "R", "Lt": "L", "v": "PA"}
    assert site.institution == ["Own"]


@pytest.mark.parametrize(
    ("text", "columns", "word"),
    [
        ("", [None], "keys and values"),
        ("- name\n", [None], "keys and values"),
        ("name: [\n", [None], "row 2: expected YAML: `key: word`"),
        ("name: A: B\n", [None], "row 1: expected YAML: `key: word`"),
        (
            "name: A\ninstitution: [B\nvalues: {}\n",
            [None],
            "row 3: expected the bracket opened in row 2",
        ),
        ("name: 'A\n", [None], "the quote opened in row 1 to be closed"),
        (b"name: caf\xe9\n", [None], "text in UTF-8"),
        ("synthetic: true\n", ["name"], "this key"),
        ("name: A\nsynthetic: maybe\n", ["synthetic"], "true or false"),
        ("name: A\ndate_fromat: x\n", [None], "no keys but name, synthetic"),
        ("name: A\nencoding: klingon\n", ["encoding"], "expected the name of a text encoding"),
        ("name: A\nencoding: undefined\n", ["encoding"], "expected the name of a text encoding"),
        ("name: A\nencoding: rot13\n", ["encoding"], "expected the name of a text encoding"),
        ("name: A\ndate_format: '%Y'\n", ["date_format"], "a format such as"),
        ("name: A\ndate_format: 'YYYY'\n", ["date_format"], "a format such as"),
        ("name: A\ncolumns: {sied: x}\n", ["columns"], "our column names on the left"),
        ("name: A\nvalues: {Neck: femoral_nek}\n", ["values"], "our words on the right: F, L"),
        ("name: A\nvalues: {x: [F]}\n", ["values"], "expected text"),
        ("name: A\nvalues: x\n", ["values"], "a word for each word"),
        ("name: A\ninstitution: {a: b}\n", ["institution"], "a list"),
        ("name: ' '\n", ["name"], "text that is not empty"),
        ("name:\n", ["name"], "key name: expected text"),
        ("name: 'กรุง'\n", ["name"], "not U+0E01 THAI CHARACTER KO KAI"),
        ("name: שלום\nsynthetic: 3\n", ["name", "synthetic"], "U+05E9 HEBREW LETTER SHIN"),
        (
            "name: A\nsynthetic: 3\nencoding: 5\n",
            ["synthetic", "encoding"],
            "key encoding: expected text",
        ),
    ],
)
def test_wrong_site_yaml(
    tmp_path: Path, text: str | bytes, columns: list[str | None], word: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_site(write(tmp_path, text))
    assert [p.column for p in caught.value.problems] == columns
    assert {p.file for p in caught.value.problems} == {"site.yaml"}
    assert word in str(caught.value)


def test_missing_site_yaml_and_bad_folder_name(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="nowhere: expected a site folder, but there is no such"):
        read_site(tmp_path / "nowhere")
    for name in ("empty", "two words"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="this file in the site folder"):
        read_site(tmp_path / "empty")
    with pytest.raises(InputError, match="only letters A to Z, digits"):
        read_site(tmp_path / "two words")


def test_site_id_is_the_folder_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = write(tmp_path, "name: A\n")
    monkeypatch.chdir(site)
    assert site_id(Path()) == site_id(site) == "busan-1"
