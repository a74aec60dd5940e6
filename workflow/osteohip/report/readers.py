"""What readers said of the maps: of each cohort, from its ``agreement.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osteohip.config import Readers
from osteohip.errors import StudyError
from osteohip.readers.judgement import MOST_AT_BORDER
from osteohip.report.cohorts import cohort_title, column_title
from osteohip.writing.table import PARTLY, Row, Table, heading_row, mark_of
from osteohip.writing.wording import MISSING, estimate, number, plain

Numbers = Mapping[str, Any]

# With whether each is a share, printed in per cent.
STATISTICS = (
    ("agreement", "Agreement", True),
    ("kappa", "Kappa", False),
    ("ac1", "Gwet's AC1", False),
    ("pabak", "PABAK", False),
    ("positive_agreement", "Agreement on adequate", True),
    ("negative_agreement", "Agreement on not adequate", True),
)


def readers_numbers(
    agreements: Mapping[str, Mapping[str, Any]], cohorts: Sequence[Numbers], settings: Readers
) -> dict[str, Any]:
    """Return what readers said, for the cohorts that had no part in training.

    Parameters
    ----------
    agreements
        ``agreement.json`` by cohort.
    cohorts
        Entries of ``cohorts``, to which the agreements belong.
    settings
        How the decks were made.

    Returns
    -------
    dict
        ``names`` of the readers, their ``count`` and which of them are ``simulated``; ``read``,
        whether anyone has read; ``repeats`` and ``decoys`` as shares; ``judgement``, how a
        simulated reader judges, null where there is none; ``cohorts``, what each
        ``agreement.json`` says, who has ``not_read`` and on how many cases they ``differed``.

    Raises
    ------
    StudyError
        If the decks of a cohort hold other cases than its evaluation.
    """
    found = []
    for cohort in cohorts:
        agreement = agreements[cohort["id"]]
        cases = {deck["cases"] for deck in agreement["decks"]}
        if cases != {cohort["n"]}:
            raise StudyError(
                f"the reading kit of {cohort['id']} is of other cases than its evaluation, which "
                f"has {cohort['n']}: write the kit anew"
            )
        heading = {key: cohort[key] for key in ("id", "kind", "name")}
        found.append(
            {
                **heading,
                **agreement,
                "not_read": [deck["reader"] for deck in agreement["decks"] if not deck["read"]],
                "differed": len(agreement.get("disagreements", [])),
            }
        )
    names = list(dict.fromkeys(deck["reader"] for one in found for deck in one["decks"]))
    simulated = {deck["reader"] for one in found for deck in one["decks"] if deck["simulated"]}
    return {
        "names": names,
        "count": len(names),
        "simulated": [name for name in names if name in simulated],
        "read": any(one["read"] for one in found),
        "repeats": settings.repeats,
        "decoys": settings.decoys,
        "judgement": {"most_at_border": MOST_AT_BORDER, "error": settings.simulated_error}
        if simulated
        else None,
        "cohorts": found,
    }


def readers_tables(content: Numbers) -> list[Table]:
    """Return the tables of the readers: each alone, between them, and where they differed."""
    readers = content["readers"]
    if readers is None:
        return []
    read = [cohort for cohort in readers["cohorts"] if cohort["read"]]
    if not read:
        return []
    level = content["study"]["interval_percent"]
    compared = [cohort for cohort in read if cohort["between"]]
    return [
        _each_table(read, level),
        *([_between_table(compared, level)] if compared else []),
        *(_disagreements_table(cohort) for cohort in compared if cohort["disagreements"]),
    ]


def _each_table(cohorts: Sequence[Numbers], level: int) -> Table:
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    rows = []
    for cohort in cohorts:
        rows.append(heading_row(column_title(cohort, partly=mark == PARTLY), 6))
        rows += [
            Row(
                (
                    plain(one["reader"]),
                    estimate(one["adequate"]),
                    estimate(one["decoys"]),
                    estimate(one["repeats"]["agreement"]),
                    estimate(one["repeats"]["kappa"]),
                    MISSING if one["seconds"] is None else number(one["seconds"], 1),
                )
            )
            for one in cohort["by_reader"]
        ]
    simulated = any(one["simulated"] for cohort in cohorts for one in cohort["by_reader"])
    return Table(
        key="readers",
        caption="What each reader said of the maps.",
        header=(
            "Reader",
            "Maps called adequate",
            "Decoys not called adequate",
            "Same answer to a repeat",
            "Kappa of the repeats",
            "Seconds a map, median",
        ),
        rows=tuple(rows),
        align="lllllr",
        mark=mark,
        note=f"In brackets the {level} % interval, of proportions by Wilson's method, with the "
        "counts. A decoy shows the map of a network with random weights: the share that is not "
        "called adequate is the specificity of the word."
        + (" A simulated reader is no person and takes no time." if simulated else ""),
    )


def _between_table(cohorts: Sequence[Numbers], level: int) -> Table:
    """Return agreement and its companions; with more than two readers for each pair too."""
    mark = mark_of(cohort["synthetic"] for cohort in cohorts)
    rows = []
    for cohort in cohorts:
        found = [one["reader"] for one in cohort["by_reader"]]
        between = cohort["between"]
        rows.append(heading_row(column_title(cohort, partly=mark == PARTLY), 8))
        rows.append(_between_row(", ".join(map(plain, found)), between))
        rows += [
            _between_row(", ".join(pair["readers"]), pair) for pair in between.get("pairs", [])
        ]
    return Table(
        key="reader-agreement",
        caption="Agreement of the readers on the maps.",
        header=("Readers", "Maps", *(title for _, title, _ in STATISTICS)),
        rows=tuple(rows),
        align="lr" + "l" * len(STATISTICS),
        mark=mark,
        note=f"In brackets the {level} % interval and, of proportions, the counts. Kappa is "
        "Cohen's for two readers and Fleiss' for more, its word that of the paper; where all "
        "answers are the same it is not defined. Of more than two readers agreement is the share "
        "of pairs that agree, in the mean over the maps. AC1 is Gwet's own coefficient, PABAK the "
        "kappa adjusted for prevalence and bias; both depend less on how often either answer is "
        "given.",
    )


def _between_row(readers: str, between: Numbers) -> Row:
    cells = []
    for key, _, share in STATISTICS:
        cell = estimate(between[key], share=share)
        word = between[key].get("band")
        cells.append(f"{cell}, {word}" if word else cell)
    return Row((readers, number(between["n"]), *cells))


def _disagreements_table(cohort: Numbers) -> Table:
    """Return the cases in which the readers differed, with each answer."""
    names = [one["reader"] for one in cohort["by_reader"]]

    def answer(case: Numbers, name: str) -> str:
        said = case["answers"].get(name)
        if said is None:
            return MISSING
        return "adequate" if said["adequate"] == "yes" else f"not adequate: {said['reason']}"

    return Table(
        key=f"disagreements-{cohort['id']}",
        caption=f"Maps of {cohort_title(cohort)} on which the readers differed.",
        header=("Case", *map(plain, names)),
        rows=tuple(
            Row((plain(case["case_id"]), *(answer(case, name) for name in names)))
            for case in cohort["disagreements"]
        ),
        align="l" * (1 + len(names)),
        mark=mark_of([cohort["synthetic"]]),
        supplement=True,
    )
