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


def test_what_the_audit_rests_on_stands_in_the_paper(shared: Path) -> None:
    raw = (shared.parent / "paper" / "jang2021.txt").read_text(encoding="utf-8")
    # Words are divided at the ends of lines.
    text = " ".join(raw.replace("-\n", "").replace("‑", "-").split())
    paper = JANG_2021
    for words in (
        "the data of 1012 patients were collected",
        "A total of 1012 simple hip radiographs",
        "Of 1012 subjects, one had two radiographs",
        "for 1011 subjects",
        "unable to crop 10 images for inappropriate quality",
        "with 101 validation datasets",
        "underwent both hip AP radiography and DXA within a month",
        "207 to 500 tube current",
        "200 to 500 tube current",
        "between January 2010 and February 2019",
        "between October 2020 and July 2021",
        "prospectively collected from another university hospital",
        "waived due to the retrospective nature of the study",
        "4,000 iterations",
        "trained the model for 300 epochs",
        "a learning rate of 10−6",
        "again with 1-sigma",
        "Without NLNN, we were unable to train the model at all",
        "lower margin of the lesser trochanter as the inferior border",
        "as far as the length of the lesser trochanter from the tip of it",
        "one licensed medical doctor (JR)",
        "(KCH and YPW)",
        "> 80% accuracy and > 90% sensitivity",
        "which indicates excellent performance",
        "which indicates acceptable performance",
        "indicating a reasonable performance",
        "both AUC values indicated acceptable model performance",
        "All Grad-CAM results from both internal and external validation sets appropriately",
        "by perfect agreement (κ = 1.000)",
        "available on request from the corresponding author",
        "normal variation of real-world data",
    ):
        assert words in text, words
    for site in (paper.development_collection, paper.external_collection):
        for device in (*site.devices, *site.dxa_devices):
            assert device in text
    for untold in ("batch size", "ImageNet", "pretrained", "threshold of"):
        assert untold not in text
