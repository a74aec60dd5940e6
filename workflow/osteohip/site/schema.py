"""What a site folder says of itself in site.yaml, and the columns of its tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from osteohip.config import Region, site_id_fault
from osteohip.errors import InputError, Problem, StudyError
from osteohip.writing.fonts import one_line

SITE_FILE = "site.yaml"
OTHER_REGION = "other"
REGIONS: tuple[str, ...] = get_args(Region)
SIDES = ("R", "L")
FILM_SIDES = ("R", "L", "both")
EXCLUDING_FINDINGS = (
    "osteoarthritis",
    "osteonecrosis",
    "tumour",
    "calcific_tendinitis",
    "operated_hip",
    "foreign_body",
)
OTHER_FINDINGS = ("vascular_calcification", "foley_catheter", "dysplasia")

Kind = Literal["text", "choice", "code", "date", "number", "integer"]


def composed(text: str) -> str:
    """Return text stripped and in one Unicode form, so that equal words are equal."""
    return unicodedata.normalize("NFC", text).strip()


def folded(name: str) -> str:
    """Return a name without regard to case, spacing and Unicode form, to compare it."""
    return composed(" ".join(composed(name).casefold().split()))


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Word = Annotated[str, BeforeValidator(_text)]


class Site(BaseModel):
    """The content of ``site.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1), BeforeValidator(_line)]
    synthetic: bool = False
    columns: dict[str, Word] = {}
    values: dict[Word, str] = {}
    date_format: str = "%Y-%m-%d"
    encoding: str = "utf-8"
    institution: Annotated[list[str], BeforeValidator(_list)] = []

    @field_validator("columns")
    @classmethod
    def _names_ours(cls, columns: dict[str, str]) -> dict[str, str]:
        if not columns.keys() <= OUR_COLUMNS:
            raise ValueError("our column names on the left: " + ", ".join(sorted(OUR_COLUMNS)))
        return {ours: composed(theirs) for ours, theirs in columns.items()}

    @field_validator("values")
    @classmethod
    def _names_our_words(cls, values: dict[str, str]) -> dict[str, str]:
        wrong = [
            ours
            for ours in values.values()
            if not (ours in OUR_WORDS or ours.casefold() in REGION_WORDS or CODE.fullmatch(ours))
        ]
        if wrong:
            words = ", ".join(sorted(OUR_WORDS))
            raise ValueError(f"our words on the right: {words}, or the code of a view, as AP")
        return {composed(theirs): ours for theirs, ours in values.items()}

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            "a".encode(encoding)
        except (LookupError, ValueError):
            raise ValueError(
                "the name of a text encoding; tables in Korean are often in cp949 or utf-8"
            ) from None
        return encoding

    @field_validator("date_format")
    @classmethod
    def _names_a_day(cls, date_format: str) -> str:
        day = datetime(2019, 2, 26)
        try:
            understood = datetime.strptime(day.strftime(date_format), date_format) == day
        except ValueError:
            understood = False
        if not understood:
            raise ValueError("a format such as %Y-%m-%d or %d.%m.%Y")
        return date_format


def require_folder(folder: Path) -> None:
    """Refuse a site folder that is not there.

    Raises
    ------
    StudyError
        Naming the folder.
    """
    if not folder.is_dir():
        raise StudyError(f"{folder}: expected a site folder, but there is no such folder")


def read_site(folder: Path) -> Site:
    """Read and check ``site.yaml``.

    Raises
    ------
    StudyError
        Where there is no such folder.
    InputError
        Where it is missing, is no YAML, or a key is wrong: all keys at once.
    """
    require_folder(folder)
    if site_id_fault(site_id(folder)):
        expected = (
            "a site folder's name to hold only letters A to Z, digits, - and _, at most 40 of "
            "them, and not to be training, validation or test"
        )
        raise InputError([Problem(SITE_FILE, expected, value=site_id(folder))])
    try:
        raw = yaml.safe_load((folder / SITE_FILE).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError([Problem(SITE_FILE, "this file in the site folder")]) from None
    except OSError:
        raise InputError([Problem(SITE_FILE, "a file that can be opened and read")]) from None
    except UnicodeDecodeError:
        raise InputError([Problem(SITE_FILE, "text in UTF-8")]) from None
    except yaml.YAMLError as error:
        raise InputError([_yaml_problem(error)]) from None
    if not isinstance(raw, dict):
        raise InputError([Problem(SITE_FILE, "keys and values, at least `name: ...`")])
    try:
        return Site.model_validate(raw)
    except ValidationError as error:
        raise InputError([_problem(dict(item)) for item in error.errors()]) from None


def _yaml_problem(error: yaml.YAMLError) -> Problem:
    """Say where YAML breaks off, without its words, which may be the hospital's own."""
    place = getattr(error, "problem_mark", None)
    row = None if place is None else place.line + 1
    begun = getattr(error, "context_mark", None)
    # What is left open is noticed only where it cannot go on, often at the end of the file.
    opened = getattr(error, "context", None) or ""
    if begun is not None and opened.endswith(("flow sequence", "flow mapping", "quoted scalar")):
        what = "quote" if "quoted" in opened else "bracket"
        expected = f"the {what} opened in row {begun.line + 1} to be closed"
        return Problem(SITE_FILE, expected, row=row)
    expected = (
        "YAML: `key: word` with a space after the colon, no tab, brackets and quotes closed; look "
        "here and just above"
    )
    return Problem(SITE_FILE, expected, row=row)


def _problem(item: dict[str, object]) -> Problem:
    location = item["loc"]
    parts = [str(part) for part in location] if isinstance(location, tuple) else []
    # The keys below a key, and those that we do not know, are the hospital's own words.
    key, *inner = parts if parts and parts[0] in Site.model_fields else ["", *parts]
    message = str(item["msg"]).removeprefix("Value error, ")
    expected = {
        "extra_forbidden": f"no keys but {', '.join(Site.model_fields)}",
        "missing": "this key",
        "string_type": "text; a number, a date, yes or no only in quotes",
        "string_too_short": "text that is not empty",
        "bool_type": "true or false",
        "list_type": "a list, as [one, another]",
        "dict_type": "a word for each word, as {one: another}",
    }.get(str(item["type"]), message[:1].lower() + message[1:])
    value = None if item["input"] is None else ": ".join([*inner, str(item["input"])])
    return Problem(SITE_FILE, expected, column=key or None, value=value)


def site_id(folder: Path) -> str:
    """Return a site's id: the name of its folder."""
    return folder.absolute().name


@dataclass(frozen=True)
class Column:
    """One column of a site's table.

    Parameters
    ----------
    kind
        How a cell is read.
    required
        The column must be there.
    filled
        No cell may be empty.
    choices
        Allowed words of a ``choice``.
    other
        The word that stands for every one not among the choices; empty where there is none.
    low, high
        Least and largest allowed number.
    """

    kind: Kind = "text"
    required: bool = True
    filled: bool = True
    choices: tuple[str, ...] = ()
    other: str = ""
    low: float = float("-inf")
    high: float = float("inf")

    @property
    def expected(self) -> str:
        """What a filled cell should hold, as the end of a sentence."""
        match self.kind:
            case "choice":
                words = ", ".join(self.choices)
                return f"one of {words} (others need an entry under `values` in {SITE_FILE})"
            case "number":
                return f"a number from {self.low:g} to {self.high:g}, with a decimal point"
            case "integer":
                return "a whole number"
            case "code":
                return "a code in capital letters, as AP"
            case "date" | "text":
                return "a date" if self.kind == "date" else "text"


@dataclass(frozen=True)
class Table:
    """One table of a site.

    Parameters
    ----------
    file, columns
        Its name, and its columns in our naming.
    key
        The columns that make a row unique.
    one_of
        Columns of which at least one must be there.
    closed
        No further column may be there: in a table that overrides, a misspelt one says nothing.
    """

    file: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    one_of: tuple[str, ...] = ()
    closed: bool = False


CODE = re.compile(r"[A-Z0-9_ -]{1,16}")

FILMS = Table(
    file="films.csv",
    columns={
        "sop_instance_uid": Column(),
        "patient_id": Column(required=False, filled=False),
        "view": Column("code", required=False, filled=False),
        "side": Column("choice", required=False, filled=False, choices=FILM_SIDES),
    },
    key=("sop_instance_uid",),
    one_of=("patient_id", "view", "side"),
    closed=True,
)
PATIENTS = Table(
    file="patients.csv",
    columns={
        "patient_id": Column(),
        "sex": Column("choice", filled=False, choices=("F", "M")),
        "birth_date": Column("date", required=False, filled=False),
        "age_years": Column("number", required=False, filled=False, low=0, high=120),
    },
    key=("patient_id",),
    one_of=("birth_date", "age_years"),
)
DXA = Table(
    file="dxa.csv",
    columns={
        "patient_id": Column(),
        "exam_date": Column("date"),
        "side": Column("choice", choices=SIDES),
        "region": Column("choice", choices=REGIONS, other=OTHER_REGION),
        "bmd_g_cm2": Column("number", filled=False, low=0.001, high=3),
        "t_score": Column("number", filled=False, low=-10, high=10),
        "institution": Column(filled=False),
        "device": Column(required=False, filled=False),
        "reference_population": Column(required=False, filled=False),
    },
    key=("patient_id", "exam_date", "side", "region"),
)
FINDINGS = Table(
    file="findings.csv",
    columns={
        "patient_id": Column(),
        "side": Column("choice", filled=False, choices=FILM_SIDES),
        "finding": Column("choice", choices=EXCLUDING_FINDINGS + OTHER_FINDINGS),
    },
    key=("patient_id", "side", "finding"),
)
CROPS = Table(
    file="crops.csv",
    columns={
        "sop_instance_uid": Column(),
        "side": Column("choice", choices=SIDES),
        **{name: Column("integer", filled=False) for name in ("x0", "y0", "x1", "y1")},
        "status": Column("choice", choices=("cropped", "uncroppable")),
        "reason": Column(filled=False),
        "annotator": Column(required=False, filled=False),
    },
    key=("sop_instance_uid", "side"),
)
TABLES = (FILMS, PATIENTS, DXA, FINDINGS, CROPS)
OUR_COLUMNS = frozenset(name for table in TABLES for name in table.columns)
REGION_WORDS = (*REGIONS, OTHER_REGION)
OUR_WORDS = frozenset(REGION_WORDS).union(
    *(column.choices for table in TABLES for column in table.columns.values())
)
