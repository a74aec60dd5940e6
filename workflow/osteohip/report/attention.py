"""What the network looked at: its part of the numbers, tables and figures of the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from osteohip.errors import StudyError
from osteohip.explanation.outcomes import CALLS, OUTCOMES
from osteohip.files import read_json
from osteohip.report.cohorts import cohort_title, column_title, held_out
from osteohip.report.illustration import Illustration
from osteohip.writing.table import Row, Table, heading_row, mark_of
from osteohip.writing.wording import (
    Markdown,
    capital,
    estimate,
    exact_percent,
    number,
    percent,
    plain,
    plural,
)

Numbers = Mapping[str, Any]

REGIONS = {"bone": "bone", "cortex": "cortex", "border": "the border band"}
RULE = "the case of median score in its group, the lower of two"
PAIR_RULE = "the hip of median T-score in its class, the lower of two"
# Numbers of the paper's own figures.
PAPER_FIGURES = {"outcomes": 2, "pair": 3, "film": 4}


@dataclass(frozen=True)
class Looked:
    """What is known of one run's maps on one cohort.

    Parameters
    ----------
    table, facts, seeds
        ``attention.csv``, ``attention.json`` and, where there are several seeds, ``seeds.json``.
    maps, crops
        Where ``maps.npz`` and ``crops.npz`` lie.
    """

    table: pd.DataFrame
    facts: dict[str, Any]
    seeds: dict[str, Any] | None
    maps: Path
    crops: Path


@dataclass(frozen=True)
class Example:
    """A whole film: ``example.json`` with its ``site``, and where its picture lies."""

    facts: dict[str, Any]
    picture: Path


def read_looked(folder: Path, *, site: Path, seeds: bool = False) -> Looked:
    """Read the results of a cohort's maps, with ``seeds.json`` where there are several seeds.

    Raises
    ------
    StudyError
        If one is missing.
    """
    try:
        table = pd.read_csv(folder / "attention.csv", dtype={"case_id": str})
        facts = read_json(folder / "attention.json")
        found = read_json(folder / "seeds.json") if seeds else None
    except (OSError, ValueError) as error:
        raise StudyError(f"cannot read the maps of {folder.name}: {error}") from None
    return Looked(table, facts, found, maps=folder / "maps.npz", crops=site / "crops.npz")


def attention_numbers(
    looked: Mapping[str, Looked],
    *,
    t_scores: Mapping[str, Mapping[str, float]],
    example: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the chapter's numbers.

    Parameters
    ----------
    looked
        By cohort, the test set first if there is one.
    t_scores
        By cohort the T-score of each case.
    example
        ``example.json`` of the site whose film is shown, with its ``site``.
    """
    first = next(iter(looked))
    return {
        "border": looked[first].facts["border"],
        "cohorts": [
            {
                "id": cohort,
                "layers": found.facts["layers"],
                "sanity": found.facts["sanity"],
                "seeds": found.seeds,
            }
            for cohort, found in looked.items()
        ],
        "figures": {
            "paper": PAPER_FIGURES,
            "cohort": first,
            "outcomes": chosen_outcomes(looked[first].table),
            "pair": chosen_pair(looked[first].table, t_scores[first]),
            "film": dict(example),
        },
    }


def chosen_outcomes(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return for each outcome its case by `RULE`, ties by case_id; null where there is none."""
    shown = table[table["layer"] == table["layer"].iloc[0]]
    return [
        {
            "outcome": outcome,
            "n": int((shown["outcome"] == outcome).sum()),
            **_middle(shown[shown["outcome"] == outcome], "score"),
        }
        for outcome in OUTCOMES
    ]


def chosen_pair(table: pd.DataFrame, t_scores: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return a hip without and one with osteoporosis by `PAIR_RULE`, ties by case_id."""
    shown = table[table["layer"] == table["layer"].iloc[0]]
    shown = shown.assign(t_score=shown["case_id"].map(dict(t_scores)))
    return [
        {
            "label": label,
            "n": int((shown["label"] == label).sum()),
            **_middle(shown[shown["label"] == label], "t_score"),
        }
        for label in (0, 1)
    ]


def _middle(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    if rows.empty:
        return {"case_id": None, column: None, "target": None, "zero": None}
    ordered = rows.sort_values([column, "case_id"], kind="stable")
    row = ordered.iloc[(len(ordered) - 1) // 2]
    return {
        "case_id": str(row["case_id"]),
        column: float(row[column]),
        "target": int(row["target"]),
        "zero": row["zero"] == "yes",
    }


def cohorts_looked(content: Numbers) -> list[tuple[Numbers, Numbers]]:
    """Return the cohorts that the report is about, each with what the network looked at there."""
    if content["attention"] is None:
        return []
    by_id = {cohort["id"]: cohort for cohort in content["attention"]["cohorts"]}
    return [(cohort, by_id[cohort["id"]]) for cohort in held_out(content)]


def shown_layer(looked: Numbers) -> Numbers:
    """Return the layer whose maps are shown."""
    found: Numbers = looked["layers"][0]
    return found


def layer_name(looked: Numbers, layer: str) -> str:
    """Return how a layer is called: in words if it was asked for so, with its own name."""
    asked = looked["sanity"]["layers"][layer]["asked"]
    words = {
        "last_convolution": "last convolution",
        "before_non_local": "before the non-local block",
    }
    return f"{words[asked]} ({layer})" if asked in words else layer


def against_area(ratio: Numbers, region: str) -> str:
    """Return in words how heat lies to a region, as far as the interval tells."""
    if ratio["estimate"] is None:
        return f"how much of the heat lies on {region} is not known ({ratio['reason']})"
    if ratio["low"] is None:
        return f"whether heat seeks {region} cannot be told ({ratio['reason']})"
    if ratio["low"] > 1:
        return f"heat lies on {region} more than by its share of the area"
    if ratio["high"] < 1:
        return f"heat lies on {region} less than by its share of the area"
    return f"heat was not shown to lie on {region} more or less than by its share of the area"


def bone_words(groups: Numbers) -> str:
    """Return what the maps of both calls together say of bone; empty where nothing can be told."""
    lows = {
        call: low
        for call in CALLS
        for low in [groups[call]["ratios"]["bone"]["low"]]
        if low is not None
    }
    seeking = [CALLS[call] for call, low in lows.items() if low > 1]
    if not lows or len(seeking) == len(lows):
        return ""
    if seeking:
        return (
            f"So heat seeks bone in the maps of hips {seeking[0]} alone; those of the others are "
            "no sign that the network looks at bone."
        )
    return "So the maps are no sign that the network looks at bone."


def without_weights(looked: Numbers) -> dict[str, Any]:
    """Return how like the shown maps are to those of a network without any trained weight.

    ``beside`` says whether the interval of their rank correlation lies above or below that of the
    maps of two hips, which is what all maps share, or overlaps it; None where one of them has no
    interval.
    """
    layer = shown_layer(looked)["layer"]
    last = looked["sanity"]["steps"][-1]["maps"][layer]["spearman"]
    others = looked["sanity"]["layers"][layer]["between_cases"]["spearman"]
    beside = None
    if None not in (last["low"], others["low"]):
        above, below = last["low"] > others["high"], last["high"] < others["low"]
        beside = "above" if above else "below" if below else "overlaps"
    return {"left": last, "others": others, "beside": beside}


def curve_words(looked: Numbers) -> str:
    """Return in words whether the score follows the hot pixels, beside maps that know nothing.

    The score is that of the class that was called, as the curves have it.
    """
    score = "the score of the class that was called"
    curves = looked["sanity"]["curves"]
    better = []
    for name, sign in (("deletion", -1), ("insertion", 1)):
        difference = curves[name]["difference"]
        if difference["low"] is None:
            return f"the curves do not tell whether {score} follows the hot pixels"
        low, high = sorted((sign * difference["low"], sign * difference["high"]))
        better.append(1 if low > 0 else -1 if high < 0 else 0)
    if better == [1, 1]:
        return f"{score} follows the hot pixels, when they go and when they come"
    if better == [1, 0]:
        return (
            f"{score} falls sooner when the hot pixels go, but was not shown to rise sooner with "
            "them"
        )
    if better == [0, 1]:
        return (
            f"{score} rises sooner with the hot pixels, but was not shown to fall sooner without "
            "them"
        )
    if -1 in better:
        return f"{score} follows the pixels of maps that know nothing at least in part sooner"
    return (
        f"{score} was not shown to follow the hot pixels more than those of maps that know nothing"
    )


def attention_tables(content: Numbers) -> list[Table]:
    """Return the chapter's tables, those of the supplement last; none without maps."""
    both = cohorts_looked(content)
    if not both:
        return []
    mark = mark_of(cohort["synthetic"] for cohort, _ in both)
    level = content["study"]["interval_percent"]
    return [
        _measures_table(both, content["attention"]["border"], mark, level),
        _checks_table(both, mark, level),
        *(_outcomes_table(*one, content["attention"]["border"], level) for one in both),
        *(_cascade_table(*one, level) for one in both),
        *_seeds_tables(both, mark),
    ]


def _measures(group: Numbers, *, curves: bool) -> Iterator[tuple[str, str]]:
    """Yield each measure of a group of cases with its value as text, on demand of the curves."""
    means, ratios = group["means"], group["ratios"]
    yield "Maps that are 0 everywhere", estimate(group["zero"])
    for region, name in REGIONS.items():
        yield f"Heat on {name}", estimate(means[f"heat_{region}"], share=True)
        yield f"Area of {name}", _area(means[f"area_{region}"])
        yield f"Heat over area of {name}", estimate(ratios[region], digits=2)
    yield "Centre of the heat, from above", estimate(means["centre_from_above"], share=True)
    yield "Centre of the heat, from medial", estimate(means["centre_from_medial"], share=True)
    if curves:
        yield "Area under the deletion curve", estimate(means["deletion"])
        yield "Area under the insertion curve", estimate(means["insertion"])


def _area(item: Numbers) -> str:
    """Return a share of the area; where it is the same in all cases it has no interval."""
    if item["estimate"] is not None and item["low"] is None:
        return percent(item["estimate"])
    return estimate(item, share=True)


def _partly(both: Sequence[tuple[Numbers, Numbers]]) -> bool:
    return len({cohort["synthetic"] for cohort, _ in both}) > 1


def _measures_table(
    both: Sequence[tuple[Numbers, Numbers]], border: float, mark: str, level: int
) -> Table:
    titles = [f"{column_title(c, partly=_partly(both))}, n = {number(c['n'])}" for c, _ in both]
    rows = []
    for i, layer in enumerate(both[0][1]["layers"]):
        name = layer_name(both[0][1], layer["layer"])
        rows.append(heading_row(f"Maps of the layer: {name}", 1 + len(both)))
        columns = [
            list(_measures(looked["layers"][i]["groups"]["all"], curves=layer["shown"]))
            for _, looked in both
        ]
        rows += [
            Row((lines[0][0], *(value for _, value in lines)))
            for lines in zip(*columns, strict=True)
        ]
    return Table(
        key="attention",
        caption="Where the heat of the maps lies.",
        header=("", *titles),
        rows=tuple(rows),
        align="l" * (1 + len(both)),
        mark=mark,
        note=f"{_measures_note(border, level)} The maps of both calls are joined here; where "
        "heat lies may differ between them.",
    )


def _measures_note(border: float, level: int) -> str:
    return (
        f"Means over the hips with their {level} % bootstrap interval by patient; maps that are 0 "
        "everywhere have no shares. Heat over area is 1 where heat knows nothing of the region. "
        f"The border band takes {exact_percent(border)} of the side at each edge. The curves are "
        "those of the score of the class that was called."
    )


def _checks_table(both: Sequence[tuple[Numbers, Numbers]], mark: str, level: int) -> Table:
    titles = [column_title(cohort, partly=_partly(both)) for cohort, _ in both]
    layers = [shown_layer(looked)["layer"] for _, looked in both]
    checked = [looked["sanity"] for _, looked in both]

    def row(name: str, items: list[Numbers]) -> Row:
        return Row((name, *(estimate(item) for item in items)))

    def heading(text: str) -> Row:
        return heading_row(text, 1 + len(both))

    pairs = list(zip(checked, layers, strict=True))
    rows = [heading("Rank correlation of two maps (Spearman)")]
    rows += _likeness(row, pairs, "spearman")
    rows += [heading("Structural similarity of two maps (SSIM)")]
    rows += _likeness(row, pairs, "ssim")
    for name, curve in (("Deletion", "deletion"), ("Insertion", "insertion")):
        rows += [
            heading(f"{name}: area under the curve"),
            *(
                row(text, [sanity["curves"][curve][kind] for sanity in checked])
                for text, kind in (
                    ("The network's maps", "area"),
                    ("Maps of randomised networks", "randomised"),
                    ("Difference within a hip", "difference"),
                )
            ),
        ]
    return Table(
        key="attention-checks",
        caption="Checks of the maps that are shown.",
        header=("", *titles),
        rows=tuple(rows),
        align="l" * (1 + len(both)),
        mark=mark,
        note=f"Medians over the hips with the {level} % interval of order statistics. Two hips: "
        "the map of each against that of the next. The curves are those of the score of "
        "the class that was called; a low deletion and a high insertion area mean that it depends "
        "on the pixels that a map calls hot.",
    )


def _likeness(row: Any, pairs: list[tuple[Numbers, str]], name: str) -> list[Row]:
    return [
        row(
            "With and without trained weights",
            [sanity["steps"][-1]["maps"][layer][name] for sanity, layer in pairs],
        ),
        row(
            "Of two hips",
            [sanity["layers"][layer]["between_cases"][name] for sanity, layer in pairs],
        ),
    ]


def _outcomes_table(cohort: Numbers, looked: Numbers, border: float, level: int) -> Table:
    groups = shown_layer(looked)["groups"]
    titles = {**CALLS, **OUTCOMES}
    columns = [list(_measures(groups[name], curves=True)) for name in titles]
    return Table(
        key=f"attention-{cohort['id']}",
        caption=f"Where the heat of the maps lies in {cohort_title(cohort)}, by call and outcome.",
        header=(
            "",
            *(
                f"{capital(title)}, n = {number(groups[name]['n'])}"
                for name, title in titles.items()
            ),
        ),
        rows=tuple(
            Row((lines[0][0], *(value for _, value in lines)))
            for lines in zip(*columns, strict=True)
        ),
        align="l" * (1 + len(titles)),
        mark=mark_of([cohort["synthetic"]]),
        note=_measures_note(border, level),
        supplement=True,
    )


def _cascade_table(cohort: Numbers, looked: Numbers, level: int) -> Table:
    sanity = looked["sanity"]
    layers = list(sanity["layers"])
    rows = []
    for step in sanity["steps"]:
        cells = []
        for layer in layers:
            found = step["maps"][layer]
            cells += [
                estimate(found["spearman"]),
                estimate(found["ssim"]),
                f"{number(found['zero'])}/{number(sanity['n'])}",
            ]
        rows.append(Row((step["layer"], *cells)))
    heads = [
        f"{layer}: {name}" for layer in layers for name in ("Spearman", "SSIM", "0 everywhere")
    ]
    return Table(
        key=f"attention-cascade-{cohort['id']}",
        caption=f"Likeness of the maps of {cohort_title(cohort)} to those of the same network with "
        "random weights from the top down to a layer.",
        header=("Down to", *heads),
        rows=tuple(rows),
        align="l" + "llr" * len(layers),
        mark=mark_of([cohort["synthetic"]]),
        note=f"Medians over the hips with the {level} % interval of order statistics; pairs with a "
        "map that is the same everywhere are left out. Spearman: rank correlation; SSIM: "
        "structural similarity; 0 everywhere: how many maps are, of all.",
        supplement=True,
    )


def _seeds_tables(both: Sequence[tuple[Numbers, Numbers]], mark: str) -> list[Table]:
    known = [(cohort, looked) for cohort, looked in both if looked["seeds"]]
    if not known:
        return []
    first = known[0][1]["seeds"]
    rows = [
        Row(
            (
                f"{layer}: {title}",
                *(estimate(looked["seeds"]["layers"][layer][name]) for _, looked in known),
            )
        )
        for layer in first["layers"]
        for name, title in (("spearman", "rank correlation"), ("ssim", "structural similarity"))
    ]
    runs = ", ".join(plain(run) for run in first["runs"])
    return [
        Table(
            key="attention-seeds",
            caption=f"Agreement of the maps of {plural(len(first['runs']), 'run')} that differ in "
            "their seed alone.",
            header=("Layer", *(column_title(c, partly=_partly(known)) for c, _ in known)),
            rows=tuple(rows),
            align="l" * (1 + len(known)),
            mark=mark,
            note=f"Runs: {runs}. Median over the hips of the mean over the pairs of runs that call "
            "a hip the same.",
            supplement=True,
        )
    ]


def attention_words(content: Numbers) -> dict[str, Any]:
    """Return what the chapters on attention call and name; none of it without maps."""
    both = cohorts_looked(content)
    known = {cohort["id"]: has_masks(looked) for cohort, looked in both}
    kinds = {cohort["kind"] for cohort, _ in both}
    supplements = []
    if "test" in kinds:
        supplements.append(Markdown("[Supplement S1](supplement-S1.html) (the test set)"))
    if "external" in kinds:
        supplements.append(Markdown("[Supplement S2](supplement-S2.html) (the external hips)"))
    return {
        "looked_at": both,
        "attended": [layer_name(both[0][1], layer["layer"]) for layer in both[0][1]["layers"]]
        if both
        else [],
        "masked": any(known.values()),
        "unmasked": [cohort_title(cohort) for cohort, _ in both if not known[cohort["id"]]],
        "cohort_title": cohort_title,
        "zero_maps": _zero_words,
        "lies": _where_words,
        "checks": check_words,
        "supplements": supplements,
    }


def has_masks(looked: Numbers) -> bool:
    """Tell whether it is known where bone lies."""
    return bool(shown_layer(looked)["groups"]["all"]["means"]["area_bone"]["n"])


def _zero_words(looked: Numbers) -> str:
    zero = shown_layer(looked)["groups"]["all"]["zero"]
    return f"{estimate(zero)} of the maps are 0 everywhere"


def _where_words(looked: Numbers) -> str:
    """Return in words how the heat lies to each region that is known, by the call, with ratios.

    Maps of the logit and of the negated logit are told apart: their mean over all hips may lie
    between two that lie on either side of it.
    """
    groups = shown_layer(looked)["groups"]
    known = has_masks(looked)
    regions = REGIONS if known else {"border": REGIONS["border"]}
    told = []
    for call, title in CALLS.items():
        if not groups[call]["n"]:
            told.append(f"No hip was {title}.")
            continue
        ratios = groups[call]["ratios"]
        words = "; ".join(
            against_area(ratios[region], name)
            + (
                f", {estimate(ratios[region], digits=2)}"
                if ratios[region]["estimate"] is not None
                else ""
            )
            for region, name in regions.items()
        )
        told.append(f"In the maps of hips {title}, {words}.")
    return " ".join(filter(None, [*told, bone_words(groups) if known else ""]))


def check_words(looked: Numbers) -> str:
    """Return in words what the checks of the maps show: their randomisation, then their curves."""
    found = without_weights(looked)
    left, others = found["left"], found["others"]
    if found["beside"] is None:
        weights = "the randomised weights tell nothing, since too few maps can be compared"
    elif found["beside"] == "below":
        weights = (
            "the maps changed with the weights: without any trained one their rank correlation "
            f"with what they were is {estimate(left)}, and lower than that of the maps of two "
            f"hips, {estimate(others)}"
        )
    elif found["beside"] == "overlaps":
        weights = (
            "without any trained weight the maps were not shown to stay more like what they were "
            "than the maps of two hips are like each other, nor less: the rank correlations are "
            f"{estimate(left)} and {estimate(others)}"
        )
    else:
        weights = (
            "the maps stayed alike without any trained weight, with a rank correlation of "
            f"{estimate(left)} beside {estimate(others)} of the maps of two hips, and so tell more "
            "of the films than of what was learned"
        )
    return f"{weights}; {curve_words(looked)}"


def attention_illustrations(content: Numbers) -> list[Illustration]:
    """Return the chapter's figures; none without maps."""
    if not cohorts_looked(content):
        return []
    chosen = content["attention"]["figures"]
    cohort = next(c for c in held_out(content) if c["id"] == chosen["cohort"])
    mark = mark_of([cohort["synthetic"]])
    paper = chosen["paper"]
    missing = [OUTCOMES[c["outcome"]] for c in chosen["outcomes"] if c["case_id"] is None]
    signs = [
        f"{OUTCOMES[c['outcome']]} {plain(c['case_id'])}, score {number(c['score'], 3)}, map of "
        f"the {'logit' if c['target'] > 0 else 'negated logit'}"
        for c in chosen["outcomes"]
        if c["case_id"] is not None
    ]
    pair = [
        f"{'with' if c['label'] else 'without'} osteoporosis, T-score {number(c['t_score'], 1)}"
        for c in chosen["pair"]
        if c["case_id"] is not None
    ]
    found = [
        Illustration(
            key="attention-outcomes",
            caption=f"What the network looked at in {cohort_title(cohort)} (as Figure "
            f"{paper['outcomes']} of the paper): crop, and the map over it. Chosen by rule: "
            f"{RULE}. {_sentence(signs)}"
            + (f" There is no {' and no '.join(missing)}." if missing else ""),
            alt=f"Crops of hips, each beside the same crop with its map in colours: "
            f"{'; '.join(signs) or 'none'}.",
            width_mm=180,
            mark=mark,
        ),
        Illustration(
            key="attention-pair",
            caption=f"A hip without and one with osteoporosis of {cohort_title(cohort)} (as Figure "
            f"{paper['pair']} of the paper), as the network sees them. Chosen by rule: "
            f"{PAIR_RULE}.",
            alt=f"Two crops of the proximal femur: {'; '.join(pair) or 'none'}.",
            width_mm=130,
            mark=mark,
        ),
    ]
    film = chosen["film"]
    if film["reason"] is None:
        site = next(site for site in content["sites"] if site["id"] == film["site"])
        found.append(
            Illustration(
                key="attention-film",
                caption=f"A whole film of {plain(site['name'])} with its crop (as Figure "
                f"{paper['film']} of the paper), bordered above by the acetabular roof, below by "
                "the lower margin of the lesser trochanter, medially by the lateral margin of the "
                "teardrop and laterally by what lies lateral of the vastus ridge. Chosen by rule: "
                f"{plain(film['rule'])}.",
                alt="A film of the hip with a box around the proximal femur, the four borders of "
                "which are named.",
                width_mm=120,
                mark=mark_of([site["synthetic"]]),
            )
        )
    return found


def _sentence(parts: Sequence[str]) -> str:
    return f"{capital('; '.join(parts))}." if parts else ""
