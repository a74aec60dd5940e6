"""Nothing that names a patient leaves a site's folder and `private/`, whatever happens."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import planted
import pydicom
import pytest
from planted import DIGITS, MARK, NAME, PUBLIC, Search, days_of, plant_site

pytestmark = pytest.mark.slow

# Where a hospital keeps its folders is configuration: commands show it, and nothing that is
# passed on does.
PARENT = "Wvyqhzkd"
SETTINGS = {"images": {"size": 32}, "training": {"epochs": 2}}
SITES = {"asan": ("development", "Site one"), "busan": ("external", "Site two")}


def public_files(study: Path) -> list[Path]:
    return [
        path
        for top in ("results", "reports", ".snakemake")
        for path in sorted((study / top).rglob("*"))
        if path.is_file() and "private" not in path.parts
    ]


@pytest.fixture(scope="module")
def study(small_study, tmp_path_factory, make_checkout, run_snakemake) -> SimpleNamespace:
    """Two hospitals full of marks, and a study of them that ran to its report."""
    hospitals = tmp_path_factory.mktemp("hospitals") / f"{PARENT} & sons"
    for number, (site, (made, name)) in enumerate(SITES.items(), 1):
        source = small_study / "results" / "synthetic" / made
        plant_site(source, hospitals / site, name=name, number=number)
    (hospitals / "statements.yaml").write_text("funding: None.\n")
    folder = make_checkout(tmp_path_factory.mktemp("planted") / "study", SETTINGS)
    arguments = (
        "--config",
        f"development={hospitals / 'asan'}",
        f"external=[{hospitals / 'busan'}]",
        f"statements={hospitals / 'statements.yaml'}",
    )

    # All that Snakemake can say of a job is searched, not only what it says by default.
    said = ("--printshellcmds", "--quiet", "host")

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return run_snakemake(folder, *more, *said, *arguments)

    days = frozenset().union(*(days_of(hospitals / site) for site in SITES))
    result = run()
    assert result.returncode == 0, result.stdout
    return SimpleNamespace(
        folder=folder,
        hospitals=hospitals,
        run=run,
        stdout=result.stdout,
        clean={},
        search=Search((MARK, DIGITS, NAME), days),
    )


def assert_clean(study: SimpleNamespace, said: str) -> None:
    # What was searched and found clean is not searched again until it changes.
    files = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in public_files(study.folder)}
    new = [path for path, stamp in files.items() if study.clean.get(path) != stamp]
    assert study.search.files(new, study.folder) == {}
    study.clean.update({path: files[path] for path in new})
    assert list(study.search.inside(said.encode())) == []


def test_no_result_names_a_patient(study):
    assert_clean(study, study.stdout)
    assert len(study.search.days) > 100


def test_the_search_finds_what_may_leave(study):
    found = Search((PUBLIC,)).files(public_files(study.folder), study.folder)
    assert {"results/sites/asan/cohort.csv", "reports/numbers.json"} <= found.keys()


def test_private_folders_open_for_their_owner_alone(study):
    folders = [path for path in study.folder.rglob("private") if path.is_dir()]
    assert len(folders) >= len(SITES)
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    found = study.search.files(
        [path for folder in folders for path in folder.iterdir()], study.folder
    )
    assert {Path(name).name for name in found} >= {
        "inventory.csv",
        "refused.csv",
        "linkage.csv",
        "exclusions.csv",
    }


def test_where_the_folders_lie_is_told_by_commands_alone(study):
    found = Search((PARENT,)).files(public_files(study.folder), study.folder)
    tops = {tuple(Path(name).parts[:2]) for name in found}
    assert tops <= {(".snakemake", "metadata"), (".snakemake", "log")}


def test_what_is_passed_on_names_nobody_and_no_place(study):
    result = study.run("--report", "reports/study.zip")
    assert result.returncode == 0, result.stdout
    passed_on = [path for path in (study.folder / "reports").rglob("*") if path.is_file()]
    assert study.folder / "reports" / "study.zip" in passed_on
    assert study.folder / "reports" / "ro-crate-metadata.json" in passed_on
    words = (MARK, DIGITS, NAME, PARENT, *study.folder.parts[-2:-1])
    search = Search(words, study.search.days)
    assert search.files(passed_on, study.folder) == {}


def test_readings_tell_coded_reasons_alone(study):
    """What a doctor typed as a reason, and what the file was called, stays at the site."""
    key = study.folder / "results" / "readers" / "primary" / "busan" / "private" / "key.csv"
    table = pd.read_csv(key, dtype=str)
    table = table[table["reader"] == table["reader"].iloc[0]]
    table = table.assign(adequate="no", reason=f"{MARK} {NAME}", seconds="2.5")
    folder = study.hospitals / "busan" / "readings"
    folder.mkdir()
    file = folder / f"{MARK} {NAME} {planted.DAY}.csv"
    columns = ["deck", "item", "reader", "adequate", "reason", "seconds"]
    table[columns].to_csv(file, index=False)
    target = "results/readers/primary/busan/agreement.json"
    result = study.run(target)
    assert result.returncode == 0, result.stdout
    assert "another reason" in (study.folder / target).read_text()
    assert_clean(study, result.stdout)
    table[columns].assign(adequate=MARK, seconds=NAME).to_csv(file, index=False)
    result = study.run(target)
    assert result.returncode != 0
    assert "file 1 of the readings by name, row 2, column adequate" in result.stdout
    assert_clean(study, result.stdout)
    shutil.rmtree(folder)


def osteohip(study: SimpleNamespace, *arguments: str | Path) -> str:
    result = subprocess.run(
        [Path(sys.executable).with_name("osteohip"), *map(str, arguments)],
        cwd=study.folder,
        env={**os.environ, "PYTHONPATH": str(study.folder / "workflow")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.stdout


def test_what_shows_values_writes_nothing_outside_the_site(study):
    site = study.hospitals / "asan"
    before = set(site.iterdir())
    osteohip(study, "site", "check", site)
    osteohip(study, "site", "crops", site)
    (pages,) = set(site.iterdir()) - before
    assert pages.stat().st_mode & 0o777 == 0o700
    assert study.search.files([pages / "index.html", pages / "hips.csv"], pages)
    shutil.rmtree(pages)
    assert_clean(study, "")


@contextmanager
def changed(path: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """Change a text file for the block."""
    before = path.read_bytes()
    path.write_text(edit(before.decode()), encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)


def dirty(text: str) -> str:
    """Every cell of the second and third row a mark; a double row; a row that is too short."""
    head, _, second, *others = text.splitlines()
    width = head.count(",") + 1
    return "\n".join(
        [
            head,
            ",".join([f"{MARK} {NAME}"] * width),
            ",".join([f"{DIGITS}"] * width),
            second,
            *others,
            second,
            f"{MARK},{NAME}",
            "",
        ]
    )


@pytest.mark.parametrize(
    ("file", "target"),
    [
        ("films.csv", "cohort.csv"),
        ("patients.csv", "cohort.csv"),
        ("dxa.csv", "cohort.csv"),
        ("findings.csv", "cohort.csv"),
        ("crops.csv", "crops.npz"),
    ],
)
def test_dirty_tables(study, file, target):
    with changed(study.hospitals / "busan" / file, dirty):
        result = study.run(f"results/sites/busan/{target}")
    assert result.returncode != 0
    assert "problems in the input" in result.stdout
    assert_clean(study, result.stdout)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + f"{MARK} key: {NAME}\n",
        lambda text: text + f"{MARK}: [{NAME}\n",
        lambda text: text.replace("%d.%m.%Y", f"%d {MARK}"),
        lambda text: text + f"encoding: {MARK}\n",
        lambda text: text + f"synthetic: {MARK}\n",
        lambda text: text.replace("values:", f"values:\n  {MARK} {NAME}: {MARK}"),
        lambda text: text.replace("values:", f"values:\n  {MARK} {NAME}: [{MARK}]"),
        lambda text: text.replace("columns:", f"columns:\n  {MARK}: {MARK}"),
        lambda text: text.replace("columns:", f"columns:\n  {MARK}: [{MARK}]"),
        lambda text: text.replace("columns:", f"columns:\n  t_score: {MARK}\n  side: {NAME}"),
        lambda text: text.replace(f"{MARK} nr", f"{MARK} {NAME} number"),
        lambda text: text.replace("institution:", f"institution:\n- [{MARK}]"),
    ],
)
def test_a_wrong_site_yaml(study, edit):
    with changed(study.hospitals / "busan" / "site.yaml", edit):
        result = study.run("results/sites/busan/cohort.csv")
    assert_clean(study, result.stdout)


def test_films_that_cannot_be_cropped(study):
    films = sorted((study.hospitals / "busan" / "radiographs").glob(f"{MARK} *"))[0]
    kept = {path: path.read_bytes() for path in films.iterdir()}
    tags = ("VOILUTFunction", "PresentationLUTShape", "RescaleSlope", "PixelPaddingValue")
    try:
        for number, path in enumerate(kept):
            film = pydicom.dcmread(path)
            with pydicom.config.disable_value_validation():
                film.add_new(tags[number % len(tags)], "LO", f"{MARK} {NAME}")
                film.save_as(path)
        result = study.run("results/sites/busan/crops.npz")
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert result.returncode != 0
    assert "private/inventory.csv, row" in result.stdout
    assert_clean(study, result.stdout)


CRASH = """

def {function}(*arguments, **named):
    import logging, sys, threading, warnings
    text = repr(arguments) + repr(named) + {planted!r}
    warnings.warn(text)
    logging.getLogger("pydicom").error(text)
    thread = threading.Thread(target=lambda: [][text])
    thread.start()
    thread.join()
    raise KeyError(text)
"""


@pytest.mark.parametrize(
    ("module", "function", "target"),
    [
        ("site/inventory.py", "look_at_file", "private/inventory.csv"),
        ("cohort/selection.py", "select_from_tables", "cohort.csv"),
        ("images/crop.py", "_run_task", "crops.npz"),
    ],
)
def test_a_crash_in_the_middle(study, module, function, target):
    crash = CRASH.format(function=function, planted=f"{MARK} {NAME} {DIGITS} {planted.DAY}")
    with changed(study.folder / "workflow" / "osteohip" / module, lambda text: text + crash):
        result = study.run(f"results/sites/busan/{target}")
    assert result.returncode != 0
    assert "osteohip: KeyError in osteohip/" in result.stdout
    assert_clean(study, result.stdout)


def test_after_all_that_the_study_is_as_it_was(study):
    result = study.run()
    assert result.returncode == 0, result.stdout
    assert_clean(study, result.stdout)
