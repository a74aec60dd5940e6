"""The recipes' numbers."""

from __future__ import annotations

import pytest

from osteohip.synthetic.recipes import DEVELOPMENT, EXTERNAL, Counts, Recipe


@pytest.mark.parametrize(
    ("recipe", "final", "osteoporosis", "right", "uncroppable"),
    [
        (DEVELOPMENT, 1001, 504, 440, 10),
        (EXTERNAL, 117, 86, 51, 1),
        (DEVELOPMENT, 20, 10, 9, 1),
        (DEVELOPMENT, 2002, 1008, 880, 20),
    ],
)
def test_counts_follow_the_paper(
    recipe: Recipe, final: int, osteoporosis: int, right: int, uncroppable: int
) -> None:
    counts = Counts.of(recipe, final)
    assert (counts.osteoporosis, counts.right, counts.uncroppable) == (
        osteoporosis,
        right,
        uncroppable,
    )
    assert min(counts.failing.values()) >= (10 if final >= 500 else 2)
    assert len(counts.failing) == 8
