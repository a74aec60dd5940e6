"""What the measures, the calibration and the subgroups say: sentences that follow from the numbers.

Every estimate stands with its interval. A word such as "too high" needs an interval that excludes
the ideal; where it does not, the sentence says that nothing was shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from osteohip.evaluation.aggregates import difference_of_paired_proportions
from osteohip.evaluation.estimate import LEVEL
from osteohip.evaluation.measures import Confusion, proportions
from osteohip.report.clinical import level_name
from osteohip.report.cohorts import where
from osteohip.writing.wording import (
    Markdown,
    capital,
    difference,
    escape,
    estimate,
    number,
    plural,
    sequence,
    unbroken,
)

Numbers = Mapping[str, Any]

# What is compared with the test set, as a sentence calls it.
COMPARED = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "ppv": "the positive predictive value",
    "npv": "the negative predictive value",
}
# By these the lowest and the highest area are told. Bands of the T-score are not among them: the
# label is made of it, so that the area differs between them whatever the network does.
TOLD_BY = ("age", "side", "manufacturer")
# Its first band is that near the border of the label.
BORDER = "t_score_distance"
EVEN = 0.5


def one_call(
    counts: Numbers, interval: Literal["wilson", "clopper_pearson"] = "wilson"
) -> dict[str, Any]:
    """Return what one and the same call for every hip would reach: that of the larger class.

    Parameters
    ----------
    counts
        The network's ``tp, fn, fp, tn``.
    interval
        Of the accuracy.

    Returns
    -------
    dict
        ``osteoporosis``, whether that call is osteoporosis (also where both classes are equal);
        ``accuracy`` of it; ``difference``, the network's accuracy less this one in the same hips.
    """
    ill, well = counts["tp"] + counts["fn"], counts["fp"] + counts["tn"]
    everyone = ill >= well
    same = Confusion(ill, 0, well, 0) if everyone else Confusion(0, ill, 0, well)
    # In one class the network alone can be right, in the other the one call alone.
    cells = ("tp", "tn", "fn", "fp") if everyone else ("tn", "tp", "fp", "fn")
    both, mine, theirs, neither = (counts[cell] for cell in cells)
    return {
        "osteoporosis": everyone,
        "accuracy": proportions(same, interval=interval)["accuracy"].as_json(),
        "difference": difference_of_paired_proportions(
            both=both, first_alone=mine, second_alone=theirs, neither=neither
        ).as_json(),
    }


def performance_sentences(cohort: Numbers) -> Markdown:
    """Return the measures of a cohort in words, and what to think of them."""
    found = cohort["metrics"]
    said = {name: _shown(found[name]) for name in ("auc", *COMPARED)}
    text = (
        f"{capital(where(cohort))} the area under the ROC curve was {said['auc']}. At the "
        f"threshold the sensitivity was {said['sensitivity']}, the specificity "
        f"{said['specificity']}, the positive predictive value {said['ppv']}, the negative "
        f"predictive value {said['npv']} and the accuracy {said['accuracy']}."
    )
    return Markdown(" ".join(filter(None, (text, _beside_one_call(cohort), wrong_calls(cohort)))))


def _beside_one_call(cohort: Numbers) -> str:
    """Return how the accuracy lies to that of one call for every hip; empty where unknown."""
    found = cohort["one_call"]["difference"]
    if found["low"] is None:
        return ""
    other = f"{_call(cohort)}, {_shown(cohort['one_call']['accuracy'])}"
    by = f"the difference was {_points(found)}"
    if _sure(found) > 0:
        return f"This accuracy is above that of {other}; {by}."
    if _sure(found) < 0:
        return f"This accuracy is below that of {other}; {by}."
    if found["difference"] < 0:
        return f"This accuracy lies below that of {other}, which may be chance; {by}."
    return f"This accuracy was not shown to be above that of {other}; {by}."


def below_one_call(cohort: Numbers) -> Markdown:
    """Return for the abstract that one call for every hip was right more often; else nothing."""
    found = cohort["one_call"]["difference"]
    if found["difference"] is None or found["difference"] >= 0:
        return Markdown("")
    return Markdown(
        f"; the accuracy, {_shown(cohort['metrics']['accuracy'])}, was below that of "
        f"{_call(cohort)}, {_shown(cohort['one_call']['accuracy'])}"
    )


def _call(cohort: Numbers) -> str:
    return f"calling {'every hip' if cohort['one_call']['osteoporosis'] else 'no hip'} osteoporotic"


def not_above_one_call(cohorts: Sequence[Numbers]) -> list[Markdown]:
    """Return where the accuracy was not shown to be above that of one call for every hip."""
    return [
        where(cohort)
        for cohort in cohorts
        for found in [cohort["one_call"]["difference"]]
        if found["low"] is not None and _sure(found) <= 0
    ]


def wrong_calls(cohort: Numbers) -> str:
    """Return which of the two calls was wrong more often than right; empty where neither was."""
    found = [
        f"Of the hips that it called {name} {where(cohort)}, fewer than half were so"
        f"{consequence}: {_shown(cohort['metrics'][measure])}."
        for measure, name, consequence in (
            ("ppv", "osteoporotic", ""),
            ("npv", "not osteoporotic", ", so that this call does not rule osteoporosis out"),
        )
        for value in [cohort["metrics"][measure]["estimate"]]
        if value is not None and value < EVEN
    ]
    return " ".join(found)


def compared_sentence(cohort: Numbers) -> Markdown:
    """Return which measures differ between the test set and an external site, by their intervals.

    The area is told elsewhere and is not among them.
    """
    found = cohort["drop"]["differences"]
    known = {name: found[name] for name in COMPARED if found[name]["low"] is not None}
    if not known:
        return Markdown("")
    sure = [
        Markdown(f"{COMPARED[name]}, {_points(item)}")
        for name, item in known.items()
        if _sure(item)
    ]
    measures = f"Of the {plural(len(known), 'measure')} that rest on the threshold"
    if not sure:
        return Markdown(f"{measures}, none was shown to differ.")
    return Markdown(
        f"{measures}, interval and p value tell a difference of {sequence(sure)}; neither is "
        "corrected for the number of measures."
    )


def _sure(found: Numbers) -> int:
    """Return 1 or −1 where interval and p value both tell a difference to that side, else 0.

    The interval and the exact test are by different methods, and in few hips they may disagree.
    """
    if found["p"] is not None and found["p"] >= 1 - LEVEL:
        return 0
    return int(found["low"] > 0) - int(found["high"] < 0)


def explained_sentence(cohort: Numbers) -> Markdown:
    """Return how much of the drop to an external site lies in its patients and its prevalence."""
    drop = cohort["drop"]
    patients, prevalence = drop["reweighted"][-1], drop["prevalence"]["npv"]
    area, npv = drop["differences"]["auc"], drop["differences"]["npv"]
    told = []
    if None not in (area["difference"], patients["case_mix"]["estimate"]):
        told.append(
            f"of the difference of areas, {unbroken(difference(area))}, age and T-score of the "
            f"patients explain {_shown(patients['case_mix'])}"
        )
    if None not in (npv["difference"], prevalence["prevalence"]["difference"]):
        told.append(
            f"of the difference of the negative predictive value, {_points(npv)}, prevalence "
            f"explains {_points(prevalence['prevalence'])}"
        )
    return Markdown(f"{capital(where(cohort))}, {'; '.join(told)}." if told else "")


def calibration_sentences(cohort: Numbers) -> Markdown:
    """Return the calibration of a cohort in words, as scored and after the refit."""
    own = _calibrated(cohort["metrics"])
    text = f"{capital(where(cohort))} {own}"
    refit = cohort["recalibrated"]
    if refit and refit["slope"] is not None:
        again = refit["metrics"]
        text += (
            f" After the refit these were {_shown(again['observed_expected'])} and "
            f"{_shown(again['calibration_slope'])}."
        )
    return Markdown(text)


def _calibrated(found: Numbers) -> str:
    ratio, slope = found["observed_expected"], found["calibration_slope"]
    told = [word for word in (_level(ratio), _spread(slope)) if word]
    more = f": {' and '.join(told)}" if told else ""
    return (
        f"the ratio of observed to expected cases was {_shown(ratio)} and the calibration slope "
        f"{_shown(slope)}{more}."
    )


def _level(ratio: Numbers) -> str:
    if ratio["low"] is None:
        return ""
    if ratio["low"] > 1:
        return "the scores were too low on average"
    if ratio["high"] < 1:
        return "the scores were too high on average"
    return "the scores were not shown to be too high or too low on average"


def _spread(slope: Numbers) -> str:
    if slope["low"] is None:
        return ""
    if slope["high"] < 1:
        return "they were too extreme"
    if slope["low"] > 1:
        return "they were not extreme enough"
    return "they were not shown to be too extreme or too timid"


def miscalibrated(cohorts: Sequence[Numbers]) -> list[Markdown]:
    """Return where the ratio of cases or the slope has an interval without 1, with that one."""
    names = {
        "observed_expected": "the ratio of observed to expected cases",
        "calibration_slope": "the calibration slope",
    }
    found = []
    for cohort in cohorts:
        wrong = [
            Markdown(f"{label} was {_shown(item)}")
            for name, label in names.items()
            for item in [cohort["metrics"][name]]
            if item["low"] is not None and (item["low"] > 1 or item["high"] < 1)
        ]
        if wrong:
            found.append(Markdown(f"{where(cohort)} {sequence(wrong)}"))
    return found


def subgroup_sentences(cohort: Numbers) -> Markdown:
    """Return the areas of a cohort's subgroups in words."""
    known = [group for group in cohort["subgroups"] if group["auc"]["estimate"] is not None]
    told = sorted(
        (group for group in known if group["variable"] in TOLD_BY),
        key=lambda group: group["auc"]["estimate"],
    )
    place, counted = capital(where(cohort)), plural(len(told), "subgroup")
    if len(told) > 1:
        text = [
            f"{place} the area was lowest, {_subgroup(told[0])}, and highest, "
            f"{_subgroup(told[-1])}, of {counted} by age, side and device maker whose area could "
            "be estimated."
        ]
    else:
        few = f"{counted} alone" if told else "no subgroup"
        text = [f"{place} the area could be estimated in {few} by age, side and device maker."]
    for variable in ("side", BORDER):
        both = [group for group in known if group["variable"] == variable]
        if len(both) > 1:
            text.append(f"It was {' and '.join(map(_subgroup, both))}.")
    return Markdown(" ".join(text))


def unclear_at_border(cohorts: Sequence[Numbers]) -> list[Markdown]:
    """Return where the area near the border of the label was not shown to be above one half."""
    found = []
    for cohort in cohorts:
        bands = [group for group in cohort["subgroups"] if group["variable"] == BORDER]
        low = bands[0]["auc"]["low"] if bands else None
        if low is not None and low <= EVEN:
            found.append(Markdown(f"{_shown(bands[0]['auc'])} {where(cohort)}"))
    return found


def _subgroup(group: Numbers) -> str:
    return f"{_shown(group['auc'])} {_members(group)} (n = {number(group['n'])})"


def _members(group: Numbers) -> str:
    """Return a subgroup as a sentence calls it: "in right hips"."""
    level = escape(level_name(group))
    if group["level"] == "not stated":
        known = {"age": "age", "side": "side", "manufacturer": "device maker"}
        return f"in hips whose {known.get(group['variable'], 'T-score')} is not stated"
    return {
        "age": f"in the age band {level}",
        "side": f"in {level} hips",
        "manufacturer": f"on films by {level}",
    }.get(group["variable"], f"at a T-score {level}")


def _shown(item: Numbers) -> Markdown:
    return unbroken(estimate(item))


def _points(found: Numbers) -> Markdown:
    """Return a difference of shares in percentage points."""
    shown = unbroken(difference(found, percents=True))
    return Markdown(f"{shown} percentage points")
