"""What the report says of a model that was received: where it comes from, and its internal test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from osteohip.config import Reported
from osteohip.evaluation.estimate import Estimate
from osteohip.evaluation.measures import PROPORTIONS, Confusion, proportions
from osteohip.evaluation.proportions import ProportionInterval
from osteohip.report.measures import head
from osteohip.report.results import Model
from osteohip.writing.table import Row, Table, mark_of
from osteohip.writing.wording import estimate, number, part_of, plain

Numbers = Mapping[str, Any]

UNKNOWN_OVERLAP: dict[str, Any] = {
    "disjoint": None,
    "reason": "the patients of the development are not at hand, so that they cannot be looked for "
    "here",
    "comparisons": [],
}


def received(model: Model, interval: ProportionInterval) -> dict[str, Any] | None:
    """Return the numbers of a bundle that was received; None for a model trained here.

    Its internal test is told by aggregates: the measures of the confusion matrix and the area,
    with their intervals, those of proportions of the named kind.
    """
    manifest, reference = model.manifest, model.reference
    if manifest is None or reference is None:
        return None
    test = reference["test"]
    area = test["auc"]
    found = proportions(Confusion(**test["confusion"]), interval=interval)
    found["auc"] = Estimate(
        estimate=area["estimate"],
        low=area["low"],
        high=area["high"],
        k=None,
        n=test["n"],
        method="as the bundle tells",
        reason=None if area["estimate"] is not None else "the bundle does not tell it",
    )
    return {
        "run": manifest["run"],
        "digest": manifest["digest"],
        "purpose": manifest["intended_use"]["purpose"],
        "inventory": manifest["intended_use"]["inventory"],
        "selection": manifest["intended_use"]["selection"],
        "synthetic": manifest["synthetic"],
        "test": {
            "n": test["n"],
            "osteoporosis": {
                "k": test["osteoporosis"],
                "n": test["n"],
                "share": test["osteoporosis"] / test["n"],
            },
            "confusion": test["confusion"],
            "synthetic": manifest["synthetic"],
            "recalibrated": None,
            "metrics": {name: item.as_json() for name, item in found.items()},
        },
    }


def other_settings(intended: dict[str, Any], config: Reported) -> list[dict[str, str]]:
    """Return a warning for each setting by which films, patients or labels are others here."""
    found = []
    for section in ("inventory", "selection"):
        for key, here in getattr(config, section).model_dump(mode="json").items():
            there = intended[section].get(key)
            if here != there:
                text = (
                    f"{section}.{key} is {json.dumps(here)} here and {json.dumps(there)} where the "
                    "model was developed"
                )
                found.append(
                    {"cohort": "settings", "name": "Settings", "code": "settings", "text": text}
                )
    return found


def internal_table(content: Numbers) -> Table:
    """Return the internal test of a received model beside the sites where it is validated."""
    test = content["received"]["test"]
    columns = [test, *content["cohorts"]]
    names = ("auc", *PROPORTIONS)
    rows = [
        Row(("Hips", *(number(column["n"]) for column in columns))),
        Row(("With osteoporosis", *(part_of(column["osteoporosis"]) for column in columns))),
        *(
            Row((head(name), *(estimate(column["metrics"][name]) for column in columns)))
            for name in names
        ),
    ]
    titles = [f"External: {plain(cohort['name'])}" for cohort in content["cohorts"]]
    return Table(
        key="internal-test",
        caption="The model's internal test, as its bundle tells, beside the external sites.",
        header=("Measure", "Internal test", *titles),
        rows=tuple(rows),
        align="l" * (1 + len(columns)),
        mark=mark_of(
            [content["received"]["synthetic"], *(c["synthetic"] for c in content["cohorts"])]
        ),
        note=f"Estimate ({content['study']['interval_percent']} % interval; "
        "numerator/denominator).",
    )
