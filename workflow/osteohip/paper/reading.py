"""Checks of how the heatmaps were judged."""

from __future__ import annotations

from osteohip.evaluation.proportions import wilson
from osteohip.paper.check import Check, Rule
from osteohip.paper.published import Paper
from osteohip.writing.wording import estimate, number, percent, sequence

PLACE = "Results, Visualization of model performance; Methods, Model evaluation"


def kappa(paper: Paper) -> Check:
    """Check that Cohen's kappa is defined.

    kappa = (po - pe) / (1 - pe), where pe is the agreement expected from both readers' own
    frequencies (Cohen J. Educ Psychol Meas 1960;20:37-46). Where both say yes to all, pe is 1.
    """
    told = paper.reading
    share = told.test_adequate / told.test_read
    expected = share * share + (1 - share) * (1 - share)
    # The paper says that both agreed on every map, so that both have this frequency.
    defined = expected < 1
    agreement = wilson(k=told.test_read, n=told.test_read)
    return Check(
        key="kappa",
        kind="contradiction",
        holds=defined,
        expected="Cohen's kappa is defined for these readings",
        finding=f"κ = {number(told.kappa, 3)} is printed where κ is {number(1 - expected)}/"
        f"{number(1 - expected)}",
        place=PLACE,
        arithmetic=f"both readers said yes to {number(told.test_adequate)} of "
        f"{number(told.test_read)}: observed agreement {number(1.0, 3)}, expected "
        f"{number(share, 3)}² + {number(1 - share, 3)}² = {number(expected, 3)}, so κ = "
        f"({number(1.0, 3)} − {number(expected, 3)}) / ({number(1.0, 3)} − {number(expected, 3)}). "
        f"Raw agreement {estimate(agreement.as_json())}",
        explanation="A κ needs readings of both kinds; what is known is the raw agreement",
        numbers={"expected": expected, "agreement": agreement.as_json()},
    )


def wrong_calls(paper: Paper) -> Check:
    """Check that a heatmap that is judged adequate tells right calls from wrong ones."""
    told, test, external = paper.reading, paper.test_performance, paper.external_performance
    wrong = [p.confusion.fn + p.confusion.fp for p in (test, external)]
    all_adequate = (
        told.test_adequate == told.test_read and told.external_adequate == told.external_shown
    )
    return Check(
        key="wrong_calls",
        kind="consequence",
        holds=not all_adequate or sum(wrong) == 0,
        expected="An adequate heatmap says something of the call",
        finding="Every heatmap was called adequate, those of all wrong calls among them",
        place=PLACE,
        arithmetic=f"adequate {number(told.test_adequate)}/{number(told.test_read)} and "
        f"{number(told.external_adequate)}/{number(told.external_shown)}; wrong calls "
        f"{number(wrong[0])} and {number(wrong[1])}, that is {percent(wrong[0] / told.test_read)} "
        f"and {percent(wrong[1] / told.external_shown)}",
        explanation="A judgement that nothing fails tells nothing; maps of a network with random "
        "weights among them would give it a specificity",
        numbers={"wrong": wrong},
    )


def readers(paper: Paper) -> Check:
    """Check that someone other than the authors judged the heatmaps."""
    among = [name for name in paper.reading.readers if name in paper.authors]
    return Check(
        key="readers",
        kind="open",
        holds=len(among) < len(paper.reading.readers),
        expected="Someone other than the authors judged the heatmaps",
        finding="Both who judged the heatmaps are authors; blinding is not spoken of",
        place="Methods, Model evaluation",
        arithmetic=f"{sequence(paper.reading.readers)}: {number(len(among))} of "
        f"{number(len(paper.reading.readers))} are among the {number(len(paper.authors))} authors",
        explanation="“Independently” says that neither saw the other's answers, not that the call "
        "was hidden",
        numbers={"authors": among},
    )


def external_readers(paper: Paper) -> Check:
    """Check that readers of the external heatmaps are named where all are called appropriate."""
    told = paper.reading
    return Check(
        key="external_readers",
        kind="open",
        holds=told.external_readers is not None,
        expected="Who judged the external heatmaps is told",
        finding="All external heatmaps are called appropriate, but no reader of them is named",
        place="Abstract; Methods, External validation",
        arithmetic=f"{number(told.external_shown)} maps, no reader; of the test set "
        f"{number(told.test_read)} maps, {number(len(told.readers))} readers",
        explanation="They were looked at “to visually verify”, without a reading",
        numbers={"maps": told.external_shown},
    )


def maps_counted(paper: Paper) -> Check:
    """Check that there is a heatmap of each case."""
    told = paper.reading
    return Check(
        key="maps_counted",
        kind="contradiction",
        holds=(told.test_read, told.external_shown) == (paper.test.n, paper.external.n),
        expected="There is a heatmap of each test and each external case",
        finding="There are not as many heatmaps as cases",
        place=PLACE,
        arithmetic=f"{number(told.test_read)} of {number(paper.test.n)} and "
        f"{number(told.external_shown)} of {number(paper.external.n)}",
        explanation="Some were left out",
        numbers={"maps": [told.test_read, told.external_shown]},
    )


CHECKS: tuple[Rule, ...] = (kappa, wrong_calls, external_readers, readers, maps_counted)
