"""The model card, after Mitchell et al. (2019, doi 10.1145/3287560.3287596).

It is made of the model bundle, the configuration and the numbers. What only the authors can say is
marked as such until they have said it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from osteohip.model.manifest import MANIFEST, PURPOSE
from osteohip.report.clinical import subgroups_table
from osteohip.report.cohorts import cohort_title, held_out, population
from osteohip.statements import asked
from osteohip.writing import wording
from osteohip.writing.table import Row, Table, heading_row, mark_of, to_markdown
from osteohip.writing.wording import Markdown, escape, sequence

Numbers = Mapping[str, Any]

MODALITIES = {
    "CR": "computed radiography, CR",
    "DX": "digital radiography, DX",
    "RF": "radiofluoroscopy, RF",
    "OT": "other, OT",
}
SOURCE = (
    "Its parts are those of Mitchell M, Wu S, Zaldivar A, et al. Model cards for model reporting. "
    "Proc Conf Fairness, Accountability, and Transparency 2019:220-229, "
    "doi 10.1145/3287560.3287596."
)


@dataclass(frozen=True)
class Fact:
    """One thing that the card says.

    Parameters
    ----------
    heading
        The part of the card.
    what, text
        What it is about, and what holds.
    tables
        Keys of the report's tables with more of it.
    """

    heading: str
    what: str
    text: str
    tables: tuple[str, ...] = ()


def card_facts(content: Numbers) -> list[Fact]:
    """Return what the card says, in its order."""
    return [
        *_details(content),
        *_use(content),
        *_factors(content),
        *_data(content),
        *_analyses(content),
        *_ethics(content),
        *_caveats(content),
    ]


def _details(content: Numbers) -> Iterator[Fact]:
    part = "Model details"
    model, network, received = content["model"], content["config"]["network"], content["received"]
    block = network["non_local_after"]
    behind = f"a non-local block behind {block}" if block else "no non-local block"
    start = "ImageNet weights" if network["initial_weights"] else "random weights"
    yield Fact(
        part,
        "Model",
        f"A {model['architecture']} with {wording.exact(network['width'])} times its channels, "
        f"{behind} and {wording.number(model['parameters'])} parameters, trained from {start} with "
        f"seed {model['seed']}; the run {content['study']['run']}.",
        ("settings",),
    )
    yield Fact(
        part,
        "Origin",
        "Received from elsewhere as a closed bundle and used as it is."
        if received
        else "Trained in this study; its design follows Jang and colleagues.",
    )
    versions = ", ".join(f"{name} {version}" for name, version in model["versions"].items())
    yield Fact(part, "Software", f"{versions}.", ("run",))
    digest = f" The digest of the whole is {received['digest']}." if received else ""
    yield Fact(
        part,
        "How to use it",
        "The model's bundle holds weights, network, preprocessing and operating points, with a "
        f"digest of each file in {MANIFEST}; the key model of osteohip's configuration names it, "
        f"and it is then applied to the films of another hospital.{digest}",
    )
    yield _authors(content, part, "Terms of the weights", "model_availability")


def _use(content: Numbers) -> Iterator[Fact]:
    part = "Intended use"
    received = content["received"]
    yield Fact(part, "Purpose", received["purpose"] if received else PURPOSE)
    yield _authors(content, part, "Users and place in care", "intended_use")
    yield Fact(
        part,
        "What users must do",
        "Someone who knows the anatomy draws a box around the hip on each film; all else is done "
        "by the program.",
    )
    # A model that was received is for the patients and films of its own development.
    scope = received or content["config"]
    whose = "the criteria of its development" if received else "the study's criteria"
    modalities = [MODALITIES.get(name, name) for name in scope["inventory"]["modalities"]]
    yield Fact(
        part,
        "Out of scope",
        f"Other patients than {population(scope['selection'])}; other films than anteroposterior "
        f"(AP) films of the hip or pelvis ({'; '.join(modalities)}); hips that {whose} exclude.",
        () if received else tuple(f"flow-{site['id']}" for site in content["sites"]),
    )


def _factors(content: Numbers) -> Iterator[Fact]:
    part = "Input, output and factors"
    size = content["config"]["images"]["size"]
    yield Fact(
        part,
        "Input",
        f"The crop of one hip, {size} × {size} pixels, and nothing else: neither age, T-score, "
        "device nor clinical data. Which pixels matter is learnt, not chosen.",
    )
    yield Fact(
        part,
        "Preparation",
        "The same steps for every film, whoever the patient is: "
        f"{content['model']['preprocessing']['order']}. Files that are no film of this study, or "
        "that cannot be decoded, are refused and counted.",
    )
    point = held_out(content)[0]["threshold"]
    yield Fact(
        part,
        "Output",
        "A score between zero and one, higher with more disease; from "
        f"{wording.exact(point['value'])} on it is called osteoporosis.",
        ("operating-points",),
    )
    yield Fact(
        part,
        "Poor or missing input",
        "Nothing is filled in. A record without film, T-score or a usable crop leaves the study "
        "with its reason, and the model gives no score for it.",
        tuple(f"flow-{site['id']}" for site in content["sites"]),
    )
    yield Fact(
        part,
        "Factors that were looked at",
        "Age, side, device maker and T-score. Ancestry, body mass, treatments and social position "
        "were not: the study's tables do not hold them.",
    )
    yield Fact(
        part,
        "Measures",
        "Discrimination, calibration, net benefit and the confusion matrix at one threshold, each "
        f"with its {content['study']['interval_percent']} % interval.",
        ("measures", "calibration"),
    )


def _data(content: Numbers) -> Iterator[Fact]:
    part = "Data"
    model, received = content["model"], content["received"]
    n = model["n"]
    yield Fact(
        part,
        "Training data",
        f"{wording.plural(n['training'], 'hip')} for training and "
        f"{wording.number(n['validation'])} for the choice of the epoch."
        + (" What more is known of them stands in the bundle." if received else ""),
        () if received else ("characteristics",),
    )
    yield Fact(
        part,
        "Classes of unequal size",
        "No weights, no resampling: each hip counts the same in training.",
    )
    for cohort in held_out(content):
        yield Fact(
            part,
            f"Evaluation data: {cohort_title(cohort)}",
            f"{wording.plural(cohort['n'], 'hip')}, {wording.part_of(cohort['osteoporosis'])} with "
            "osteoporosis.",
            ("characteristics",),
        )


def _analyses(content: Numbers) -> Iterator[Fact]:
    part = "Quantitative analyses"
    for cohort in held_out(content):
        measures = cohort["metrics"]
        yield Fact(
            part,
            wording.capital(cohort_title(cohort)),
            f"Area under the ROC curve {wording.estimate(measures['auc'])}, sensitivity "
            f"{wording.estimate(measures['sensitivity'])}, specificity "
            f"{wording.estimate(measures['specificity'])}, Brier score "
            f"{wording.estimate(measures['brier'])}.",
            (f"subgroups-{cohort['id']}",),
        )


def _ethics(content: Numbers) -> Iterator[Fact]:
    part = "Ethical considerations"
    yield Fact(
        part,
        "Privacy",
        "Numbers of patients, dates, identifiers of films and names of files stay in the site's "
        "folder and in a private folder. Records carry numbers of the study's own, in an order "
        f"drawn at random; ages of {content['study']['age_ceiling']} and more are told as "
        f"{content['study']['age_ceiling']}.",
    )
    yield Fact(
        part,
        "Records",
        "The score of each case is kept with the study's results, case by case, and the model with "
        "a digest of each of its files.",
    )
    yield _authors(content, part, "Effect on patients", "ethical_use")
    yield _authors(content, part, "Fairness", "fairness")


def _caveats(content: Numbers) -> Iterator[Fact]:
    part = "Caveats and recommendations"
    if content["study"]["synthetic"]:
        yield Fact(
            part,
            "Synthetic data",
            "The films, or some of them, were computed. Their numbers show that the study runs and "
            "are no evidence about patients.",
        )
    refit = held_out(content)[0]["recalibrated"]
    if refit:
        yield Fact(
            part,
            "Scores as probabilities",
            "The calibration of the scores, as they are and after a refit on the validation set, "
            "tells whether they may be read so.",
            ("calibration",),
        )
    for warning in content["warnings"]:
        yield Fact(part, "Warning", f"{warning['name']}: {warning['text']}.")
    yield _authors(content, part, "Whom the patients stand for", "representativeness")


def _authors(content: Numbers, part: str, what: str, statement: str) -> Fact:
    """Return what the authors said, or that they have to."""
    given = content.get("statements", {}).get(statement)
    return Fact(part, what, given or f"Needs the author: {asked(statement)}.")


def card_table(content: Numbers, names: Mapping[str, str]) -> Table:
    """Return the card as a table of the report.

    Parameters
    ----------
    names
        Names of the report's tables by key, with their numbers.
    """
    rows: list[Row] = []
    heading = None
    for fact in card_facts(content):
        if fact.heading != heading:
            heading = fact.heading
            rows.append(heading_row(heading, 2))
        links = [Markdown(f"[{names[key]}](#table-{key})") for key in fact.tables]
        more = Markdown(f" ({sequence(links)})" if links else "")
        rows.append(Row((fact.what, Markdown(escape(fact.text) + more))))
    return Table(
        key="model-card",
        caption="Model card.",
        header=("What", "What holds"),
        rows=tuple(rows),
        align="ll",
        mark=_mark(content),
        note=Markdown("Its parts are those of Mitchell and colleagues [@mitchell2019]."),
        supplement=True,
    )


def card_markdown(content: Numbers, origin: str) -> str:
    """Return the card as a text of its own, with the subgroups as tables.

    Parameters
    ----------
    origin
        What the card was made of, and by which command.
    """
    lines = [f"# Model card of the run {escape(content['study']['run'])}"]
    mark = _mark(content)
    if mark:
        lines.append(f"**{escape(mark)}.**")
    heading = None
    for fact in card_facts(content):
        if fact.heading != heading:
            heading = fact.heading
            lines.append(f"## {heading}")
        lines.append(f"**{escape(fact.what)}.** {escape(fact.text)}")
        for cohort in held_out(content):
            table = subgroups_table(content, cohort)
            if table.key in fact.tables:
                lines.append(to_markdown(table, "Table"))
    lines.append(f"## Source\n\n{escape(SOURCE)}\n\n{escape(f'Origin: {origin}.')}")
    return "\n\n".join(lines) + "\n"


def _mark(content: Numbers) -> str:
    own = [content["training"]["synthetic"]]
    return mark_of([*own, *(cohort["synthetic"] for cohort in held_out(content))])
