"""Checks of the patients, their bone density, and how films and DXA were collected."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq, linprog
from scipy.stats import binomtest, fisher_exact, norm

from osteohip.paper.check import ALPHA, Check, Rule
from osteohip.paper.published import Moments, Paper
from osteohip.writing.wording import number, p_value, percent, sequence

FIRST = "Results, first paragraph"
SELECTION = "Methods, Study design and patient selection"
EXTERNAL = "Methods, External validation"
# A quantity with a lower border whose mean lies less than two SD above it is skewed (Altman DG,
# Bland JM. BMJ 1996;313:1200).
LEAST_DISTANCE_SD = 2.0


def expected_share(paper: Paper) -> Check:
    """Check that the total hip's T-scores, if normal, give the labelled share of osteoporosis.

    Rounding is taken in the label's favour: a recorded T-score may lie half a unit above the
    border, and mean and SD anywhere within their last digit.
    """
    moments, border = paper.total_hip_t_score, paper.label_t_score
    k, n = paper.images.osteoporosis, paper.images.n
    plain = float(norm.cdf((border - moments.mean) / moments.sd))
    half = moments.unit / 2
    shares = [
        float(norm.cdf((border + late - moments.mean + shift) / (moments.sd + spread)))
        for late in (0, half)
        for shift in (-half, half)
        for spread in (-half, half)
    ]
    kindest = min(max(k / n, min(shares)), max(shares))
    p = float(binomtest(k, n, kindest).pvalue)
    needed = border - moments.sd * float(norm.ppf(k / n))
    return Check(
        key="expected_share",
        kind="contradiction",
        holds=p >= ALPHA,
        by_test=True,
        expected="The total hip's T-scores give the share of osteoporosis that was labelled",
        finding=f"{percent(plain)} are expected at or below {number(border, 1)} by the total hip's "
        f"mean and SD, {percent(k / n)} are labelled",
        place=f"{FIRST}; Methods, Dataset preparation",
        arithmetic=f"Φ(({number(border, 1)} − ({number(moments.mean, 1)})) / "
        f"{number(moments.sd, 1)}) = {percent(plain)}, "
        f"{percent(kindest)} with all rounding in favour; labelled {number(k)}/{number(n)} = "
        f"{percent(k / n)}, exact binomial {p_value(p)}",
        explanation="The label comes from the lowest region and the description from the total "
        f"hip: a mean of {number(needed, 1)} in the labelled region gives the share, "
        f"{number(moments.mean - needed, 1)} below the total hip's. Or the T-scores are not normal",
        numbers={"expected": plain, "kindest": kindest, "labelled": k / n, "p": p, "mean": needed},
    )


def label_region(paper: Paper) -> Check:
    """Check that the region whose T-score makes the label is named."""
    return Check(
        key="label_region",
        kind="open",
        holds=paper.label_region is not None,
        expected="The region whose T-score makes the label is named",
        finding="It is not said which region's T-score makes the label",
        place="Methods, Dataset preparation",
        arithmetic=f"label: T-score ≤ {number(paper.label_t_score, 1)} “in DXA”; described is the "
        "total hip alone",
        explanation="By the WHO's diagnosis the lower of femoral neck and total hip counts",
        numbers={},
    )


def density_scale(paper: Paper) -> Check:
    """Check that one reference population turns every printed density into the printed T-score.

    T = (BMD - m) / s must hold for mean, SD and both ends of the range, each anywhere within its
    rounding. That is a linear programme in m and s.
    """
    bmd, t = paper.total_hip_bmd_g_cm2, paper.total_hip_t_score
    rows: list[tuple[float, float]] = []
    limits: list[float] = []
    pairs = [
        (bmd.mean, bmd.unit, t.mean, t.unit),
        (bmd.low, bmd.range_unit, t.low, t.range_unit),
        (bmd.high, bmd.range_unit, t.high, t.range_unit),
    ]
    for density, unit, score, step in pairs:
        rows += [(1.0, score - step / 2), (-1.0, -(score + step / 2))]
        limits += [density + unit / 2, -(density - unit / 2)]
    rows += [(0.0, t.sd - t.unit / 2), (0.0, -(t.sd + t.unit / 2))]
    limits += [bmd.sd + bmd.unit / 2, -(bmd.sd - bmd.unit / 2)]
    corners = [
        linprog(c, A_ub=rows, b_ub=limits, bounds=[(None, None), (1e-6, None)]).x
        for c in ((0, 1), (0, -1), (1, 0), (-1, 0))
    ]
    reached = [corner for corner in corners if corner is not None]
    possible = len(reached) == len(corners)
    sd = [float(corner[1]) for corner in reached[:2]] if possible else []
    mean = [float(corner[0]) for corner in reached[2:]] if possible else []
    reference = (
        f"a reference of mean {number(mean[0], 2)} to {number(mean[1], 2)} and SD "
        f"{number(sd[0], 3)} to {number(sd[1], 3)} g/cm² does"
        if possible
        else "no reference does"
    )
    return Check(
        key="density_scale",
        kind="contradiction",
        holds=possible,
        expected="One reference population turns the printed densities into the printed T-scores",
        finding="No reference population turns the printed densities into the printed T-scores",
        place=FIRST,
        arithmetic=f"{_moments(bmd, 3)} g/cm² and T-score {_moments(t, 1)}, within rounding: "
        f"{reference}",
        explanation="Several references, as of several machines, or a misprint",
        numbers={"reference_mean": mean, "reference_sd": sd},
    )


def _moments(moments: Moments, digits: int) -> str:
    return (
        f"{number(moments.mean, digits)} ± {number(moments.sd, digits)} "
        f"({number(moments.low, digits)} to {number(moments.high, digits)})"
    )


def age_range(paper: Paper) -> Check:
    """Check that nobody is younger than the criterion allows."""
    age, least = paper.age_years, paper.min_age_years
    return Check(
        key="age_range",
        kind="contradiction",
        holds=age.low >= least and age.low <= age.mean <= age.high,
        expected="All ages meet the criterion",
        finding="The youngest is younger than the criterion allows",
        place=FIRST,
        arithmetic=f"{_moments(age, 1)} years; criterion {number(least)} and more",
        explanation="Age was taken on another day than that of the film",
        numbers={"low": age.low, "criterion": least},
    )


def age_shape(paper: Paper) -> Check:
    """Check that mean ± SD describes the ages."""
    age, least = paper.age_years, paper.min_age_years
    distance = (age.mean - least) / age.sd
    below = float(norm.cdf(-distance))
    largest = largest_sd(mean=age.mean, low=age.low, high=age.high)
    return Check(
        key="age_shape",
        kind="open",
        holds=distance >= LEAST_DISTANCE_SD,
        expected="Mean and SD describe the ages",
        finding="Mean and SD cannot describe these ages: they are far from normal",
        place=FIRST,
        arithmetic=f"({number(age.mean, 1)} − {number(least)}) / {number(age.sd, 1)} = "
        f"{number(distance, 1)} SD above the criterion, so that {percent(below)} of a normal "
        f"distribution would be too young. With this mean and range an age distribution of one "
        f"hump (log-concave) has an SD of at most {number(largest, 1)}, and that only where ages "
        f"thin out from the youngest on; printed {number(age.sd, 1)}",
        explanation="Two groups, as younger outpatients and old patients with fractures, would; "
        "median and quartiles are owed",
        numbers={"distance_sd": distance, "below": below, "largest_sd": largest},
    )


def largest_sd(*, mean: float, low: float, high: float) -> float:
    """Return the largest SD of a log-concave density on [low, high] with this mean.

    Among log-concave densities with a given mean the variance, being linear, is largest at an
    extreme one, and these are the log-linear ones: here the exponential cut off at both ends.

    Parameters
    ----------
    mean, low, high
        low < mean < high; nan where they are not.

    References
    ----------
    Fradelizi M, Guédon O. Discrete Comput Geom 2004;31:327-335.
    """
    length, centre = high - low, mean - low
    if not 0 < centre < length:
        return math.nan
    centre = min(centre, length - centre)

    def excess(rate: float) -> float:
        return 1 / rate + length * math.exp(-rate * length) / math.expm1(-rate * length) - centre

    # With no rate the density is uniform; the search starts where that differs by rounding only.
    least = 1e-4 / length
    if excess(least) <= 0:
        return length / math.sqrt(12)
    rate = float(brentq(excess, least, 2 / centre))
    tail = -rate * length * math.exp(-rate * length / 2) / math.expm1(-rate * length)
    return math.sqrt(1 - tail * tail) / rate


def prevalence(paper: Paper) -> Check:
    """Check that osteoporosis is equally frequent in both hospitals."""
    inside, outside = paper.images, paper.external
    table = [[part.osteoporosis, part.no_osteoporosis] for part in (inside, outside)]
    p = float(fisher_exact(np.array(table)).pvalue)
    return Check(
        key="prevalence",
        kind="consequence",
        holds=p >= ALPHA,
        by_test=True,
        expected="Osteoporosis is equally frequent in both hospitals",
        finding="Osteoporosis is not equally frequent, so accuracy, PPV and NPV do not compare",
        place=f"Abstract; {EXTERNAL}",
        arithmetic=f"{number(inside.osteoporosis)}/{number(inside.n)} = "
        f"{percent(inside.osteoporosis / inside.n)} and {number(outside.osteoporosis)}/"
        f"{number(outside.n)} = {percent(outside.osteoporosis / outside.n)}, Fisher's exact "
        f"{p_value(p)}",
        explanation="Other patients were sent to the other hospital, or were selected otherwise",
        numbers={"p": p},
    )


def external_described(paper: Paper) -> Check:
    """Check that the external patients are described and their criteria told."""
    site = paper.external_collection
    return Check(
        key="external_described",
        kind="open",
        holds=site.described and site.criteria is not None,
        expected="Criteria, age, BMD and T-scores of the external cohort are told",
        finding="Neither the criteria nor age, BMD or T-scores of the external cohort are told",
        place=EXTERNAL,
        arithmetic=f"told are {number(paper.external.n)} data sets, "
        f"{number(paper.external.osteoporosis)} and {number(paper.external.no_osteoporosis)} by "
        "label; for development, three quantities with mean, SD and range",
        explanation="Whether the drop comes from patients, films or labels cannot be told apart",
        numbers={},
    )


def same_devices(paper: Paper) -> Check:
    """Check that the external films and T-scores come from other machines."""
    here, there = paper.development_collection, paper.external_collection
    films = [name for name in there.devices if name in here.devices]
    dxa = [name for name in there.dxa_devices if name in here.dxa_devices]
    return Check(
        key="same_devices",
        kind="open",
        holds=not films and not dxa,
        expected="The external cohort was taken on other machines",
        finding="Part of the external cohort was taken on models that development used too",
        place=f"{SELECTION}; {EXTERNAL}",
        arithmetic=f"{number(len(films))} of {number(len(there.devices))} X-ray models "
        f"({sequence(films) or 'none'}) and {number(len(dxa))} of {number(len(there.dxa_devices))} "
        f"DXA models ({sequence(dxa) or 'none'}) are in both hospitals; how many films each took "
        "is not told",
        explanation="The transfer to an unknown machine was tested in part; measures by model "
        "would show it",
        numbers={"films": films, "dxa": dxa},
    )


def longest_gap(paper: Paper) -> Check:
    """Check that the longest time between film and DXA is told in days."""
    days = paper.longest_gap_days
    return Check(
        key="longest_gap",
        kind="open",
        holds=len(days) == 1,
        expected="The longest time between film and DXA is told in days",
        finding="“Within a month” is no number of days",
        place=SELECTION,
        arithmetic=f"a month has {number(min(days))} to {number(max(days))} days",
        explanation="Few films lie so near the border; a rerun must choose",
        numbers={"days": list(days)},
    )


def tube_current(paper: Paper) -> Check:
    """Check that the tube current has a unit."""
    sites = (paper.development_collection, paper.external_collection)
    told = "; ".join(f"{number(s.tube_current[0])} to {number(s.tube_current[1])}" for s in sites)
    return Check(
        key="tube_current",
        kind="open",
        holds=all(site.tube_current_unit is not None for site in sites),
        expected="The tube current has a unit",
        finding="The tube current is printed without a unit",
        place=f"{SELECTION}; {EXTERNAL}",
        arithmetic=f"“{told} tube current”",
        explanation="mA is likely; the dose, mAs, cannot be had from it",
        numbers={},
    )


def consent(paper: Paper) -> Check:
    """Check that the design for which consent was waived is that of each cohort."""
    sites = {
        "development": paper.development_collection,
        "external": paper.external_collection,
    }
    other = [name for name, site in sites.items() if site.design != site.ethics]
    told = "; ".join(
        f"{name}: {site.design}, {_month(site.first)} to {_month(site.last)}, waived as "
        f"{site.ethics}"
        for name, site in sites.items()
    )
    return Check(
        key="consent",
        kind="contradiction",
        holds=not other,
        expected="Consent was waived for the design that each cohort has",
        finding="Consent was waived because the study is retrospective; the external cohort was "
        "collected prospectively, at another hospital",
        place=f"{EXTERNAL}; Ethical approval and informed consent",
        arithmetic=told,
        explanation="One approval, of the first hospital, is named; the other hospital's may have "
        "been left out, or “prospectively” means after the model was made",
        numbers={"other": other},
    )


def _month(month: tuple[int, int]) -> str:
    return f"{month[0]}-{month[1]:02d}"


CHECKS: tuple[Rule, ...] = (
    expected_share,
    label_region,
    consent,
    prevalence,
    external_described,
    same_devices,
    age_shape,
    longest_gap,
    tube_current,
    density_scale,
    age_range,
)
