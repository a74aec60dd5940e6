"""Write a synthetic site folder and, beside it, the truth about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from tqdm import tqdm

from osteohip.errors import StudyError
from osteohip.files import write_csv, write_json, write_text
from osteohip.site.schema import read_site
from osteohip.synthetic import dxa
from osteohip.synthetic.dicom_writer import (
    Box,
    Header,
    collimate,
    film_dataset,
    polarity,
    write_dicom,
)
from osteohip.synthetic.masks import FINENESS, NAME, encode_masks, write_masks
from osteohip.synthetic.population import (
    Film,
    Side,
    Subject,
    draw_population,
    draw_uid,
)
from osteohip.synthetic.recipes import RECIPES, Recipe
from osteohip.synthetic.rendering import Patient, Rendering, render
from osteohip.synthetic.scanners import draw_scanner
from osteohip.synthetic.truth import final_cohort, truth

CropRow = tuple[Any, ...]


@dataclass(frozen=True)
class Made:
    """What is known of a film once it is made.

    Parameters
    ----------
    crop_rows
        Its rows of ``crops.csv``.
    masks
        Picture of bone and cortex, as `encode_masks` gives it.
    """

    crop_rows: list[CropRow]
    masks: bytes


FILMS_PER_FOLDER = 100
CROP_COLUMNS = ("sop_instance_uid", "side", "x0", "y0", "x1", "y1", "status", "reason", "annotator")


@dataclass(frozen=True)
class FilmTask:
    """All that a worker needs to make one film.

    ``stream`` seeds the film's own random numbers, so that the number of workers does not matter.
    ``crop_sides`` are the sides of the film that someone is to crop.
    """

    folder: Path
    recipe: str
    subject: Subject
    film: Film
    stream: tuple[int, ...]
    crop_sides: tuple[Side, ...]


def truth_folder(site: Path) -> Path:
    """Return the folder beside ``site`` that holds the truth about it."""
    return site.with_name(f"{site.name}.truth")


def write_site(
    out: Path, *, recipe: Recipe, patients: int, seed: int, jobs: int = 1
) -> dict[str, Any]:
    """Make a synthetic site, whole or not at all, and return the content of ``truth.json``.

    Parameters
    ----------
    out
        Folder to make; an empty folder or a synthetic site there is replaced.
    recipe
        Kind of hospital.
    patients
        Records of the final cohort.
    seed
        Same arguments, same bytes.
    jobs
        Processes.

    Raises
    ------
    StudyError
        If ``out`` holds something else than a synthetic site.
    """
    out = out.absolute()
    check_replaceable(out)
    subjects = draw_population(recipe, patients, seed)
    cases = final_cohort(subjects)
    known = truth(recipe, cases, seed)
    with _built_beside(out) as (site, beside):
        write_text(site / "site.yaml", site_yaml(recipe))
        tasks = film_tasks(site / "radiographs", recipe, subjects, (seed, recipe.number, patients))
        films = list(make_films(tasks, jobs))
        write_csv(site / "crops.csv", crops_table(films))
        uids = [task.film.sop_instance_uid for task in tasks]
        write_masks(beside / NAME, zip(uids, (film.masks for film in films), strict=True))
        for name, table in tables(recipe, subjects).items():
            write_csv(site / name, table)
        write_csv(beside / "cases.csv", cases)
        write_json(beside / "truth.json", known)
    return known


def check_replaceable(out: Path) -> None:
    """Refuse to replace anything but an empty folder or a synthetic site.

    Raises
    ------
    StudyError
        Naming the folder.
    """
    beside = truth_folder(out)
    if beside.exists() and not (beside / "truth.json").is_file() and not _is_empty(beside):
        raise StudyError(f"{beside}: expected no such folder, or one with the truth about a site")
    if not out.exists() or _is_empty(out):
        return
    if not _is_synthetic(out):
        raise StudyError(
            f"{out}: expected no such folder, an empty one or a synthetic site; "
            "anything else is not replaced"
        )


def _is_synthetic(folder: Path) -> bool:
    try:
        return read_site(folder).synthetic
    except StudyError:
        return False


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


@contextmanager
def _built_beside(out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield two folders that become the site and its truth when the block succeeds."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    try:
        partial.mkdir()
        site, beside = partial / "site", partial / "truth"
        site.mkdir()
        beside.mkdir()
        yield site, beside
        for new, place in ((beside, truth_folder(out)), (site, out)):
            if place.exists():
                shutil.rmtree(place)
            new.replace(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def site_yaml(recipe: Recipe) -> str:
    """Return the text of ``site.yaml``."""
    content = {
        "name": recipe.title,
        "synthetic": True,
        "institution": [recipe.institution],
    }
    return yaml.safe_dump(content, sort_keys=False)


def tables(recipe: Recipe, subjects: Sequence[Subject]) -> dict[str, pd.DataFrame]:
    """Return the tables of the site but the crops, by file name."""
    return {
        "films.csv": films_table(subjects),
        "patients.csv": patients_table(subjects),
        "dxa.csv": dxa_table(subjects),
        "findings.csv": findings_table(subjects),
    }


def films_table(subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return view and side of the films whose headers leave them out."""
    rows = [
        (
            film.sop_instance_uid,
            subject.patient_id,
            film.projection,
            "both" if film.view == "pelvis" else film.side,
        )
        for subject in subjects
        for film in subject.films
        if film.tags == "listed"
    ]
    return pd.DataFrame(rows, columns=["sop_instance_uid", "patient_id", "view", "side"])


def patients_table(subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return sex and birth date of all patients."""
    rows = [(s.patient_id, s.sex, s.birth_date.isoformat()) for s in subjects]
    return pd.DataFrame(rows, columns=["patient_id", "sex", "birth_date"])


def dxa_table(subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return the measurements of all examinations, some with regions that the study leaves out."""
    regions = {**dxa.REGIONS, **dxa.OTHER_REGIONS}
    rows = [
        (
            subject.patient_id,
            exam.day.isoformat(),
            exam.side,
            name,
            dxa.density(score, regions[name]),
            dxa.printed(np.array([score])).item(),
            exam.institution,
            dxa.DEVICE,
            dxa.REFERENCE_POPULATION,
        )
        for subject in subjects
        for exam in subject.exams
        for name, score in exam.t_scores.items()
    ]
    columns = ["patient_id", "exam_date", "side", "region", "bmd_g_cm2", "t_score", "institution"]
    return pd.DataFrame(rows, columns=[*columns, "device", "reference_population"])


def findings_table(subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return all findings."""
    rows = [(s.patient_id, f.side, f.finding) for s in subjects for f in s.findings]
    return pd.DataFrame(rows, columns=["patient_id", "side", "finding"])


def crops_table(films: Sequence[Made]) -> pd.DataFrame:
    """Return where the hips lie on the films."""
    rows = [row for film in films for row in film.crop_rows]
    table = pd.DataFrame(rows, columns=list(CROP_COLUMNS))
    whole = dict.fromkeys(("x0", "y0", "x1", "y1"), "Int64")
    return table.astype(whole)


def film_tasks(
    folder: Path, recipe: Recipe, subjects: Sequence[Subject], stream: tuple[int, ...]
) -> list[FilmTask]:
    """Return one task a film, in the order of their numbers."""
    return [
        FilmTask(
            folder,
            recipe.name,
            subject,
            film,
            (*stream, film.number + 1),
            crop_sides(subject, film),
        )
        for subject in subjects
        for film in subject.films
    ]


def crop_sides(subject: Subject, film: Film) -> tuple[Side, ...]:
    """Return the sides that are cropped: those with DXA on a film known to be AP."""
    if film.projection != "AP" or film.tags == "missing":
        return ()
    examined = {exam.side for exam in subject.exams}
    shown = {"R", "L"} if film.view == "pelvis" else {film.side}
    return tuple(side for side in ("R", "L") if side in examined & shown)


def make_films(tasks: Sequence[FilmTask], jobs: int) -> Iterator[Made]:
    """Make the films in their order, in processes of their own if there are several jobs."""
    with tqdm(total=len(tasks), desc="films", unit="film", mininterval=1) as progress:
        if jobs == 1:
            for film in map(make_film, tasks):
                progress.update()
                yield film
            return
        # Spawned rather than forked, so that no thread of the parent is copied half-way.
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
        try:
            for film in pool.map(make_film, tasks, chunksize=4):
                progress.update()
                yield film
        finally:
            pool.shutdown(cancel_futures=True)


def make_film(task: FilmTask) -> Made:
    """Render and write one film."""
    subject, film = task.subject, task.film
    recipe = RECIPES[task.recipe]
    rng = np.random.default_rng(task.stream)
    scanner = draw_scanner(recipe.scanners, rng)
    exposure = scanner.draw_exposure(rng)
    syntax = scanner.draw_transfer_syntax(rng)
    rendering = render(
        Patient(
            bone_state=float(np.clip(film.state, -6.5, 3.0)),
            soft_tissue_cm=subject.soft_tissue_cm,
            size=subject.size,
            findings=frozenset(f.finding for f in subject.findings if f.side == film.side),
        ),
        exposure,
        view=film.view,
        side=film.side,
        poor_quality=film.poor_quality,
        rng=rng,
    )
    stored = rendering.stored
    bone, cortex = (mask[::FINENESS, ::FINENESS] for mask in (rendering.bone, rendering.cortex))
    # The renderer knows AP only: a lateral film, which nobody crops, is an AP one lying down.
    if film.projection == "lateral":
        stored = np.ascontiguousarray(np.rot90(stored))
        bone, cortex = np.rot90(bone), np.rot90(cortex)
    padded = film.projection == "AP" and rng.random() < scanner.collimated
    if padded:
        stored = collimate(stored, list(rendering.boxes.values()), rng)
        seen = stored[::FINENESS, ::FINENESS] > 0
        bone, cortex = bone & seen, cortex & seen
    header = _header(subject, film, exposure.kvp, exposure.pixel_spacing_mm, rng)
    marker: Side | None = None
    if scanner.overlay and film.tags == "complete" and film.projection == "AP":
        marker = "R" if film.view == "pelvis" else film.side
    ds = film_dataset(polarity(stored, scanner), header, scanner, padded=padded, marker=marker)
    write_dicom(task.folder / film_path(film.number), ds, syntax)
    return Made(_crop_rows(task, rendering, rng), encode_masks(bone, cortex))


def film_path(number: int) -> Path:
    """Return where a film lies under ``radiographs/``; every seventh has no suffix."""
    folder, place = divmod(number, FILMS_PER_FOLDER)
    suffix = "" if number % 7 == 6 else ".dcm"
    return Path(f"{folder:02d}") / f"{place:02d}{suffix}"


def _header(
    subject: Subject, film: Film, kvp: float, spacing: float, rng: np.random.Generator
) -> Header:
    tagged = film.tags == "complete"
    view = "AP" if film.projection == "AP" else {"R": "RL", "L": "LL"}[film.side]
    side = "B" if film.view == "pelvis" else film.side
    return Header(
        sop_instance_uid=film.sop_instance_uid,
        study_instance_uid=draw_uid(rng),
        series_instance_uid=draw_uid(rng),
        patient_id=subject.patient_id,
        patient_name=subject.name,
        sex=subject.sex,
        birth_date=subject.birth_date,
        day=film.day,
        second_of_day=int(rng.integers(8 * 3600, 18 * 3600)),
        accession=f"{film.number:08d}",
        institution=film.institution,
        body_part=film.view,
        projection=film.projection,
        view=view if tagged else None,
        side=side if tagged else None,
        kvp=kvp,
        tube_current_ma=int(rng.integers(207, 501)),
        exposure_time_ms=int(rng.integers(40, 200)),
        pixel_spacing_mm=spacing,
    )


def _crop_rows(task: FilmTask, rendering: Rendering, rng: np.random.Generator) -> list[CropRow]:
    uid = task.film.sop_instance_uid
    annotator = f"A{int(rng.integers(1, 3))}"
    rows: list[CropRow] = []
    for side in task.crop_sides:
        if task.film.poor_quality:
            rows.append((uid, side, *[pd.NA] * 4, "uncroppable", "quality", annotator))
        else:
            box: Box = rendering.boxes[side]
            rows.append((uid, side, *box, "cropped", "", annotator))
    return rows
