"""Who comes to a synthetic hospital, with their films, DXA examinations and findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from osteohip.synthetic import dxa
from osteohip.synthetic.recipes import Counts, Criterion, Recipe
from osteohip.synthetic.states import States, draw_ages, draw_cohort, draw_states

Side = Literal["R", "L"]
Projection = Literal["AP", "lateral"]
Tags = Literal["complete", "listed", "missing"]

MAX_DAYS = 31
OTHER_DISEASES = ("osteonecrosis", "tumour", "calcific_tendinitis")
HARMLESS = ("vascular_calcification", "foley_catheter", "dysplasia")
NO_PAIR = ("late", "other_hip", "late", "lateral_only", "late", "no_exam", "late", "no_film")


@dataclass(frozen=True)
class Film:
    """A film as it is to be made.

    Parameters
    ----------
    number
        Of the film in its site, from 0.
    sop_instance_uid
        DICOM UID below 2.25.
    view
        What it shows: one hip, or the pelvis.
    projection
        AP serves the study, lateral does not.
    side
        The patient's side that matters; a pelvis shows both.
    day
        When it was taken.
    state
        Bone state that it shows, T-score units.
    poor_quality
        Nobody can crop it.
    institution
        Hospital that took it.
    tags
        Whether its header names view and side (complete), ``films.csv`` does (listed), or nothing.
    """

    number: int
    sop_instance_uid: str
    view: Literal["hip", "pelvis"]
    projection: Projection
    side: Side
    day: date
    state: float
    poor_quality: bool
    institution: str
    tags: Tags


@dataclass(frozen=True)
class Exam:
    """A DXA examination of one hip: unrounded T-scores by region."""

    day: date
    side: Side
    t_scores: Mapping[str, float]
    institution: str


@dataclass(frozen=True)
class Finding:
    """A finding at one hip, in the codes of ``findings.csv``."""

    side: Side
    finding: str


@dataclass(frozen=True)
class Subject:
    """A patient of the site with all that the site holds of them.

    ``fails`` is the criterion at which the patient leaves; None for those who pass. ``label`` and
    ``latent`` are of the hip ``side``; ``soft_tissue_cm`` and ``size`` are the renderer's.
    """

    patient_id: str
    name: str
    sex: Literal["F", "M"]
    birth_date: date
    age_years: float
    side: Side
    latent: float
    label: bool
    soft_tissue_cm: float
    size: float
    fails: Criterion | None
    films: tuple[Film, ...]
    exams: tuple[Exam, ...]
    findings: tuple[Finding, ...]

    @property
    def croppable(self) -> bool:
        """Whether the patient is in the final cohort, given that all criteria are met."""
        return not any(film.poor_quality for film in self.films)


def opposite(side: Side) -> Side:
    """Return the other side."""
    return "L" if side == "R" else "R"


def draw_uid(rng: np.random.Generator) -> str:
    """Return a DICOM UID below 2.25, made of a random 128-bit number (ISO/IEC 9834-8)."""
    number = int.from_bytes(rng.bytes(16), "big")
    number = number & ~(0xF << 76) | (0x4 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return f"2.25.{number}"


def draw_population(recipe: Recipe, patients: int, seed: int) -> tuple[Subject, ...]:
    """Return all patients of a site in the order of their films, films numbered through.

    Parameters
    ----------
    recipe
        Kind of hospital.
    patients
        Records of the final cohort.
    seed
        Same seed, same patients.
    """
    rng = np.random.default_rng([seed, recipe.number, patients])
    counts = Counts.of(recipe, patients)
    builder = _Builder(recipe, counts, rng)
    subjects = [*builder.cohort(), *builder.uncroppable(), *builder.failing()]
    return _numbered(subjects, recipe, seed)


def _numbered(subjects: Sequence[Subject], recipe: Recipe, seed: int) -> tuple[Subject, ...]:
    """Sort by date and give patients and films their numbers.

    The seed is part of the patient id, so that two sites of one recipe share no patient.
    """

    def arrival(subject: Subject) -> tuple[date, int]:
        days = [film.day for film in subject.films] + [exam.day for exam in subject.exams]
        return min(days), int(subject.films[0].sop_instance_uid[5:]) if subject.films else 0

    numbered: list[Subject] = []
    films = 0
    for count, subject in enumerate(sorted(subjects, key=arrival), start=1):
        own = tuple(replace(film, number=films + i) for i, film in enumerate(subject.films))
        films += len(own)
        numbered.append(
            replace(
                subject,
                patient_id=f"{recipe.letter}{seed}-{count:06d}",
                name=f"SYNTHETIC^P{count:06d}",
                films=own,
            )
        )
    return tuple(numbered)


class _Builder:
    """Draws subjects one after another from one stream of random numbers."""

    def __init__(self, recipe: Recipe, counts: Counts, rng: np.random.Generator):
        self.recipe = recipe
        self.counts = counts
        self.rng = rng

    def cohort(self) -> list[Subject]:
        """Return the final cohort, among them the patient with a second film."""
        counts, rng = self.counts, self.rng
        states = draw_cohort(self.recipe, counts, rng)
        right = rng.permutation(counts.final) < counts.right
        sides: list[Side] = ["R" if is_right else "L" for is_right in right]
        subjects = [self._subject(states, i, sides[i]) for i in range(counts.final)]
        order = [int(i) for i in rng.permutation(counts.final)]
        for extra, count in (
            (self._with_lateral, counts.other_views),
            (self._with_untagged, counts.untagged),
            (self._with_second_film, 1),
            (self._listed, counts.listed),
        ):
            for _ in range(count):
                place = order.pop()
                subjects[place] = extra(subjects[place])
        subjects = [self._with_findings(subject) for subject in subjects]
        subjects = [self._with_other_regions(subject) for subject in subjects]
        return [self._with_earlier_exam(subject) for subject in subjects]

    def uncroppable(self) -> list[Subject]:
        """Return patients who meet all criteria and whose films nobody can crop."""
        states = self._states(self.counts.uncroppable)
        subjects = [self._subject(states, i, self._side()) for i in range(len(states.age))]
        return [
            replace(s, films=tuple(replace(film, poor_quality=True) for film in s.films))
            for s in subjects
        ]

    def failing(self) -> list[Subject]:
        """Return patients who fail one criterion each."""
        subjects: list[Subject] = []
        for criterion, count in self.counts.failing.items():
            states = self._states(count, young=criterion == "age")
            for i in range(count):
                subject = self._subject(states, i, self._side())
                subjects.append(replace(self._failed(subject, criterion, i), fails=criterion))
        return subjects

    def _states(self, count: int, *, young: bool = False) -> States:
        rng, recipe = self.rng, self.recipe
        ages = rng.uniform(38, 54.8, count) if young else draw_ages(recipe.age_shape, count, rng)
        return draw_states(ages, recipe.bone, rng)

    def _side(self) -> Side:
        return "R" if self.rng.random() < self.recipe.right[0] / self.recipe.right[1] else "L"

    def _subject(self, states: States, i: int, side: Side) -> Subject:
        """Return a woman with one film and one examination of the same hip in time."""
        rng, recipe = self.rng, self.recipe
        span = (recipe.last_day - recipe.first_day).days
        day = recipe.first_day + timedelta(days=int(rng.integers(span + 1)))
        gap = 0 if rng.random() < 0.35 else int(rng.integers(-MAX_DAYS, MAX_DAYS + 1))
        film = self._film(side, day, float(states.film[i]))
        scores = dict(zip(dxa.REGIONS, map(float, states.t_scores[i]), strict=True))
        exam = Exam(day + timedelta(days=gap), side, scores, recipe.institution)
        age = float(states.age[i])
        return Subject(
            patient_id="",
            name="",
            sex="F",
            birth_date=day - timedelta(days=round(age * 365.25)),
            age_years=age,
            side=side,
            latent=float(states.latent[i]),
            label=bool(states.label[i]),
            soft_tissue_cm=float(np.clip(rng.normal(19.0, 2.4), 14.0, 28.0)),
            size=float(np.clip(rng.normal(1.0, 0.045), 0.9, 1.1)),
            fails=None,
            films=(film,),
            exams=(exam,),
            findings=(),
        )

    def _film(self, side: Side, day: date, state: float) -> Film:
        return Film(
            number=0,
            sop_instance_uid=draw_uid(self.rng),
            view="pelvis" if self.rng.random() < 0.25 else "hip",
            projection="AP",
            side=side,
            day=day,
            state=state,
            poor_quality=False,
            institution=self.recipe.institution,
            tags="complete",
        )

    def _with_lateral(self, subject: Subject) -> Subject:
        first = subject.films[0]
        lateral = replace(
            self._film(subject.side, first.day, first.state), view="hip", projection="lateral"
        )
        return replace(subject, films=(first, lateral))

    def _with_untagged(self, subject: Subject) -> Subject:
        first = subject.films[0]
        untagged = replace(
            self._film(subject.side, first.day, first.state), view="hip", tags="missing"
        )
        return replace(subject, films=(first, untagged))

    def _with_second_film(self, subject: Subject) -> Subject:
        """Give a second film of the same hip in time, farther from the examination."""
        first, exam = subject.films[0], subject.exams[0]
        gap = int(self.rng.integers(0, MAX_DAYS // 2))
        farther = int(self.rng.integers(gap + 1, MAX_DAYS + 1))
        exam = replace(exam, day=first.day + timedelta(days=gap))
        state = subject.latent + float(self.rng.normal(0.0, self.recipe.bone.film_error))
        second = self._film(subject.side, exam.day + timedelta(days=farther), state)
        return replace(subject, films=(first, second), exams=(exam,))

    def _listed(self, subject: Subject) -> Subject:
        return replace(subject, films=tuple(replace(f, tags="listed") for f in subject.films))

    def _with_findings(self, subject: Subject) -> Subject:
        """Add what does not exclude: harmless findings, or a disease of the other hip.

        The other hip must not be seen, for only findings of the hip in question are drawn.
        """
        rng = self.rng
        kind = rng.random()
        harmless = HARMLESS[int(rng.integers(len(HARMLESS)))]
        other = ("osteoarthritis", "operated_hip")[int(rng.integers(2))]
        if kind < 0.08:
            return replace(subject, findings=(Finding(subject.side, harmless),))
        if kind < 0.10 and all(film.view == "hip" for film in subject.films):
            return replace(subject, findings=(Finding(opposite(subject.side), other),))
        return subject

    def _with_other_regions(self, subject: Subject) -> Subject:
        """Let some reports name regions that the study leaves out, or no Ward's triangle."""
        kind, exam = self.rng.random(), subject.exams[0]
        scores = dict(exam.t_scores)
        if kind < 0.05:
            for name, region in dxa.OTHER_REGIONS.items():
                scores[name] = scores["total_hip"] + region.shift
        elif kind < 0.10:
            del scores["wards"]
        return replace(subject, exams=(replace(exam, t_scores=scores),))

    def _with_earlier_exam(self, subject: Subject) -> Subject:
        """Add, to some, an examination of the same hip long before."""
        if self.rng.random() >= 0.06:
            return subject
        days = int(self.rng.integers(200, 900))
        return replace(subject, exams=(self._repeated(subject, -days), *subject.exams))

    def _repeated(self, subject: Subject, days: int) -> Exam:
        """Return another examination of the same hip, ``days`` after the first one."""
        bone = self.recipe.bone
        scores = dxa.t_scores(
            np.array([subject.latent]),
            region_error=bone.region_error,
            exam_error=bone.exam_error,
            rng=self.rng,
        )[0]
        first = subject.exams[0]
        return replace(
            first,
            day=first.day + timedelta(days=days),
            t_scores=dict(zip(dxa.REGIONS, map(float, scores), strict=True)),
        )

    def _failed(self, subject: Subject, criterion: Criterion, turn: int) -> Subject:
        """Return ``subject`` changed so that it fails ``criterion``; its kinds take turns."""
        side, other = subject.side, self.recipe.other_institution
        film, exam = subject.films[0], subject.exams[0]
        if criterion == "age":
            return subject
        if criterion == "sex":
            return replace(subject, sex="M")
        if criterion == "pairing":
            return self._unpaired(subject, NO_PAIR[turn % len(NO_PAIR)], turn)
        if criterion == "other_institution":
            if turn % 2:
                return replace(subject, exams=(replace(exam, institution=other),))
            return replace(subject, films=(replace(film, institution=other),))
        if criterion == "other_disease":
            findings = [OTHER_DISEASES[turn % len(OTHER_DISEASES)]]
        elif criterion == "operated_hip":
            findings = ["operated_hip", "foreign_body"] if turn % 2 else ["operated_hip"]
        else:
            findings = [criterion]
        return replace(subject, findings=tuple(Finding(side, name) for name in findings))

    def _unpaired(self, subject: Subject, kind: str, turn: int) -> Subject:
        film, exam = subject.films[0], subject.exams[0]
        if kind == "late":
            beyond = 1 if turn == 0 else int(self.rng.integers(1, 300))
            sign = 1 if self.rng.random() < 0.5 else -1
            late = film.day + timedelta(days=sign * (MAX_DAYS + beyond))
            return replace(subject, exams=(replace(exam, day=late),))
        if kind == "other_hip":
            return replace(
                subject,
                exams=(replace(exam, side=opposite(exam.side)),),
                films=(replace(film, view="hip"),),
            )
        if kind == "lateral_only":
            lateral = replace(film, view="hip", projection="lateral")
            return replace(subject, films=(lateral,))
        if kind == "no_exam":
            return replace(subject, exams=())
        return replace(subject, films=())
