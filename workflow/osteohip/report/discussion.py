"""What the report concludes, and what limits it: sentences that follow from the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osteohip.report.cohorts import held_out, where
from osteohip.report.findings import (
    explained_sentence,
    miscalibrated,
    not_above_one_call,
    unclear_at_border,
    wrong_calls,
)
from osteohip.writing.wording import Markdown, capital, escape, number, percent, plural, sequence

Numbers = Mapping[str, Any]


def difference_to(content: Numbers, cohort: Numbers) -> Numbers:
    """Return the difference of areas: internal test less an external site."""
    compared = content["comparison"]
    found: Numbers = (
        compared["external"][cohort["id"]]["auc"]
        if compared
        else cohort["drop"]["differences"]["auc"]
    )
    return found


def conclusion(content: Numbers) -> Markdown:
    """Return the conclusion: what the intervals show, and nothing more."""
    return Markdown(" ".join([*_told(content), *_evidence(content["study"])]))


def main_findings(content: Numbers) -> list[Markdown]:
    """Return what the discussion begins with, a paragraph each."""
    cohorts = held_out(content)
    told = " ".join(_told(content))
    more = []
    unclear = unclear_at_border(cohorts)
    if unclear:
        more.append(
            "Near the border of the label, where the truth itself is least certain, the network "
            "was not shown to tell osteoporosis better than chance: the area was "
            f"{sequence(unclear)}."
        )
    more += [explained_sentence(cohort) for cohort in cohorts if cohort["drop"]]
    return [
        Markdown(text)
        for text in (told, " ".join(filter(None, more)), *_evidence(content["study"]))
        if text
    ]


def _told(content: Numbers) -> list[str]:
    cohorts = held_out(content)
    sentences = [_discrimination(cohort) for cohort in cohorts if cohort["kind"] == "test"]
    for cohort in cohorts:
        if cohort["kind"] == "external":
            whose = "its" if sentences else "the network's"
            sentences.append(_held(content, cohort, whose))
    name = content["baselines"]["comparator"]
    if name is not None:
        more = [
            where(cohort)
            for cohort in cohorts
            if cohort["baselines"] and _above_zero(_gain(cohort, name))
        ]
        known = sum(cohort["baselines"] is not None for cohort in cohorts)
        if more:
            sentences.append(
                f"The network told more than the strongest baseline {sequence(more)}."
                if len(more) < known or known == 1
                else "The network told more than the strongest baseline everywhere."
            )
        elif known:
            sentences.append("The network was not shown to tell more than the strongest baseline.")
    weak = not_above_one_call(cohorts)
    if weak:
        sentences.append(
            "The network's accuracy was not shown to be above that of giving every hip the same "
            f"call {sequence(weak)}."
        )
    return sentences


def _evidence(study: Numbers) -> list[str]:
    """Return what results on computed films are no evidence of."""
    if study["films_synthetic"]:
        return ["The films were computed: none of this is evidence about patients."]
    if study["all_synthetic"]:
        return ["The network learned from computed films: none of this is evidence about patients."]
    return (
        ["Results of computed films are no evidence about patients."] if study["synthetic"] else []
    )


def _discrimination(cohort: Numbers) -> str:
    area = cohort["metrics"]["auc"]
    if area["low"] is None:
        return f"What the network tells {where(cohort)} could not be estimated."
    if area["low"] > 0.5:
        return f"The network told osteoporosis better than chance {where(cohort)}."
    return f"The network was not shown to tell osteoporosis better than chance {where(cohort)}."


def _held(content: Numbers, cohort: Numbers, whose: str) -> str:
    found, at = difference_to(content, cohort), where(cohort)
    if found["low"] is None:
        return f"Whether {whose} discrimination holds {at} could not be estimated."
    for higher, sure in (("lower", found["low"] > 0), ("higher", found["high"] < 0)):
        if sure:
            return f"{capital(whose)} discrimination was {higher} {at} than in the internal test."
    return (
        f"A difference of {whose} discrimination between the internal test and "
        f"{escape(cohort['name'])} was not shown, which is no proof that there is none."
    )


def _gain(cohort: Numbers, name: str) -> Numbers:
    found: Numbers = cohort["baselines"]["scorers"][name]["auc_difference"]
    return found


def _above_zero(found: Numbers) -> bool:
    return found["low"] is not None and bool(found["low"] > 0)


def limitations(content: Numbers) -> list[Markdown]:
    """Return what limits the study, a sentence or two each."""
    study, config = content["study"], content["config"]
    externals = [site for site in content["sites"] if site["role"] == "external"]
    found = []
    if study["films_synthetic"]:
        found.append(
            "All films were computed and are easier, and more alike, than those of patients. "
            "Numbers that lie near the published ones do so by the design of the generator."
        )
    if study["mixed"]:
        found.append("Synthetic and real data are mixed; a result that rests on both is neither.")
    if study["received"]:
        found.append(
            "The model's development is known by its bundle alone; whether patients took part in "
            "both cannot be told."
        )
    elif not externals:
        found.append(
            "There was no external site: whether the network holds elsewhere is not known."
        )
    elif len(externals) == 1:
        found.append("One external site shows that hospital, and not what to expect of others.")
    if externals and not study["received"]:
        found.append(
            "A patient whom two hospitals know by two numbers would not be found to be in both: "
            "that the sites share no patient is as sure as their numbers and dates of birth."
        )
    for cohort in held_out(content):
        area, counts = cohort["metrics"]["auc"], cohort["osteoporosis"]
        if area["low"] is not None:
            were = "was" if cohort["n"] == 1 else "were"
            found.append(
                f"{capital(where(cohort))} there {were} {plural(cohort['n'], 'hip')}, "
                f"{number(counts['k'])} with osteoporosis, so that the interval of the area "
                f"reaches from {number(area['low'], 3)} to {number(area['high'], 3)}."
            )
    weak = not_above_one_call(held_out(content))
    if weak:
        found.append(
            f"{capital(sequence(weak))} the network was not shown to be right more often than one "
            "call for every hip, that of the larger class."
        )
    found += [text for cohort in held_out(content) if (text := wrong_calls(cohort))]
    wrong = miscalibrated(held_out(content))
    if wrong:
        found.append(
            f"The scores are not to be read as probabilities: {'; '.join(wrong)}. Of both, one "
            "would be ideal."
        )
    regions = config["selection"]["label_regions"]
    found.append(
        "The reference standard has an error of its own: a T-score near the border of the label "
        f"may fall on either side of it at the next measurement. "
        f"The label rests on {plural(len(regions), 'region')} of one hip, and the spine was not "
        "considered."
    )
    boxes = (
        "Where the hips lie was known from the generator."
        if study["films_synthetic"]
        else "The hips of patients were cut out by hand."
        if any(site["synthetic"] for site in content["sites"])
        else "The hips were cut out by hand."
    )
    found.append(
        f"{boxes} What the network does on whole films, or on crops that a program finds, was not "
        "tested."
    )
    left_out = [
        f"{number(site['uncroppable_total'])} of {number(site['cohort']['records'])} at "
        f"{escape(site['name'])}"
        for site in content["sites"]
        if site["uncroppable_total"]
    ]
    if left_out:
        found.append(
            f"Hips that could not be cropped were left out ({sequence(map(Markdown, left_out))}); "
            "the network says nothing about such films."
        )
    if not study["received"]:
        best = content["training"]["at_best"]["validation_accuracy"]
        found.append(
            "The epoch was chosen on the validation set, whose accuracy of "
            f"{percent(best)} is optimistic for that reason."
        )
        if content["runs"] is None or content["runs"]["trained"] == 1:
            found.append(
                "The network was trained once, from one seed: how far its results would differ "
                "after another training is not known, and no interval tells it."
            )
    return [text if isinstance(text, Markdown) else Markdown(text) for text in found]
