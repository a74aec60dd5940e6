"""The paper, audited: what its published aggregates allow to recompute, and where they disagree."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from osteohip.evaluation.aggregates import (
    difference_of_proportions,
    hanley_mcneil,
    net_benefit,
    net_benefit_over_all,
    refer_all,
    useful_range,
)
from osteohip.evaluation.discrimination import area_interval
from osteohip.evaluation.estimate import LEVEL
from osteohip.evaluation.measures import PROPORTIONS, class_measures, proportions
from osteohip.paper import counts, patients, performance, protocol, reading
from osteohip.paper.check import COHORTS, Check, Cohort
from osteohip.paper.published import Paper

# The paper tells one operating point: the calls stay, the threshold probability moves.
PREFERENCES = tuple(k / 20 for k in range(1, 20))
ORDER = ("contradiction", "consequence", "open")
RULES = (
    *performance.CHECKS,
    *counts.CHECKS,
    *patients.CHECKS,
    *reading.CHECKS,
    *protocol.CHECKS,
)


def audit(paper: Paper) -> dict[str, Any]:
    """Return everything that can be recomputed and checked, ready for JSON.

    Keys: ``citation``, ``interval_percent``, ``counts`` of findings, ``cohorts`` (both tables with
    measures, areas and net benefits), ``differences`` (test set less external cohort), ``flow``,
    ``findings`` (what does not hold: contradictions, then consequences, then open questions) and
    ``agreements`` (the rest; ``by_test`` marks where a test only showed no difference).
    """
    checks = run_checks(paper)
    # What would explain a disagreement is not for where there is none.
    kept = ("key", "expected", "place", "arithmetic", "numbers", "by_test")
    return {
        "citation": paper.citation,
        "interval_percent": round(100 * LEVEL),
        "counts": {
            **{kind: sum(c.kind == kind and not c.holds for c in checks) for kind in ORDER},
            "findings": sum(not check.holds for check in checks),
            "agreements": sum(check.holds and not check.by_test for check in checks),
            "not_shown": sum(check.holds and check.by_test for check in checks),
        },
        "cohorts": [_cohort(paper, cohort) for cohort in COHORTS],
        "differences": _differences(paper),
        "flow": _flow(paper),
        "findings": [check.as_json() for check in checks if not check.holds],
        "agreements": [
            {name: getattr(check, name) for name in kept} for check in checks if check.holds
        ],
    }


def run_checks(paper: Paper) -> list[Check]:
    """Return all checks, contradictions first; within a kind in the order of `RULES`."""
    return sorted((rule(paper) for rule in RULES), key=lambda check: ORDER.index(check.kind))


def _cohort(paper: Paper, cohort: Cohort) -> dict[str, Any]:
    told, part = performance.of(paper, cohort)
    confusion = told.confusion
    printed = told.printed
    area = hanley_mcneil(area=told.auc, diseased=part.osteoporosis, healthy=part.no_osteoporosis)
    areas = {
        f"auc_{scale}": area_interval(area, scale=scale, variance_method=performance.VARIANCE)
        for scale in ("plain", "logit")
    }
    everyone = refer_all(confusion)
    return {
        "id": cohort,
        "n": part.n,
        "osteoporosis": part.osteoporosis,
        "no_osteoporosis": part.no_osteoporosis,
        "source": told.source,
        "printed_table": asdict(printed),
        "confusion": asdict(confusion),
        "printed": {name: getattr(told, name) for name in (*PROPORTIONS, "auc")},
        "measures": {name: found.as_json() for name, found in proportions(confusion).items()},
        "class_measures": {
            name: found.as_json() for name, found in class_measures(confusion).items()
        },
        "everyone_positive": {
            name: found.as_json() for name, found in proportions(everyone).items()
        },
        **{name: found.as_json() for name, found in areas.items()},
        "net_benefit": [
            {
                "threshold_probability": preference,
                "model": net_benefit(confusion, preference=preference).as_json(),
                "refer_all": net_benefit(everyone, preference=preference).as_json(),
                "difference": net_benefit_over_all(confusion, preference=preference).as_json(),
            }
            for preference in PREFERENCES
        ],
        "useful_range": useful_range(confusion),
    }


def _differences(paper: Paper) -> dict[str, Any]:
    inside, outside = (
        proportions(performance.of(paper, cohort)[0].confusion) for cohort in COHORTS
    )
    found: dict[str, Any] = {
        name: difference_of_proportions(
            first=(inside[name].k or 0, inside[name].n),
            second=(outside[name].k or 0, outside[name].n),
        ).as_json()
        for name in PROPORTIONS
    }
    area = performance.area_difference(paper).as_json()
    return found | {
        "auc": {name: area[name] for name in ("difference", "low", "high", "p")}
        | {"method": area["method"], "reason": area["reason"]}
    }


def _flow(paper: Paper) -> list[dict[str, Any]]:
    """Return the counts by class along the flow, with what left between."""
    collected = (paper.collected_osteoporosis, paper.collected_no_osteoporosis)
    images = (paper.images.osteoporosis, paper.images.no_osteoporosis)
    rows = [
        ("Collected", *collected, paper.collected),
        (
            "Left between",
            collected[0] - images[0],
            collected[1] - images[1],
            paper.collected - paper.images.n,
        ),
        ("Images", *images, paper.images.n),
    ]
    rows += [
        (name, part.osteoporosis, part.no_osteoporosis, part.n)
        for name, part in (
            ("Training", paper.training),
            ("Validation", paper.validation),
            ("Test", paper.test),
            ("External", paper.external),
        )
    ]
    return [
        {"step": step, "osteoporosis": ill, "no_osteoporosis": well, "total": total}
        for step, ill, well, total in rows
    ]
