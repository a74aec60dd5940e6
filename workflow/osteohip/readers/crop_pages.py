"""The pages on which a doctor marks the crops of a site: each film at full resolution."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from osteohip.errors import StudyError
from osteohip.files import private_folder, write_csv, write_text
from osteohip.images.pictures import film_picture
from osteohip.readers.hips import Hip
from osteohip.readers.kit import render_page
from osteohip.site.film import RefusedError
from osteohip.site.folder import RADIOGRAPHS
from osteohip.site.inventory import map_isolated
from osteohip.site.public import CROP_REASONS
from osteohip.site.schema import CROPS, Site

# A browser opens a page of this size at once; films of one page are kept in it as text.
PAGE_BYTES = 64_000_000
HIPS_FILE = "hips.csv"
HIPS_COLUMNS = ("sop_instance_uid", "side", "film_side", "rows", "columns", "page")
PAGES_FOLDER = "crops-pages"
# The words that may leave the private folder, and what they mean here.
REASONS = dict(
    zip(
        CROP_REASONS,
        (
            "the film is too poor to tell the borders",
            "rotated or tilted, so that a border cannot be told",
            "a border lies outside the film",
            "something lies over the hip",
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Picture:
    """A film on a page: its PNG in base64, or why there is none; and its hips."""

    png: str
    problem: str
    hips: tuple[Hip, ...]


@dataclass(frozen=True)
class Page:
    """One page as the index lists it; ``given`` counts the hips that crops.csv has already."""

    number: int
    file: str
    export: str
    films: int
    hips: int
    given: int


def write_pages(
    hips: Sequence[Hip], *, folder: Path, site: Site, out: Path, films_per_page: int, jobs: int = 1
) -> list[Page]:
    """Write the pages, their index, and the list of their hips into a private folder.

    Pages of an earlier call are replaced; what a browser keeps is kept for each hip and stays,
    as long as its film and its row of ``crops.csv`` are the same.

    Parameters
    ----------
    hips
        The site's hips; those of one film follow one another. Those wanted come on pages.
    folder, site
        Site folder and its ``site.yaml``.
    out
        Folder for the pages; it becomes one that its owner alone can open.
    films_per_page
        At most so many films on a page; there are fewer where they are large.
    jobs
        Processes that read films.

    Raises
    ------
    StudyError
        Where there is no hip to mark, or ``out`` may be published.
    """
    wanted = [hip for hip in hips if hip.wanted]
    if not wanted:
        raise StudyError(
            "there is no hip to mark: the selection takes none; --all-films takes every AP film "
            "of hip or pelvis whose side is known"
        )
    refuse_published(out, folder)
    private_folder(out)
    for old in out.glob("page-*.html"):
        old.unlink()
    pages: list[Page] = []
    page_of: dict[tuple[str, str], int] = {}
    for pictures in _pages(wanted, folder=folder, films_per_page=films_per_page, jobs=jobs):
        number = len(pages) + 1
        of_page = [hip for picture in pictures for hip in picture.hips]
        whole = len(of_page) == len(wanted) and not (folder / CROPS.file).exists()
        page = Page(
            number=number,
            file=f"page-{number:03d}.html",
            export=CROPS.file if whole else f"crops-{number:03d}.csv",
            films=len(pictures),
            hips=len(of_page),
            given=sum(hip.given is not None for hip in of_page),
        )
        write_text(out / page.file, _html(page, pictures, site))
        pages.append(page)
        page_of |= {(hip.sop_instance_uid, hip.side): number for hip in of_page}
    rows = [
        (
            hip.sop_instance_uid,
            hip.side,
            hip.film_side,
            hip.rows,
            hip.columns,
            page_of.get((hip.sop_instance_uid, hip.side)),
        )
        for hip in hips
    ]
    table = pd.DataFrame(rows, columns=list(HIPS_COLUMNS)).astype({"page": "Int64"})
    write_csv(out / HIPS_FILE, table)
    collect = ["osteohip", "site", "crops", str(folder)]
    collect += [] if out == folder / PAGES_FOLDER else ["--out-dir", str(out)]
    index = render_page(
        "index.html.j2",
        styles=("kit.css",),
        scripts=(),
        data=None,
        site_name=site.name,
        synthetic=site.synthetic,
        command=shlex.join([*collect, "--collect"]),
        hips=len(wanted),
        pages=pages,
    )
    write_text(out / "index.html", index)
    return pages


def refuse_published(out: Path, folder: Path) -> None:
    """Refuse a folder below results/ or reports/ that is neither private nor the site's own."""
    place = out.resolve()
    if place.is_relative_to(folder.resolve()):
        return
    for at, part in enumerate(place.parts):
        if part in ("results", "reports") and "private" not in place.parts[at:]:
            raise StudyError(
                f"{out}: the pages show films of patients; expected a folder outside {part}/, or "
                "one below its private/"
            )


def _pages(
    hips: Sequence[Hip], *, folder: Path, films_per_page: int, jobs: int
) -> Iterator[list[Picture]]:
    """Yield the films of each page: few at a time are in memory."""
    films: dict[str, list[Hip]] = {}
    for hip in hips:
        films.setdefault(hip.sop_instance_uid, []).append(hip)
    of_films = [tuple(of_film) for of_film in films.values()]
    page: list[Picture] = []
    for start in range(0, len(of_films), films_per_page):
        pictures = map_isolated(
            partial(_picture, folder=folder / RADIOGRAPHS),
            of_films[start : start + films_per_page],
            jobs=jobs,
            crashed=lambda of_film: Picture("", "its decoder crashes", of_film),
            label=f"films from {start + 1} of {len(of_films)}",
        )
        for picture in pictures:
            size = sum(len(earlier.png) for earlier in page) + len(picture.png)
            if page and (len(page) == films_per_page or size > PAGE_BYTES):
                yield page
                page = []
            page.append(picture)
    if page:
        yield page


def _picture(hips: tuple[Hip, ...], *, folder: Path) -> Picture:
    """Return the picture of the film of ``hips``; one that cannot be shown says why."""
    film = hips[0]
    try:
        content = (folder / film.file).read_bytes()
        if hashlib.sha256(content).hexdigest() != film.file_sha256:
            return Picture("", "it changed while the pages were written", hips)
        return Picture(base64.b64encode(film_picture(content)).decode("ascii"), "", hips)
    except OSError:
        return Picture("", "it cannot be opened", hips)
    except RefusedError as error:
        return Picture("", f"its pixels cannot be decoded ({error.detail})", hips)
    except Exception as error:
        return Picture("", str(error) or type(error).__name__, hips)


def _html(page: Page, pictures: Sequence[Picture], site: Site) -> str:
    hips = [
        {
            "key": hip_key(hip),
            "uid": hip.sop_instance_uid,
            "side": hip.side,
            "film": film,
            "film_side": hip.film_side,
            "file": hip.file,
            "rows": hip.rows,
            "columns": hip.columns,
            "problem": picture.problem,
            "given": _given(hip),
        }
        for film, picture in enumerate(pictures)
        for hip in picture.hips
    ]
    return render_page(
        "crops.html.j2",
        styles=("kit.css",),
        scripts=("kit.js", "crops.js"),
        data={"export": page.export, "columns": list(CROPS.columns), "hips": hips},
        number=page.number,
        site_name=site.name,
        synthetic=site.synthetic,
        reasons=list(REASONS.items()),
        pictures=[picture.png for picture in pictures],
    )


def _given(hip: Hip) -> dict[str, Any] | None:
    if hip.given is None:
        return None
    box = hip.given.box
    return {
        "box": None if box is None else [box.x0, box.y0, box.x1, box.y1],
        "reason": hip.given.reason,
        "annotator": hip.given.annotator,
    }


def hip_key(hip: Hip) -> str:
    """Return the digest under which a browser keeps its work on a hip.

    It changes with the film's pixels and with the hip's row of ``crops.csv``, so that work on
    another picture, or begun before the row was changed elsewhere, does not come back.
    """
    content = [hip.sop_instance_uid, hip.side, hip.pixel_sha256, _given(hip)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
