from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from osteohip.cli import app
from osteohip.errors import StudyError
from osteohip.readers import crop_pages
from osteohip.readers.crop_pages import refuse_published
from osteohip.readers.kit import script_json

MakeFilm = Callable[..., bytes]
MakeSite = Callable[..., Path]

HEADER = "sop_instance_uid,side,x0,y0,x1,y1,status,reason,annotator\n"


def crops(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["site", "crops", *(str(word) for word in words)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def data(page: Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert found
    return json.loads(found[1])


def shown(pages: Path) -> list[tuple[str, str]]:
    return [
        (hip["uid"], hip["side"])
        for page in sorted(pages.glob("page-*.html"))
        for hip in data(page)["hips"]
    ]


@pytest.fixture
def pelvis_site(make_site: MakeSite, make_film: MakeFilm) -> Path:
    """A left hip with DXA, a pelvis without, a lateral film, and one that is no DICOM."""
    pelvis = {"ImageLaterality": "B", "BodyPartExamined": "PELVIS"}
    return make_site(
        radiographs={
            "a.dcm": make_film(),
            "b.dcm": make_film(SOPInstanceUID="2.25.2", **pelvis),
            "c.dcm": make_film(SOPInstanceUID="2.25.3", ViewPosition="LL"),
            "d.txt": b"no film",
        },
        dxa=(
            "patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
            "p1,2015-06-15,L,total_hip,0.6,-2.5,\n"
        ),
        crops=None,
    )


def test_pages_show_the_hips_that_the_selection_takes(pelvis_site: Path) -> None:
    code, said = crops(pelvis_site)
    pages = pelvis_site / "crops-pages"
    assert code == 0
    assert "1 hips to mark, 0 of them in crops.csv already" in said
    # Film a and the pelvis both fit the DXA; the lower UID counts.
    assert shown(pages) == [("2.25.1", "L")]
    assert stat.S_IMODE(pages.stat().st_mode) == 0o700
    # The list has every hip of an AP film, so that work on it is never called foreign.
    listed = pd.read_csv(pages / "hips.csv", dtype=str, keep_default_na=False)
    assert listed[["sop_instance_uid", "side", "film_side", "page"]].to_numpy().tolist() == [
        ["2.25.1", "L", "L", "1"],
        ["2.25.2", "R", "both", ""],
        ["2.25.2", "L", "both", ""],
    ]
    assert data(pages / "page-001.html")["export"] == "crops.csv"


def test_all_films_need_no_tables(pelvis_site: Path, tmp_path: Path) -> None:
    for name in ("patients", "dxa", "findings"):
        (pelvis_site / f"{name}.csv").unlink()
    assert crops(pelvis_site)[0] == 1
    out = tmp_path / "pages"
    code, _ = crops(pelvis_site, "--all-films", "--films-per-page", "1", "--out-dir", out)
    assert code == 0
    assert shown(out) == [("2.25.1", "L"), ("2.25.2", "R"), ("2.25.2", "L")]
    assert data(out / "page-002.html")["export"] == "crops-002.csv"
    assert f"--out-dir {out} --collect crops-001.csv" in (out / "index.html").read_text()
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    crops(pelvis_site, "--all-films", "--films-per-page", "1", "--out-dir", out, "--jobs", "2")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    # Fewer pages leave none of the earlier ones behind.
    crops(pelvis_site, "--all-films", "--out-dir", out)
    assert sorted(path.name for path in out.iterdir()) == [
        "hips.csv",
        "index.html",
        "page-001.html",
    ]


def test_a_page_of_large_films_holds_fewer(
    pelvis_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crop_pages, "PAGE_BYTES", 150)
    crops(pelvis_site, "--all-films")
    pages = pelvis_site / "crops-pages"
    assert len(list(pages.glob("page-*.html"))) == 2
    assert len(shown(pages)) == 3


def test_a_film_that_cannot_be_shown_says_why(make_site: MakeSite, make_film: MakeFilm) -> None:
    site = make_site(radiographs={"a.dcm": make_film(PresentationLUTShape="INVERSE")})
    crops(site)
    (hip,) = data(site / "crops-pages" / "page-001.html")["hips"]
    assert hip["problem"].startswith("expected a Presentation LUT Shape")
    assert hip["given"] == {"box": [1, 1, 7, 5], "reason": "", "annotator": "Ann"}


def test_what_a_browser_keeps_is_of_this_picture_and_row(
    make_site: MakeSite, make_film: MakeFilm
) -> None:
    site = make_site()
    page = site / "crops-pages" / "page-001.html"
    keys = []
    for row in (
        "2.25.1,L,1,1,7,5,cropped,,Ann\n",
        "2.25.1,L,1,1,7,6,cropped,,Ann\n",
        "2.25.1,L,1,1,7,5,cropped,,Ann\n",
    ):
        (site / "crops.csv").write_text(HEADER + row)
        crops(site)
        keys.append(data(page)["hips"][0]["key"])
    (site / "radiographs" / "a.dcm").write_bytes(make_film(Manufacturer="Other"))
    crops(site)
    keys.append(data(page)["hips"][0]["key"])
    assert keys[0] == keys[2] == keys[3] != keys[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--collect"], "belong together"),
        (["a.csv"], "belong together"),
        (["--replace"], "belongs to --collect"),
        (["--collect", "a.csv"], "expected the folder of the crop pages"),
        (["--out-dir", "results/sites/a"], "films of patients"),
    ],
)
def test_what_the_command_refuses(make_site: MakeSite, words: list[str], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        crops(make_site(), *words)


def test_no_hip_is_an_error(make_site: MakeSite) -> None:
    site = make_site(patients="patient_id,sex,birth_date\np1,F,1990-01-01\n")
    (site / "films.csv").write_text("sop_instance_uid,patient_id\n2.25.1,p1\n")
    with pytest.raises(StudyError, match="--all-films"):
        crops(site)


@pytest.mark.parametrize(
    ("out", "refused"),
    [
        ("results/sites/a/pages", True),
        ("reports/pages", True),
        ("results/sites/a/private/pages", False),
        ("results/synthetic/a/crops-pages", False),
        ("pages", False),
    ],
)
def test_pages_are_not_published(tmp_path: Path, out: str, refused: bool) -> None:
    site = tmp_path / "results" / "synthetic" / "a"
    if refused:
        with pytest.raises(StudyError, match="films of patients"):
            refuse_published(tmp_path / out, site)
    else:
        refuse_published(tmp_path / out, site)


def test_json_ends_no_script() -> None:
    value = {"text": "</script><!--\u2028"}
    text = script_json(value)
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == value


def collected(site: Path, *words: object, **exports: str) -> tuple[int, str]:
    paths = []
    for name, rows in exports.items():
        path = site.parent / f"{name}.csv"
        path.write_text(HEADER + rows, encoding="utf-8")
        paths.append(path)
    return crops(site, *paths, "--collect", *words)


def test_exports_of_several_pages_go_into_crops_csv(pelvis_site: Path) -> None:
    crops(pelvis_site, "--all-films", "--films-per-page", "1")
    code, said = collected(
        pelvis_site,
        one="2.25.1,L,1,1,7,5,cropped,,Ann\n",
        two="2.25.2,R,,,,,uncroppable,quality,Ann\n",
    )
    assert code == 0
    assert "2 rows added, 0 replaced, 0 unchanged; 1 hips of the pages have no row yet" in said
    assert "as it was" not in said
    code, said = collected(
        pelvis_site,
        one="2.25.1,L,1,1,7,5,cropped,,Ann\n",
        two="2.25.2,L,0,0,8,6,cropped,,Bo\n",
    )
    assert code == 0
    assert "1 rows added, 0 replaced, 1 unchanged; 0 hips" in said
    assert (pelvis_site / "crops.csv").read_text() == (
        HEADER + "2.25.1,L,1,1,7,5,cropped,,Ann\n2.25.2,R,,,,,uncroppable,quality,Ann\n"
        "2.25.2,L,0,0,8,6,cropped,,Bo\n"
    )


def test_wrong_exports_are_refused_by_file_and_row(pelvis_site: Path) -> None:
    given = HEADER + "2.25.1,L,1,1,7,5,cropped,,Ann\n"
    (pelvis_site / "crops.csv").write_text(given)
    crops(pelvis_site, "--all-films")
    code, said = collected(
        pelvis_site,
        one="2.25.1,L,1,1,7,6,cropped,,Bo\n2.25.9,R,0,0,4,4,cropped,,Bo\n2.25.2,R,0,0,4,9,cropped,,Bo\n",
        two="2.25.2,R,0,0,4,4,cropped,,Bo\n2.25.1,R,0,0,4,4,cropped,,Bo\n",
        three="2.25.2,L,0,0,4,4,cropped,,Bo\n2.25.2,L,0,0,4,4,cropped,,Bo\n",
    )
    assert code == 1
    for line in (
        "one.csv, row 2: expected what crops.csv, row 2 says of this hip; --replace takes",
        "one.csv, row 3: expected a hip of this site's films (found '2.25.9 R')",
        "one.csv, row 4, column y1: expected at most 6",
        "two.csv, row 2: expected a hip that no export before it has",
        "two.csv, row 3, column side: expected L, the side of the film",
        "three.csv, row 3: expected one row for each sop_instance_uid, side; row 2 has the same",
    ):
        assert line in said
    assert (pelvis_site / "crops.csv").read_text() == given
    code, said = collected(pelvis_site, site_twin="2.25.2,L,0,0,4,4,cropped,,Bo\n")
    twin = pelvis_site.parent / "site_twin.csv"
    code, said = crops(pelvis_site, "--collect", twin, twin, pelvis_site / "none.csv")
    assert code == 1
    assert "site_twin.csv, row 2: expected a hip that no export before it has" in said
    assert "none.csv: expected a file that a page exported" in said


def test_replaced_rows_are_kept_beside_the_pages(pelvis_site: Path) -> None:
    """Rows of hips that no export has stay, also of films that are not there (any more)."""
    given = HEADER + "2.25.8,R,1,1,9,9,cropped,,Ann\n2.25.1,L,1,1,7,5,cropped,,Ann\n"
    (pelvis_site / "crops.csv").write_text(given)
    crops(pelvis_site)
    assert data(pelvis_site / "crops-pages" / "page-001.html")["export"] == "crops-001.csv"
    code, said = collected(pelvis_site, "--replace", one="2.25.1,L,,,,,uncroppable,한글,Bo\n")
    assert code == 0
    assert "0 rows added, 1 replaced, 0 unchanged" in said
    (kept,) = (pelvis_site / "crops-pages").glob("crops-before-*.csv")
    assert str(kept) in said
    assert kept.read_text() == given
    assert (pelvis_site / "crops.csv").read_text(encoding="utf-8") == (
        HEADER + "2.25.8,R,1,1,9,9,cropped,,Ann\n2.25.1,L,,,,,uncroppable,한글,Bo\n"
    )


def test_crops_csv_keeps_the_sites_encoding_and_names(pelvis_site: Path) -> None:
    (pelvis_site / "site.yaml").write_text(
        "name: A\nencoding: cp949\ncolumns:\n  annotator: 판독자\n", encoding="utf-8"
    )
    crops(pelvis_site)
    code, _ = collected(pelvis_site, one="2.25.1,L,,,,,uncroppable,한글,김\n")
    assert code == 0
    text = (pelvis_site / "crops.csv").read_text(encoding="cp949")
    assert text == HEADER.replace("annotator", "판독자") + "2.25.1,L,,,,,uncroppable,한글,김\n"
    code, said = collected(pelvis_site, "--replace", one="2.25.1,L,,,,,uncroppable,\u0e01,A\n")
    assert code == 1
    assert "crops.csv: expected reasons and names that cp949 can write" in said
    assert (pelvis_site / "crops.csv").read_text(encoding="cp949") == text
