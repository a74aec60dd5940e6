"""The published numbers: typed right, and oriented so that they agree with one another."""

from pathlib import Path

import pytest

from osteohip.evaluation.measures import proportions
from osteohip.paper.published import JANG_2021, Part, Performance

COHORTS = [
    (JANG_2021.test_performance, JANG_2021.test),
    (JANG_2021.external_performance, JANG_2021.external),
]


@pytest.mark.parametrize(("performance", "part"), COHORTS, ids=["test", "external"])
def test_oriented_table_has_the_class_sizes_of_the_paper(
    performance: Performance, part: Part
) -> None:
    counts = performance.confusion
    assert counts.tp + counts.fn == part.osteoporosis
    assert counts.fp + counts.tn == part.no_osteoporosis


@pytest.mark.parametrize(("performance", "part"), COHORTS, ids=["test", "external"])
def test_oriented_table_gives_the_printed_measures(performance: Performance, part: Part) -> None:
    for name, found in proportions(performance.confusion).items():
        assert found.estimate is not None
        assert round(found.estimate, 3) == getattr(performance, name)


@pytest.mark.parametrize(("performance", "part"), COHORTS, ids=["test", "external"])
def test_printed_tables_add_up(performance: Performance, part: Part) -> None:
    table = performance.printed
    for row in (table.real_op, table.real_non_op, table.total):
        assert row[0] + row[1] == row[2]
    sums = tuple(a + b for a, b in zip(table.real_op, table.real_non_op, strict=True))
    assert sums == table.total


def test_table_1_is_printed_transposed_and_table_2_is_not() -> None:
    first, second = JANG_2021.test_performance, JANG_2021.external_performance
    assert first.printed.real_op[2] != JANG_2021.test.osteoporosis
    assert first.printed.total[0] == JANG_2021.test.osteoporosis
    assert second.printed.real_op[2] == JANG_2021.external.osteoporosis


def test_the_parts_add_up_to_the_images() -> None:
    parts = (JANG_2021.training, JANG_2021.validation, JANG_2021.test)
    assert [part.n for part in parts] == [800, 100, 101]
    assert sum(part.osteoporosis for part in parts) == JANG_2021.images.osteoporosis
    assert sum(part.n for part in parts) == JANG_2021.images.n == 1001
    assert JANG_2021.right_hips + JANG_2021.left_hips == JANG_2021.images.n


def test_the_numbers_stand_in_the_paper(shared: Path) -> None:
    raw = (shared.parent / "paper" / "jang2021.txt").read_text(encoding="utf-8")
    text = " ".join(raw.split())
    assert "72.5 ± 12.5 years (range 55.2–100.5)" in text
    assert "0.715 ± 0.162 g/cm2 (range 0.20–1.34)" in text
    assert "− 2.2 ± 1.3 (range − 6.5–3.1)" in text
    assert "Real OP 51 14 65" in text
    assert "Real nonOP 19 12 31" in text
