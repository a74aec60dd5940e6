"""One thing that should hold in the paper, and whether it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from osteohip.paper.published import Paper

Kind = Literal["contradiction", "consequence", "open"]
Cohort = Literal["test", "external"]
COHORTS: tuple[Cohort, ...] = ("test", "external")

# A finding that rests on a test counts below this p value.
ALPHA = 0.05
# Fewer of one class than this make an external validation unreliable.
SMALLEST_CLASS = 100
SMALLEST_CLASS_SOURCE = "Collins GS, Ogundimu EO, Altman DG. Stat Med 2016;35:214–226"


@dataclass(frozen=True)
class Check:
    """One thing that should hold, recomputed from the published numbers.

    Parameters
    ----------
    key
        Its name.
    kind
        What it is where it does not hold: ``contradiction``, the paper disagrees with itself;
        ``consequence``, its numbers say what its text does not; ``open``, it leaves a question.
    holds
        Whether the published numbers agree with it.
    expected
        What should hold.
    finding
        What is the case instead, one sentence; of interest only where it does not hold.
    place
        Where in the paper.
    arithmetic
        The calculation, with all numbers that it rests on.
    explanation
        What would explain it, or what it means.
    numbers
        The numbers of the arithmetic by name, for machines.
    by_test
        Whether it is a test that tells. Where it then holds, nothing more is known than that no
        difference was shown, which is no proof that there is none.
    """

    key: str
    kind: Kind
    holds: bool
    expected: str
    finding: str
    place: str
    arithmetic: str
    explanation: str
    numbers: dict[str, Any]
    by_test: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the check as it stands in JSON files."""
        return asdict(self)


Rule = Callable[[Paper], Check]


def cohort_name(cohort: Cohort) -> str:
    """Return how a cohort is called in a sentence."""
    return {"test": "the test set", "external": "the external cohort"}[cohort]
