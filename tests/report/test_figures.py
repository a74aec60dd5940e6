"""Figures: edge cases that must draw, and the same bytes without date or machine."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from drawn import font_of_characters

from osteohip.report.figures.flow import flow_figure, flow_stages
from osteohip.report.figures.history import history_figure
from osteohip.report.figures.precision_recall import precision_recall_figure
from osteohip.report.figures.roc import roc_figure
from osteohip.report.figures.scores import scores_figure
from osteohip.report.figures.shift import shift_figure
from osteohip.report.figures.style import house_style, save, sheet, watermark
from osteohip.report.patients import compared_sites
from osteohip.writing.table import PARTLY

HISTORY = pd.DataFrame(
    {
        "epoch": [1],
        "loss": [0.7],
        "accuracy": [0.5],
        "validation_loss": [0.6],
        "validation_accuracy": [0.5],
    }
)


def test_one_epoch_shows_as_points() -> None:
    with house_style():
        figure = history_figure(HISTORY, {"best_epoch": 1})
    assert [line.get_marker() for line in figure.axes[0].lines[:2]] == ["o", "o"]


def test_a_cohort_of_one_class_stays_in_the_legend_without_a_curve(study: Any) -> None:
    cohorts = json.loads(json.dumps(study.numbers["cohorts"][1:]))
    undefined = {
        "estimate": None,
        "low": None,
        "high": None,
        "reason": "all cases are of one class",
    }
    cohorts[0]["metrics"]["auc"] |= undefined
    cohorts[0]["no_osteoporosis"] = 0
    cohorts[0]["metrics"]["average_precision"] |= undefined
    n, healthy = cohorts[1]["osteoporosis"]["k"], cohorts[1]["no_osteoporosis"]
    points = pd.DataFrame(
        {
            "false_positive_rate": [0, 1],
            "true_positive_rate": [0, 1],
            "false_positives": [0, healthy],
            "true_positives": [0, n],
        }
    )
    for draw, measure in ((roc_figure, "AUC"), (precision_recall_figure, "average precision")):
        with house_style():
            figure = draw(cohorts, {"test": points[:0], "external": points})
        legend = [text.get_text() for text in figure.legends[0].get_texts()]
        assert legend[0] == f"Test set\n{measure} not defined (all cases are of one class)"
        assert legend[1].startswith(f"External hospital\n{measure} 0.")


def test_precision_is_of_those_called(study: Any) -> None:
    cohort = study.numbers["cohorts"][1]
    curve = pd.DataFrame(
        {
            "true_positive_rate": [0, 0.5, 0.5, 1],
            "false_positives": [0, 0, 2, 2],
            "true_positives": [0, 1, 1, 2],
        }
    )
    with house_style():
        figure = precision_recall_figure([cohort], {"test": curve})
    line = figure.axes[0].lines[0]
    assert line.get_xdata().tolist() == [0.5, 0.5, 1]
    assert line.get_ydata().tolist() == [1, 1 / 3, 0.5]


def test_every_hip_is_in_the_histogram_of_scores(study: Any) -> None:
    cohort = study.numbers["cohorts"][1]
    table = pd.DataFrame({"label": [1, 1, 0, 0, 0], "score": [0.0, 1.0, 0.3, -0.5, 0.31]})
    with house_style():
        figure = scores_figure([cohort], {"test": table})
    counts = [sum(patch.get_data()[0]) for patch in figure.axes[0].patches]
    assert counts == [2, 2, 3, 3]


def test_sites_are_set_beside_one_another_in_shares(study: Any) -> None:
    groups = compared_sites(study.numbers)
    assert [group["id"] for group in groups] == ["development", "external"]
    rows = pd.DataFrame({"age_years": [60.0, 61, 70, None], "t_score": [-1.0, -2, -3, -4]})
    with house_style():
        figure = shift_figure(groups, {group["id"]: rows for group in groups})
    shares = list(figure.axes[0].patches[1].get_data()[0])
    assert shares == pytest.approx([200 / 3, 0, 100 / 3])
    bars = [patch.get_width() for patch in figure.axes[2].patches]
    assert bars == pytest.approx([100 * d["share"] for g in groups for d in g["devices"]])


def test_the_flow_counts_what_left_at_each_stage(study: Any) -> None:
    stages = flow_stages(study.numbers["sites"][0])
    assert [stage.text.split("\n")[0] for stage in stages] == [
        "Files under radiographs",
        "Films",
        "Records (patient, hip, film, DXA)",
        "Cohort",
        "Images",
    ]
    assert stages[0].left == "Refused: 11 files\n– undecodable pixels: 9\n– not DICOM: 2"
    assert stages[2].left.startswith("Excluded: 99 records of 51 patients; criterion not met:")
    assert "– female: 25 (18)" in stages[2].left
    assert "osteoarthritis" not in stages[2].left
    assert stages[3].left == "Uncroppable: 2 images\n– cut off: 2"


def test_a_flow_without_losses_has_no_side_boxes(study: Any) -> None:
    site = json.loads(json.dumps(study.numbers["sites"][1]))
    site |= {"refused_total": 0, "uncroppable_total": 0, "excluded": {"records": 0, "patients": 0}}
    assert [stage.left for stage in flow_stages(site)] == [""] * 5
    with house_style():
        assert len(flow_figure(site, []).axes[0].patches) == 5


@pytest.mark.parametrize("suffix", [".pdf", ".png"])
def test_same_bytes_and_no_date(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        with house_style():
            figure = history_figure(HISTORY, {"best_epoch": 1})
            watermark(figure, PARTLY)
            save(figure, tmp_path / name)
    content = (tmp_path / "one").with_suffix(suffix).read_bytes()
    assert content == (tmp_path / "two").with_suffix(suffix).read_bytes()
    assert b"CreationDate" not in content
    assert b"tIME" not in content


@pytest.mark.filterwarnings("error")
def test_names_in_other_scripts_are_drawn_and_embedded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("부산대학교병원", "北京协和医院", "ひろしま")
    with house_style():
        for stem, text in (("one", "Busan\n≥ 1"), ("two", "\n".join(names)), ("three", "Busan")):
            figure = sheet(60, 60)
            figure.text(0.1, 0.5, text)
            figure.text(0.1, 0.1, text, fontweight="bold")
            save(figure, tmp_path / stem)
    pdf = (tmp_path / "two.pdf").read_bytes()
    drawn = font_of_characters(pdf)
    for character in "".join(names):
        assert drawn[character] == {"NotoSansCJKjp-Regular"}
    assert len(pdf) < 50_000
    assert not caplog.records
    for stem, other in (("one", False), ("two", True), ("three", False)):
        content = (tmp_path / stem).with_suffix(".pdf").read_bytes()
        assert (b"/Type3" in content, b"/CIDFontType2" in content) == (other, not other)
