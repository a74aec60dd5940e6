from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from osteohip.errors import InputError, StudyError
from osteohip.site.command import app, inventory

MakeFilm = Callable[..., bytes]
MakeSite = Callable[..., Path]


def test_inventory_needs_only_site_yaml_and_radiographs(
    make_site: MakeSite, tmp_path: Path
) -> None:
    site = make_site(patients=None, dxa=None, findings=None, crops=None)
    (site / "radiographs" / "notes.txt").write_text("no film")
    out = tmp_path / "private"
    inventory(site=site, out_dir=out, settings='{"modalities":["DX"]}', jobs=1)
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert list(pd.read_csv(out / "inventory.csv")["file"]) == ["a.dcm"]
    assert list(pd.read_csv(out / "refused.csv")["reason"]) == ["not_dicom"]
    before = (out / "inventory.csv").read_bytes()
    inventory(site=site, out_dir=out)
    assert (out / "inventory.csv").read_bytes() == before


def test_inventory_of_a_wrong_site(make_site: MakeSite, tmp_path: Path) -> None:
    site = make_site(site_yaml="nmae: SECRET\n")
    out = tmp_path / "private"
    with pytest.raises(InputError) as caught:
        inventory(site=site, out_dir=out)
    assert "SECRET" not in str(caught.value)
    assert "SECRET" in (out / "problems.csv").read_text()
    (site / "site.yaml").write_text("name: A\n")
    inventory(site=site, out_dir=out)
    assert not (out / "problems.csv").exists()
    with pytest.raises(StudyError, match="modalities"):
        inventory(site=site, out_dir=out, settings='{"modalities":["XA"]}')


@pytest.fixture
def check() -> Callable[[Path], tuple[int, str]]:
    def run(site: Path) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["check", str(site)])
        return done.exit_code, done.stdout

    return run


def test_check_of_a_good_site(
    make_site: MakeSite, check: Callable[[Path], tuple[int, str]]
) -> None:
    code, screen = check(make_site())
    assert code == 0
    assert "films: 1\nrefused: none\n" in screen
    assert "synthetic: no\n" in screen
    assert screen.endswith("No problem was found.\n")


def test_check_shows_every_problem_of_every_file_with_its_value(
    make_site: MakeSite, check: Callable[[Path], tuple[int, str]]
) -> None:
    site = make_site(
        patients="patient_id,sex,birth_date\np1,X,1940-01-01\n",
        dxa="patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
        'p2,2015-06-15,L,total_hip,0.7,"-2,5",\n',
        findings="patient_id,side,finding\np1,L,gout\n",
        films="sop_instance_uid,side\n2.25.1,Z\n",
        crops="sop_instance_uid,side,x0,y0,x1,y1,status,reason\n2.25.1,L,1,1,9,5,cropped,\n",
    )
    code, screen = check(site)
    assert code == 1
    for line in (
        "6 problems in the input:",
        "films.csv, row 2, column side: expected one of R, L, both",
        "(found 'Z')",
        "patients.csv, row 2, column sex: expected one of F, M",
        "dxa.csv, row 2, column t_score",
        "(found '-2,5')",
        "dxa.csv, row 2, column patient_id: expected a patient of patients.csv (found 'p2')",
        "findings.csv, row 2, column finding",
        "crops.csv, row 2, column x1: expected at most 8, the film's columns",
    ):
        assert line in screen


def test_help_names_the_commands() -> None:
    commands = typer.Typer()
    commands.add_typer(app, name="site")
    commands.command()(inventory)
    assert "check" in CliRunner().invoke(commands, ["site", "--help"]).stdout


def test_check_shows_what_is_no_mistake_but_should_be_looked_at(
    make_site: MakeSite, make_film: MakeFilm, check: Callable[[Path], tuple[int, str]]
) -> None:
    site = make_site(
        radiographs={"a.dcm": make_film(InstitutionName="OWN  Hospital")},
        dxa="patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
        "p1,2015-06-15,L,total_hip,0.7,-2,Own Hospital\n"
        "p1,2015-06-15,L,femoral_nek,0.7,-2,Elsewhere\n"
        "p1,2015-06-15,R,femoral_nek,0.7,-2,\n",
    )
    code, screen = check(site)
    assert code == 0
    assert "dxa.csv: region 'femoral_nek' is none of ours, 2 rows left out" in screen
    assert "no `institution`, though films and DXA name 2: 'Elsewhere', 'OWN Hospital'" in screen
    (site / "site.yaml").write_text("name: A\ninstitution: Own Hospital\n")
    assert "no `institution`" not in check(site)[1]


def test_check_tells_of_tables_and_tags_also_where_others_are_wrong(
    make_site: MakeSite, make_film: MakeFilm, check: Callable[[Path], tuple[int, str]]
) -> None:
    code, screen = check(make_site(radiographs={}, dxa=None))
    assert code == 1
    assert "radiographs: expected a folder with DICOM files; it is empty" in screen
    assert "dxa.csv: expected this file" in screen


def test_check_tells_of_tags_of_another_person(
    make_site: MakeSite, make_film: MakeFilm, check: Callable[[Path], tuple[int, str]]
) -> None:
    radiographs = {"a.dcm": make_film(PatientSex="M", PatientBirthDate="19900101")}
    site = make_site(radiographs=radiographs)
    code, screen = check(site)
    assert code == 1
    assert "private/inventory.csv, row 2, column sex" in screen
    assert "(found 'a.dcm: 1990-01-01, not 1940-01-01')" in screen
    (site / "films.csv").write_text("sop_instance_uid,patient_id\n2.25.1,p1\n")
    assert check(site)[0] == 0


def test_check_of_readings(make_site: MakeSite, check: Callable[[Path], tuple[int, str]]) -> None:
    site = make_site()
    folder = site / "readings"
    folder.mkdir()
    rows = "".join(f"d1,{item},KCH,yes,,1.5\n" for item in (1, 2, 3))
    (folder / "KCH.csv").write_text(f"deck,item,reader,adequate,reason,seconds\n{rows}")
    (folder / "~$KCH.csv").write_text("what a spreadsheet hides")
    code, screen = check(site)
    assert code == 0
    assert "readings of KCH, deck d1: 3" in screen
    (folder / "YPW.csv").write_text(
        "deck;item;reader;adequate;reason;seconds\nd2;1;YPW;yes;;1\n", encoding="utf-8-sig"
    )
    (folder / "other.csv").write_text(
        "deck,item,reader,adequate,reason,seconds\n,0,,maybe,,long\nd3,1,A,yes\n"
    )
    code, screen = check(site)
    assert code == 1
    for line in (
        "readings/YPW.csv, row 1: expected commas between the columns, not semicolons",
        "readings/other.csv, row 2, column deck: expected the name of a deck",
        "readings/other.csv, row 2, column item: expected the number of an item, from 1 (found",
        "readings/other.csv, row 2, column reader: expected the name of a reader",
        "readings/other.csv, row 2, column adequate: expected yes or no (found 'maybe')",
        "readings/other.csv, row 2, column seconds: expected a number of seconds (found 'long')",
        "readings/other.csv, row 3: expected 6 cells",
    ):
        assert line in screen
