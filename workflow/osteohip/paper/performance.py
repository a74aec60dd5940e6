"""Checks of the tables, the measures and the areas under the ROC curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from scipy.stats import binom

from osteohip.evaluation.aggregates import (
    difference_of_proportions,
    discordant_p,
    hanley_mcneil,
    net_benefit,
    net_benefit_over_all,
    refer_all,
    useful_range,
)
from osteohip.evaluation.comparison import AreaDifference, compare_areas
from osteohip.evaluation.discrimination import area_interval
from osteohip.evaluation.estimate import LEVEL, Estimate
from osteohip.evaluation.measures import PROPORTIONS, class_measures, proportions
from osteohip.evaluation.ratios import at_prevalence
from osteohip.paper.check import (
    ALPHA,
    COHORTS,
    SMALLEST_CLASS,
    SMALLEST_CLASS_SOURCE,
    Check,
    Cohort,
    Rule,
    cohort_name,
)
from osteohip.paper.published import Paper, Part, Performance
from osteohip.writing.wording import estimate, number, p_value, percent, sequence, span

# The threshold probability at which a needless referral and a missed case weigh the same.
EVEN = 0.5
VARIANCE = "Hanley-McNeil"
LONG = {
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "PPV",
    "npv": "NPV",
}


def of(paper: Paper, cohort: Cohort) -> tuple[Performance, Part]:
    """Return performance and class sizes of a cohort."""
    if cohort == "test":
        return paper.test_performance, paper.test
    return paper.external_performance, paper.external


def area(paper: Paper, cohort: Cohort) -> Estimate:
    """Return the published area of a cohort with Hanley and McNeil's interval."""
    performance, part = of(paper, cohort)
    found = hanley_mcneil(
        area=performance.auc, diseased=part.osteoporosis, healthy=part.no_osteoporosis
    )
    return area_interval(found, scale="plain", variance_method=VARIANCE)


def area_difference(paper: Paper) -> AreaDifference:
    """Compare the published areas, test set less external cohort."""
    found = []
    for cohort in COHORTS:
        performance, part = of(paper, cohort)
        found.append(
            hanley_mcneil(
                area=performance.auc, diseased=part.osteoporosis, healthy=part.no_osteoporosis
            )
        )
    return compare_areas(*found, variance_method=VARIANCE)


def table_sums(paper: Paper, cohort: Cohort) -> Check:
    """Check that the printed table adds up."""
    printed = of(paper, cohort)[0].printed
    lines = (printed.real_op, printed.real_non_op, printed.total)
    columns = tuple(a + b for a, b in zip(printed.real_op, printed.real_non_op, strict=True))
    return Check(
        key=f"table_sums_{cohort}",
        kind="contradiction",
        holds=all(a + b == total for a, b, total in lines) and columns == printed.total,
        expected=f"The confusion matrix of {cohort_name(cohort)} adds up",
        finding=f"The confusion matrix of {cohort_name(cohort)} does not add up",
        place=of(paper, cohort)[0].source,
        arithmetic="; ".join(f"{number(a)} + {number(b)} = {number(a + b)}" for a, b, _ in lines),
        explanation="A misprint in one of the counts",
        numbers={"lines": [list(line) for line in lines]},
    )


def orientation(paper: Paper, cohort: Cohort) -> Check:
    """Check that rows that are headed as truth have the sizes of the classes."""
    performance, part = of(paper, cohort)
    printed = performance.printed
    rows = (printed.real_op[2], printed.real_non_op[2])
    classes = (part.osteoporosis, part.no_osteoporosis)
    exchanged = printed.total[:2] == classes

    def share(k: int, n: int) -> str:
        return f"{number(k)}/{number(n)} = {percent(k / n)}" if n else f"{number(k)}/{number(n)}"

    return Check(
        key=f"orientation_{cohort}",
        kind="contradiction",
        holds=rows == classes,
        expected=f"The rows headed as truth have the class sizes of {cohort_name(cohort)}",
        finding=f"The table of {cohort_name(cohort)} is printed with truth and prediction exchanged"
        if exchanged
        else f"The rows of {cohort_name(cohort)} headed as truth have other sizes than the classes",
        place=performance.source,
        arithmetic=f"rows {number(rows[0])} and {number(rows[1])}, columns "
        f"{number(printed.total[0])} and {number(printed.total[1])}, classes {number(classes[0])} "
        f"and {number(classes[1])}. As printed, sensitivity is "
        f"{share(printed.real_op[0], rows[0])} and specificity "
        f"{share(printed.real_non_op[1], rows[1])}; stated are "
        f"{percent(performance.sensitivity)} and {percent(performance.specificity)}, "
        f"{share(printed.real_op[0], printed.total[0])} and "
        f"{share(printed.real_non_op[1], printed.total[1])}",
        explanation="The columns are the truth, as when a program is given predictions where it "
        "expects the truth"
        if exchanged
        else "Neither rows nor columns are the classes",
        numbers={"rows": rows, "columns": printed.total[:2], "classes": classes},
    )


def printed_measures(paper: Paper, cohort: Cohort) -> Check:
    """Check that the five printed measures are those of the confusion matrix."""
    performance, _ = of(paper, cohort)
    found = proportions(performance.confusion)
    wrong = [
        name
        for name in PROPORTIONS
        if (value := found[name].estimate) is None
        or abs(value - getattr(performance, name)) > 0.0005 + 1e-9
    ]
    told = "; ".join(
        f"{LONG[name]} {number(found[name].k)}/{number(found[name].n)} = "
        f"{percent(found[name].estimate)} (printed {percent(getattr(performance, name))})"
        for name in PROPORTIONS
    )
    return Check(
        key=f"printed_measures_{cohort}",
        kind="contradiction",
        holds=not wrong,
        expected=f"The five measures of {cohort_name(cohort)} follow from its table",
        finding=f"Other values follow from the table of {cohort_name(cohort)}: "
        f"{', '.join(LONG[name] for name in wrong)}",
        place=performance.source,
        arithmetic=told,
        explanation="A misprint, or another table",
        numbers={"wrong": wrong},
    )


def everyone_positive(paper: Paper, cohort: Cohort) -> Check:
    """Check that the model is right more often than calling everyone osteoporotic."""
    performance, _ = of(paper, cohort)
    counts = performance.confusion
    right, ill = counts.tp + counts.tn, counts.tp + counts.fn
    p = discordant_p(counts.fn, counts.tn)
    return Check(
        key=f"everyone_positive_{cohort}",
        kind="consequence",
        holds=right > ill,
        expected=f"In {cohort_name(cohort)} the model is right more often than calling everyone "
        "osteoporotic",
        finding=f"In {cohort_name(cohort)} the accuracy lies below that of calling everyone "
        "osteoporotic",
        place=performance.source,
        arithmetic=f"model ({number(counts.tp)} + {number(counts.tn)})/{number(counts.n)} = "
        f"{percent(right / counts.n)}; everyone positive {number(ill)}/{number(counts.n)} = "
        f"{percent(ill / counts.n)}; they differ in {number(counts.fn)} + {number(counts.tn)} "
        f"cases, McNemar's exact {p_value(p)}",
        explanation="Accuracy leans on prevalence: where most have the disease, a constant does "
        "well",
        numbers={"model": right / counts.n, "everyone": ill / counts.n, "p": p},
    )


def referral(paper: Paper, cohort: Cohort) -> Check:
    """Check that the calls have more net benefit than referring everyone, harms being even."""
    performance, _ = of(paper, cohort)
    counts = performance.confusion
    model = net_benefit(counts, preference=EVEN)
    everyone = net_benefit(refer_all(counts), preference=EVEN)
    more = net_benefit_over_all(counts, preference=EVEN)
    borders = useful_range(counts)
    told = (
        "no threshold probability at which the calls beat both referring all and referring none"
        if borders is None
        else f"the calls beat referring all and referring none for threshold probabilities from "
        f"{percent(borders[0])} to {percent(borders[1])}"
    )
    return Check(
        key=f"referral_{cohort}",
        kind="consequence",
        holds=more.estimate is not None and more.estimate > 0,
        expected=f"In {cohort_name(cohort)} the calls have more net benefit than referring "
        "everyone to DXA, at even harms",
        finding=f"In {cohort_name(cohort)} referring everyone to DXA has more net benefit than the "
        "model's calls",
        place=performance.source,
        arithmetic=f"at a threshold probability of {number(EVEN, 1)}: model ({number(counts.tp)} − "
        f"{number(counts.fp)})/{number(counts.n)} = {number(model.estimate, 3)}, refer all "
        f"({number(counts.tp + counts.fn)} − {number(counts.fp + counts.tn)})/{number(counts.n)} "
        f"= {number(everyone.estimate, 3)}, difference {estimate(more.as_json())}; {told}",
        explanation="For screening a missed case weighs more than a needless DXA, so that the "
        "threshold probabilities that matter are the low ones",
        numbers={
            "model": model.as_json(),
            "refer_all": everyone.as_json(),
            "difference": more.as_json(),
            "useful_range": borders,
        },
    )


def negative_calls(paper: Paper, cohort: Cohort) -> Check:
    """Check that those who are called free of osteoporosis are mostly free of it."""
    performance, _ = of(paper, cohort)
    counts = performance.confusion
    npv = proportions(counts)["npv"]
    return Check(
        key=f"negative_calls_{cohort}",
        kind="consequence",
        holds=counts.tn > counts.fn,
        expected=f"In {cohort_name(cohort)} most of those called free of osteoporosis are free",
        finding=f"In {cohort_name(cohort)} most of those called free of osteoporosis have it",
        place=performance.source,
        arithmetic=f"{number(counts.fn)} of {number(counts.fn + counts.tn)} negative calls are "
        f"wrong; NPV {estimate(npv.as_json())}",
        explanation="A screening tool is used to send the negative ones home",
        numbers={"wrong": counts.fn, "npv": npv.as_json()},
    )


def predictive_value(paper: Paper) -> Check:
    """Check that where the PPV holds, a positive call says as much as before."""
    ppv, ratio, prevalence = [], [], []
    for cohort in COHORTS:
        counts = of(paper, cohort)[0].confusion
        ill, well = counts.tp + counts.fn, counts.fp + counts.tn
        true, false = counts.tp / ill, counts.fp / well
        ppv.append(counts.tp / (counts.tp + counts.fp))
        prevalence.append(ill / counts.n)
        ratio.append(true / false if false else math.inf)
    external = of(paper, "external")[0].confusion
    name = at_prevalence("ppv", prevalence[0])
    moved = class_measures(external, prevalences=(prevalence[0],))[name]
    return Check(
        key="predictive_value",
        kind="consequence",
        holds=not (ppv[1] >= ppv[0] and ratio[1] < ratio[0]),
        expected="A PPV that does not fall means that a positive call says as much elsewhere",
        finding="The PPV holds externally only because osteoporosis is more frequent there",
        place="Results, External validation",
        arithmetic=f"PPV {percent(ppv[0])} and {percent(ppv[1])}, prevalence "
        f"{percent(prevalence[0])} and {percent(prevalence[1])}, positive likelihood ratio "
        f"{number(ratio[0], 2)} and {number(ratio[1], 2)}; at the test set's prevalence the "
        f"external rates give a PPV of {estimate(moved.as_json(), share=True)}",
        explanation="Predictive values move with prevalence; likelihood ratios do not have to",
        numbers={
            "ppv": ppv,
            "ratio": ratio,
            "prevalence": prevalence,
            "ppv_moved": moved.as_json(),
        },
    )


def area_and_point(paper: Paper, cohort: Cohort) -> Check:
    """Check that the area fits a curve through the operating point."""
    performance, _ = of(paper, cohort)
    counts = performance.confusion
    sensitivity = counts.tp / (counts.tp + counts.fn)
    specificity = counts.tn / (counts.tn + counts.fp)
    low = sensitivity * specificity
    high = 1 - (1 - sensitivity) * (1 - specificity)
    return Check(
        key=f"area_and_point_{cohort}",
        kind="contradiction",
        holds=low - 0.0005 <= performance.auc <= high + 0.0005,
        expected=f"The area of {cohort_name(cohort)} is possible with its operating point",
        finding=f"No curve through the operating point of {cohort_name(cohort)} has this area",
        place=performance.source,
        arithmetic=f"a curve through sensitivity {percent(sensitivity)} and specificity "
        f"{percent(specificity)} has an area between {number(low, 3)} and {number(high, 3)}, a "
        f"concave one at least {number((sensitivity + specificity) / 2, 3)}; printed "
        f"{number(performance.auc, 3)}",
        explanation="Area and table come from different models or cases",
        numbers={"low": low, "high": high, "auc": performance.auc},
    )


def area_words(paper: Paper, cohort: Cohort) -> Check:
    """Check that one area has one name."""
    said = [judged for judged in paper.judged if judged.cohort == cohort]
    words = list(dict.fromkeys(judged.word for judged in said))
    performance, _ = of(paper, cohort)
    return Check(
        key=f"area_words_{cohort}",
        kind="contradiction",
        holds=len(words) < 2,
        expected=f"The area of {cohort_name(cohort)} is judged by one word",
        finding=f"The area of {cohort_name(cohort)} is called {sequence(words)}",
        place="; ".join(judged.place for judged in said),
        arithmetic=f"{number(performance.auc, 3)} is "
        + ", ".join(f"{judged.word} ({judged.place})" for judged in said)
        + f"; by the paper's reference {number(paper.acceptable_auc, 1)} is where acceptable "
        f"begins and {number(paper.excellent_auc, 1)} where excellent does",
        explanation="The word changes with what the sentence argues for",
        numbers={"words": words},
    )


def area_band(paper: Paper, cohort: Cohort) -> Check:
    """Check that the interval of the area lies in the band whose name the Results give it."""
    borders = {"acceptable": paper.acceptable_auc, "excellent": paper.excellent_auc}
    word = next(
        judged.word for judged in paper.judged if judged.cohort == cohort and judged.word in borders
    )
    found = area(paper, cohort)
    return Check(
        key=f"area_band_{cohort}",
        kind="consequence",
        holds=found.low is not None and found.low >= borders[word],
        expected=f"The interval of the area of {cohort_name(cohort)} bears the word {word}",
        finding=f"The interval of the area of {cohort_name(cohort)} reaches below what the paper "
        f"calls {word}",
        place=of(paper, cohort)[0].source,
        arithmetic=f"{estimate(found.as_json())} by Hanley and McNeil; {word} begins at "
        f"{number(borders[word], 1)}",
        explanation="The cohort is too small for the word",
        numbers={"area": found.as_json(), "border": borders[word]},
    )


def area_drop(paper: Paper) -> Check:
    """Check that the areas inside and outside differ no more than by chance."""
    found = area_difference(paper)
    return Check(
        key="area_drop",
        kind="consequence",
        holds=found.p is not None and found.p >= ALPHA,
        by_test=True,
        expected="The areas inside and outside differ no more than by chance",
        finding="The area falls by more than chance; the paper gives no interval and no test",
        place="Discussion, limitations",
        arithmetic=f"{number(found.auc_a, 3)} − {number(found.auc_b, 3)} = "
        f"{number(found.difference, 3)} ({span(found.low, found.high, 3)}), {p_value(found.p)}",
        explanation="“Potential concerns” and “domain generalization” stand for a loss of "
        "discrimination at the other hospital",
        numbers=found.as_json(),
    )


def measure_drops(paper: Paper) -> Check:
    """Check that none of the five measures falls outside by more than chance."""
    inside, outside = (proportions(of(paper, cohort)[0].confusion) for cohort in COHORTS)
    told, fallen, numbers = [], [], {}
    for name in PROPORTIONS:
        one, other = inside[name], outside[name]
        found = difference_of_proportions(first=(one.k or 0, one.n), second=(other.k or 0, other.n))
        numbers[name] = found.as_json()
        both = f"{percent(one.estimate)} and {percent(other.estimate)}"
        told.append(f"{LONG[name]} {both}, {p_value(found.p)}")
        if found.p is not None and found.p < ALPHA and (found.difference or 0) > 0:
            fallen.append(LONG[name])
    return Check(
        key="measure_drops",
        kind="consequence",
        holds=not fallen,
        by_test=True,
        expected="None of the five measures falls outside by more than chance",
        finding=f"What falls by more than chance: {', '.join(fallen)}",
        place="Results, External validation",
        arithmetic=f"Fisher's exact test, not corrected for five of them: {'; '.join(told)}",
        explanation="Too many healthy hips are called osteoporotic there; the NPV falls with the "
        "higher prevalence too",
        numbers=numbers,
    )


def claims(paper: Paper) -> Check:
    """Check that what the Discussion says the model surpasses is below the intervals."""
    found = proportions(paper.test_performance.confusion)
    claimed = {"accuracy": paper.claimed_accuracy, "sensitivity": paper.claimed_sensitivity}
    weak = [
        name
        for name, border in claimed.items()
        if (low := found[name].low) is None or low <= border
    ]
    told = "; ".join(
        f"{LONG[name]} above {percent(border)}: {estimate(found[name].as_json())}"
        for name, border in claimed.items()
    )
    return Check(
        key="claims",
        kind="consequence",
        holds=not weak,
        expected="What the Discussion says the model surpasses lies below the intervals",
        finding="The intervals hold the values that the Discussion says are surpassed",
        place="Discussion, second paragraph",
        arithmetic=told,
        explanation="Estimates were taken for certainties",
        numbers={name: found[name].as_json() for name in claimed},
    )


def class_sizes(paper: Paper) -> Check:
    """Check that both cohorts have enough of each class for a validation."""
    sizes = {
        cohort: (of(paper, cohort)[1].osteoporosis, of(paper, cohort)[1].no_osteoporosis)
        for cohort in COHORTS
    }
    told = "; ".join(
        f"{cohort_name(cohort)} {number(ill)} with and {number(well)} without osteoporosis"
        for cohort, (ill, well) in sizes.items()
    )
    specificity = proportions(paper.external_performance.confusion)["specificity"]
    return Check(
        key="class_sizes",
        kind="consequence",
        holds=min(min(pair) for pair in sizes.values()) >= SMALLEST_CLASS,
        expected=f"Each class has {number(SMALLEST_CLASS)} cases, the usual least for a validation",
        finding=f"The cohorts do not have the {number(SMALLEST_CLASS)} hips of each class that a "
        "validation is held to need",
        place="Methods, Dataset preparation and External validation",
        arithmetic=f"{told}; the external specificity is {estimate(specificity.as_json())}",
        explanation="Other studies are criticised for small samples; no sample size was planned. "
        f"Least number: {SMALLEST_CLASS_SOURCE}",
        numbers={cohort: list(pair) for cohort, pair in sizes.items()},
    )


def called(paper: Paper, cohort: Cohort) -> Check:
    """Check that as many are called osteoporotic as are."""
    counts = of(paper, cohort)[0].confusion
    p = discordant_p(counts.fp, counts.fn)
    return Check(
        key=f"called_{cohort}",
        kind="consequence",
        holds=p >= ALPHA,
        by_test=True,
        expected=f"In {cohort_name(cohort)} as many are called osteoporotic as are",
        finding=f"In {cohort_name(cohort)} osteoporosis is called at another rate than it occurs",
        place=of(paper, cohort)[0].source,
        arithmetic=f"called {number(counts.tp + counts.fp)}, have it "
        f"{number(counts.tp + counts.fn)} of {number(counts.n)}; {number(counts.fp)} false "
        f"positive against {number(counts.fn)} false negative, McNemar's exact {p_value(p)}",
        explanation="The threshold does not fit the prevalence",
        numbers={"false_positive": counts.fp, "false_negative": counts.fn, "p": p},
    )


def epoch_choice(paper: Paper) -> Check:
    """Check that the validation set is fine enough to tell the epochs apart."""
    n, epochs = paper.validation.n, paper.training_protocol.epochs
    accuracy = paper.test_performance.accuracy
    error = math.sqrt(accuracy * (1 - accuracy) / n)
    least, most = (float(binom.ppf(0.5 + side * LEVEL / 2, n, accuracy)) for side in (-1, 1))
    return Check(
        key="epoch_choice",
        kind="open",
        holds=epochs <= n + 1,
        expected="The validation accuracy can tell the epochs apart",
        finding="Several epochs may share the best validation accuracy, and it is not told which "
        "of them is taken",
        place="Methods, Training details",
        arithmetic=f"{number(epochs)} epochs share the {number(n + 1)} values that {number(n)} "
        f"images allow; at an accuracy of {percent(accuracy)} the standard error is "
        f"{percent(error)}, and chance alone spreads it from {number(least)} to "
        f"{number(most)} of {number(n)}",
        explanation="The best of many noisy epochs flatters the validation set; the earliest of "
        "equals is a choice that can be written down",
        numbers={"epochs": epochs, "values": n + 1, "standard_error": error},
    )


def validation_result(paper: Paper) -> Check:
    """Check that the accuracy by which the epoch was chosen is told."""
    told = paper.training_protocol
    return Check(
        key="validation_result",
        kind="open",
        holds=told.best_epoch is not None and told.best_validation_accuracy is not None,
        expected="The chosen epoch and its validation accuracy are told",
        finding="Neither the chosen epoch nor its accuracy on the validation set is told",
        place="Methods, Training details; Results",
        arithmetic=f"{number(paper.validation.n)} validation images, no result on them",
        explanation="Without it nobody sees how much the choice flatters, or whether training had "
        "come to an end",
        numbers={"validation": paper.validation.n},
    )


def _of_both(rule: Callable[..., Check]) -> tuple[Rule, ...]:
    return tuple(partial(rule, cohort=cohort) for cohort in COHORTS)


CHECKS: tuple[Rule, ...] = (
    *_of_both(orientation),
    *_of_both(everyone_positive),
    *_of_both(referral),
    *_of_both(negative_calls),
    predictive_value,
    area_drop,
    measure_drops,
    *_of_both(area_words),
    *_of_both(area_band),
    claims,
    class_sizes,
    epoch_choice,
    validation_result,
    *_of_both(called),
    *_of_both(printed_measures),
    *_of_both(table_sums),
    *_of_both(area_and_point),
)
