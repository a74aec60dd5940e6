"""Checks of what is counted: units, sums, the parts and who left."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest, chi2_contingency, fisher_exact

from osteohip.paper.check import ALPHA, Check, Rule
from osteohip.paper.published import Paper
from osteohip.writing.wording import number, p_value, percent, plural

PREPARATION = "Methods, Dataset preparation"
PEOPLE = ("patients", "subjects")


def units(paper: Paper) -> Check:
    """Check that one number cannot count patients and films where one patient has two films."""
    twice = paper.patients_with_two_films
    named = list(dict.fromkeys((c.number, c.noun) for c in paper.collected_as))
    of_people = {n for n, noun in named if noun in PEOPLE}
    of_films = {n for n, noun in named if noun not in PEOPLE}
    both = sorted(of_people & of_films)
    n = paper.collected
    nouns = ", ".join(noun for _, noun in named)
    return Check(
        key="units",
        kind="contradiction",
        holds=not (both and twice),
        expected="A number counts patients or radiographs, not both",
        finding=f"{number(n)} counts {nouns} alike",
        place="; ".join(dict.fromkeys(c.place for c in paper.collected_as)),
        arithmetic=f"{plural(twice, 'subject')} had two radiographs: {number(n)} radiographs are "
        f"of {number(n)} − {number(twice)} = {number(n - twice)} patients, and {number(n)} "
        f"patients have {number(n)} + {number(twice)} = {number(n + twice)} radiographs",
        explanation=f"{number(n)} radiographs of {number(n - twice)} patients fit the "
        f"{number(paper.cropped.number)} subjects whose images were cropped",
        numbers={"both": both, "patients": n - twice, "radiographs": n + twice},
    )


def images_and_patients(paper: Paper) -> Check:
    """Check that after cropping, images and patients are equally many."""
    left = paper.cropped.number - paper.uncroppable
    nouns = ", ".join(c.noun for c in paper.images_as)
    return Check(
        key="images_and_patients",
        kind="contradiction",
        holds=left == paper.images.n,
        expected=f"{number(paper.images.n)} can count {nouns} alike",
        finding=f"The cropped images are {number(left)} and not {number(paper.images.n)}",
        place=PREPARATION,
        arithmetic=f"{number(paper.cropped.number)} {paper.cropped.noun} − "
        f"{number(paper.uncroppable)} uncroppable = {number(left)}",
        explanation="A misprint, or a second image of the same patient was kept",
        numbers={"left": left, "images": paper.images.n},
    )


def flow(paper: Paper) -> Check:
    """Check that what was collected, less what could not be cropped, is what was used."""
    left = paper.collected - paper.uncroppable
    second = left - paper.patients_with_two_films
    explained = (
        f"The second radiograph of the one patient was set aside: {number(left)} − "
        f"{number(paper.patients_with_two_films)} = {number(second)}; which of the two, and why, "
        "is not told"
    )
    return Check(
        key="flow",
        kind="contradiction",
        holds=left == paper.images.n,
        expected=f"{number(paper.collected)} less the uncroppable are the "
        f"{number(paper.images.n)} images",
        finding=f"{number(paper.uncroppable)} uncroppable of {number(paper.collected)} leave "
        f"{number(left)}, not {number(paper.images.n)}",
        place=PREPARATION,
        arithmetic=f"{number(paper.collected)} − {number(paper.uncroppable)} = {number(left)}; "
        f"used: {number(paper.images.n)}",
        explanation=explained
        if second == paper.images.n
        else f"The second radiographs leave {number(second)}, which does not explain it",
        numbers={"left": left, "without_second": second, "images": paper.images.n},
    )


def class_sums(paper: Paper) -> Check:
    """Check that the two classes add up, before and after cropping."""
    before = paper.collected_osteoporosis + paper.collected_no_osteoporosis
    named = {c.number for c in paper.images_as}
    return Check(
        key="class_sums",
        kind="contradiction",
        holds=before == paper.collected and named == {paper.images.n},
        expected="The classes add up to the whole",
        finding="The classes do not add up to the whole",
        place=f"Abstract; {PREPARATION}",
        arithmetic=f"{number(paper.collected_osteoporosis)} + "
        f"{number(paper.collected_no_osteoporosis)} = {number(before)} of "
        f"{number(paper.collected)}; {number(paper.images.osteoporosis)} + "
        f"{number(paper.images.no_osteoporosis)} = {number(paper.images.n)} of "
        f"{', '.join(number(n) for n in sorted(named))}",
        explanation="A misprint in one of the counts",
        numbers={"collected": before, "images": paper.images.n},
    )


def losses(paper: Paper) -> Check:
    """Check that images were lost from both classes alike."""
    lost = [
        paper.collected_osteoporosis - paper.images.osteoporosis,
        paper.collected_no_osteoporosis - paper.images.no_osteoporosis,
    ]
    of = [paper.collected_osteoporosis, paper.collected_no_osteoporosis]
    kept = [paper.images.osteoporosis, paper.images.no_osteoporosis]
    possible = min(*lost, *kept) >= 0
    p = float(fisher_exact(np.array([lost, kept])).pvalue) if possible else None
    shares = [
        f"{number(k)} of {number(n)} ({percent(k / n)})" for k, n in zip(lost, of, strict=True)
    ]
    return Check(
        key="losses",
        kind="open",
        holds=p is not None and p >= ALPHA,
        by_test=True,
        expected="The images that left are of both classes alike",
        finding="The images that left are not of both classes alike",
        place=PREPARATION,
        arithmetic=f"with osteoporosis {shares[0]}, without {shares[1]}; Fisher's exact "
        f"{p_value(p)}",
        explanation="Films of poor quality may come from frail patients",
        numbers={"lost": lost, "p": p},
    )


def parts(paper: Paper) -> Check:
    """Check that training, validation and test add up in each class."""
    three = (paper.training, paper.validation, paper.test)
    ill = [part.osteoporosis for part in three]
    well = [part.no_osteoporosis for part in three]
    whole = paper.images
    sums = " and ".join(
        f"{' + '.join(number(k) for k in counts)} = {number(sum(counts))}"
        for counts in ([part.n for part in three], ill, well)
    )
    return Check(
        key="parts",
        kind="contradiction",
        holds=sum(ill) == whole.osteoporosis and sum(well) == whole.no_osteoporosis,
        expected="Training, validation and test add up to the images in each class",
        finding="Training, validation and test do not add up to the images in each class",
        place=PREPARATION,
        arithmetic=f"{sums}; printed {number(whole.n)}, {number(whole.osteoporosis)}, "
        f"{number(whole.no_osteoporosis)}",
        explanation="A misprint in one of the counts",
        numbers={"osteoporosis": ill, "no_osteoporosis": well},
    )


def split_shares(paper: Paper) -> Check:
    """Check that the parts have the stated shares, rounded to whole images."""
    three = (paper.training, paper.validation, paper.test)
    n = paper.images.n
    off = [part.n - share * n for part, share in zip(three, paper.split_shares, strict=True)]
    told = [
        f"{number(part.n)} of {number(n)} = {percent(part.n / n)} for {percent(share)}"
        for part, share in zip(three, paper.split_shares, strict=True)
    ]
    return Check(
        key="split_shares",
        kind="contradiction",
        holds=all(abs(distance) < 1 for distance in off),
        expected="The parts have the stated shares, up to whole images",
        finding="The parts have other shares than stated",
        place=PREPARATION,
        arithmetic="; ".join(told),
        explanation="A misprint, or parts of patients and not of images",
        numbers={"images_off": off},
    )


def split_classes(paper: Paper) -> Check:
    """Check that the parts differ in their share of osteoporosis no more than by chance."""
    three = (paper.training, paper.validation, paper.test)
    table = np.array([[part.osteoporosis, part.no_osteoporosis] for part in three])
    p = float(chi2_contingency(table, correction=False).pvalue)
    shares = ", ".join(percent(part.osteoporosis / part.n) for part in three)
    return Check(
        key="split_classes",
        kind="open",
        holds=p >= ALPHA,
        by_test=True,
        expected="The parts' shares of osteoporosis fit a random split",
        finding="The parts' shares of osteoporosis do not fit a random split",
        place=PREPARATION,
        arithmetic=f"training, validation, test: {shares}; chi-squared test {p_value(p)}",
        explanation="The split was not at random, or by something that goes along with the label",
        numbers={"p": p},
    )


def figure_1(paper: Paper) -> Check:
    """Check that the caption of Figure 1 counts the set that it names."""
    named = {"validation": paper.validation.n, "test": paper.test.n}
    caption = paper.figure_1
    other = [name for name, n in named.items() if n == caption.number and name != caption.noun]
    n = named[caption.noun]
    return Check(
        key="figure_1",
        kind="contradiction",
        holds=caption.number == n,
        expected=f"The {caption.noun} set of the caption has the size of the {caption.noun} set",
        finding=f"The caption speaks of {number(caption.number)} {caption.noun} data sets; the "
        f"{caption.noun} set has {number(n)}",
        place=caption.place,
        arithmetic=f"{caption.noun} set {number(n)}, caption {number(caption.number)}"
        + "".join(f", {name} set {number(named[name])}" for name in other),
        explanation=f"The curve is of the {other[0]} set, and “internal validation” is meant"
        if other
        else "No part has this size",
        numbers={"caption": caption.number, **named},
    )


def sides_sum(paper: Paper) -> Check:
    """Check that right and left hips add up to the images."""
    total = paper.right_hips + paper.left_hips
    return Check(
        key="sides_sum",
        kind="contradiction",
        holds=total == paper.images.n,
        expected="Right and left hips add up to the images",
        finding="Right and left hips do not add up to the images",
        place="Results, first paragraph",
        arithmetic=f"{number(paper.right_hips)} + {number(paper.left_hips)} = {number(total)} of "
        f"{number(paper.images.n)}",
        explanation="A misprint in one of the counts",
        numbers={"total": total, "images": paper.images.n},
    )


def sides_balance(paper: Paper) -> Check:
    """Check that right and left hips are equally frequent."""
    n = paper.right_hips + paper.left_hips
    p = float(binomtest(paper.right_hips, n).pvalue)
    return Check(
        key="sides_balance",
        kind="open",
        holds=p >= ALPHA,
        by_test=True,
        expected="Right and left hips are equally frequent, or the paper says why not",
        finding="One side is more frequent than chance allows, and the paper does not say why",
        place="Results, first paragraph",
        arithmetic=f"{number(paper.right_hips)} right of {number(n)} = "
        f"{percent(paper.right_hips / n)}; exact binomial {p_value(p)} against one half",
        explanation="DXA often measures the left hip unless it was operated on; if side goes "
        "along with the label, a network can learn the side",
        numbers={"right": paper.right_hips, "n": n, "p": p},
    )


def exclusions(paper: Paper) -> Check:
    """Check that each criterion comes with the number that it excluded."""
    site = paper.development_collection
    told = len(site.excluded or ())
    return Check(
        key="exclusions",
        kind="open",
        holds=site.excluded is not None,
        expected="The number that each criterion excluded is told",
        finding="No number is told of those who came in, or of those whom a criterion excluded",
        place="Methods, Study design and patient selection",
        arithmetic=f"{number(told)} of {number(site.criteria)} criteria come with a number; "
        f"{number(paper.collected)} is what remained",
        explanation="The flow begins where it should end, so selection cannot be judged",
        numbers={"criteria": site.criteria, "told": told},
    )


def quality(paper: Paper) -> Check:
    """Check that what makes a radiograph too poor is told, where some left for it."""
    return Check(
        key="quality",
        kind="open",
        holds=paper.quality_criterion is not None or paper.uncroppable == 0,
        expected="What makes a radiograph too poor is told",
        finding="Radiographs left for “inappropriate quality”, which is no criterion and is not "
        "defined",
        place="Methods, Study design and patient selection, and Dataset preparation",
        arithmetic=f"{number(paper.uncroppable)} of {number(paper.collected)} = "
        f"{percent(paper.uncroppable / paper.collected)} left, while the position of the hip is "
        "“normal variation of real-world data”",
        explanation="Who cropped decided; in practice such films are read too",
        numbers={"uncroppable": paper.uncroppable},
    )


CHECKS: tuple[Rule, ...] = (
    units,
    flow,
    figure_1,
    exclusions,
    quality,
    sides_balance,
    images_and_patients,
    class_sums,
    losses,
    parts,
    split_shares,
    split_classes,
    sides_sum,
)
