"""The audit: known answers, and that each finding follows from numbers and not from text."""

import ast
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import osteohip.paper
from osteohip.evaluation.measures import Confusion
from osteohip.paper.audit import RULES, audit, run_checks
from osteohip.paper.page import page_markdown
from osteohip.paper.patients import largest_sd
from osteohip.paper.published import (
    JANG_2021,
    Counted,
    Paper,
    Part,
    Performance,
    PrintedTable,
)
from osteohip.paper.tables import agreements_table

CONTENT = audit(JANG_2021)
FINDINGS = {finding["key"]: finding for finding in CONTENT["findings"]}
AGREEMENTS = {check["key"]: check for check in CONTENT["agreements"]}
Edit = Callable[[Paper], Paper]


def found(paper: Paper) -> set[str]:
    return {finding["key"] for finding in audit(paper)["findings"]}


def top(**changes: Any) -> Edit:
    return lambda paper: replace(paper, **changes)


def inner(name: str, **changes: Any) -> Edit:
    return lambda paper: replace(paper, **{name: replace(getattr(paper, name), **changes)})


def both_sites(**changes: Any) -> Edit:
    def edit(paper: Paper) -> Paper:
        for name in ("development_collection", "external_collection"):
            paper = inner(name, **changes)(paper)
        return paper

    return edit


def table(confusion: Confusion) -> PrintedTable:
    tp, fn, fp, tn = confusion.tp, confusion.fn, confusion.fp, confusion.tn
    return PrintedTable((tp, fn, tp + fn), (fp, tn, fp + tn), (tp + fp, fn + tn, confusion.n))


def calls(cohort: str, tp: int, fn: int, fp: int, tn: int, auc: float | None = None) -> Edit:
    """Give a cohort other calls, with all that follows from them."""
    counts = Confusion(tp=tp, fn=fn, fp=fp, tn=tn)

    def edit(paper: Paper) -> Paper:
        told: Performance = getattr(paper, f"{cohort}_performance")
        performance = replace(
            told,
            printed=table(counts),
            confusion=counts,
            accuracy=round((tp + tn) / counts.n, 3),
            sensitivity=round(tp / (tp + fn), 3),
            specificity=round(tn / (tn + fp), 3),
            ppv=round(tp / (tp + fp), 3),
            npv=round(tn / (tn + fn), 3),
            auc=told.auc if auc is None else auc,
        )
        part = Part(osteoporosis=tp + fn, no_osteoporosis=fp + tn)
        return replace(paper, **{f"{cohort}_performance": performance, cohort: part})

    return edit


def judged(cohort: str, word: str) -> Edit:
    def edit(paper: Paper) -> Paper:
        said = [replace(j, word=word) if j.cohort == cohort else j for j in paper.judged]
        return replace(paper, judged=tuple(said))

    return edit


def one_definition(paper: Paper) -> Paper:
    return replace(paper, borders=tuple(replace(b, figure=b.methods) for b in paper.borders))


def large_test(paper: Paper) -> Paper:
    paper = calls("test", tp=910, fn=90, fp=300, tn=700)(paper)
    return calls("external", tp=837, fn=163, fp=613, tn=387)(paper)


# How the paper would have to read for each finding to vanish.
MENDED: dict[str, Edit] = {
    "orientation_test": inner(
        "test_performance", printed=table(JANG_2021.test_performance.confusion)
    ),
    "everyone_positive_external": calls("external", tp=76, fn=10, fp=17, tn=14),
    "referral_external": calls("external", tp=76, fn=10, fp=17, tn=14),
    "negative_calls_external": calls("external", tp=76, fn=10, fp=17, tn=14),
    "predictive_value": calls("external", tp=65, fn=21, fp=19, tn=12),
    "area_drop": inner("external_performance", auc=0.85),
    "measure_drops": calls("external", tp=78, fn=8, fp=10, tn=21),
    "area_words_test": judged("test", "excellent"),
    "area_band_test": inner("test_performance", auc=0.95),
    "area_band_external": inner("external_performance", auc=0.85),
    "claims": top(claimed_accuracy=0.7, claimed_sensitivity=0.8),
    "class_sizes": large_test,
    "epoch_choice": inner("training_protocol", epochs=100),
    "validation_result": inner("training_protocol", best_epoch=212, best_validation_accuracy=0.84),
    "units": top(
        collected_as=(
            Counted(1012, "radiographs", "Methods"),
            Counted(1011, "patients", "Methods"),
        )
    ),
    "flow": top(uncroppable=11),
    "figure_1": top(figure_1=Counted(101, "test", "Figure 1, caption")),
    "exclusions": inner("development_collection", excluded=(9, 8, 7, 6, 5, 4, 3, 2)),
    "quality": top(quality_criterion="a border of the crop outside the film"),
    "sides_balance": top(right_hips=500, left_hips=501),
    "expected_share": inner("total_hip_t_score", mean=-2.5),
    "label_region": top(label_region="total_hip"),
    "consent": inner("external_collection", ethics="prospective"),
    "prevalence": top(external=Part(osteoporosis=59, no_osteoporosis=58)),
    "external_described": inner("external_collection", described=True, criteria=8),
    "same_devices": inner("external_collection", devices=("DXII",), dxa_devices=("Horizon",)),
    "age_shape": inner("age_years", sd=8.0),
    "longest_gap": top(longest_gap_days=(31,)),
    "tube_current": both_sites(tube_current_unit="mA"),
    "kappa": inner("reading", test_adequate=95),
    "wrong_calls": inner("reading", test_adequate=95),
    "external_readers": inner("reading", external_readers=("KCH", "YPW")),
    "readers": inner("reading", readers=("KCH", "ABC")),
    "borders": one_definition,
    "data_contacts": top(data_contacts=("the corresponding author",)),
    "batch_size": inner("training_protocol", batch_size=1),
    "window": inner("training_protocol", window_random=(-1.0, 1.0)),
    "initial_weights": inner("training_protocol", initial_weights="ImageNet"),
    "without_non_local": inner("training_protocol", without_non_local=0.5),
    "threshold": top(threshold=0.5),
    "untold_settings": inner(
        "training_protocol",
        input_pixels=224,
        head="flatten",
        non_local_place="block4",
        augmentation_sizes=(10.0,),
    ),
    "annotators": top(annotators=("JR", "CJH")),
}

# How the paper would have to read for each thing that holds to fail.
BROKEN: dict[str, Edit] = {
    "orientation_external": inner(
        "external_performance",
        printed=PrintedTable((72, 19, 91), (14, 12, 26), (86, 31, 117)),
    ),
    "area_words_external": lambda paper: replace(
        paper, judged=(*paper.judged, replace(paper.judged[-1], word="poor"))
    ),
    "printed_measures_test": inner("test_performance", npv=0.862),
    "printed_measures_external": inner("external_performance", accuracy=0.728),
    "table_sums_test": inner(
        "test_performance",
        printed=PrintedTable((51, 14, 66), (5, 31, 36), (56, 45, 101)),
    ),
    "table_sums_external": inner(
        "external_performance",
        printed=PrintedTable((72, 14, 86), (19, 12, 31), (91, 27, 117)),
    ),
    "area_and_point_test": inner("test_performance", auc=0.99),
    "area_and_point_external": inner("external_performance", auc=0.3),
    "everyone_positive_test": calls("test", tp=40, fn=16, fp=40, tn=5),
    "referral_test": calls("test", tp=40, fn=16, fp=40, tn=5),
    "negative_calls_test": calls("test", tp=40, fn=16, fp=40, tn=5),
    "called_test": calls("test", tp=53, fn=3, fp=20, tn=25),
    "called_external": calls("external", tp=50, fn=36, fp=5, tn=26),
    "images_and_patients": top(uncroppable=11),
    "class_sums": top(collected_osteoporosis=512),
    "losses": top(images=Part(osteoporosis=470, no_osteoporosis=498)),
    "parts": inner("training", osteoporosis=392),
    "split_shares": top(split_shares=(0.7, 0.15, 0.15)),
    "split_classes": top(validation=Part(osteoporosis=80, no_osteoporosis=20)),
    "sides_sum": top(right_hips=441),
    "density_scale": inner("total_hip_bmd_g_cm2", mean=0.815),
    "age_range": inner("age_years", low=54.9),
    "maps_counted": inner("reading", external_shown=116),
    "iterations": inner("training_protocol", strategies=4),
}


def test_every_check_has_its_counterpart_here() -> None:
    assert set(MENDED) == set(FINDINGS)
    assert set(BROKEN) == set(AGREEMENTS)
    keys = [check.key for check in run_checks(JANG_2021)]
    assert len(keys) == len(set(keys)) == len(RULES)


def test_what_no_test_showed_to_differ_is_not_counted_as_holding() -> None:
    by_test = {key for key, check in AGREEMENTS.items() if check["by_test"]}
    assert by_test == {"called_test", "called_external", "losses", "split_classes"}
    assert all("p" in AGREEMENTS[key]["numbers"] for key in by_test)
    counts = CONTENT["counts"]
    assert counts["not_shown"] == len(by_test)
    assert counts["agreements"] == len(AGREEMENTS) - len(by_test)
    table = agreements_table(CONTENT)
    start = [row.cells[0] for row in table.rows].index("Not shown to differ")
    assert len(table.rows) - start - 1 == len(by_test)
    assert "no proof that there is none" in page_markdown(CONTENT)


def test_the_moved_predictive_value_has_its_interval() -> None:
    moved = FINDINGS["predictive_value"]["numbers"]["ppv_moved"]
    # By Bayes from 72 of 86 and 19 of 31 at a prevalence of 56 in 101.
    ill, well = 56 * 72 / 86, 45 * 19 / 31
    assert moved["estimate"] == pytest.approx(ill / (ill + well))
    error = np.sqrt(1 / 72 - 1 / 86 + 1 / 19 - 1 / 31)
    odds = ill / well * np.exp(np.array([-1, 1]) * 1.959964 * error)
    assert [moved["low"], moved["high"]] == pytest.approx((odds / (1 + odds)).tolist())
    assert "a PPV of 63.0 % (" in FINDINGS["predictive_value"]["arithmetic"]


@pytest.mark.parametrize("key", MENDED)
def test_a_finding_vanishes_when_the_numbers_agree(key: str) -> None:
    assert key in found(JANG_2021)
    assert key not in found(MENDED[key](JANG_2021))


@pytest.mark.parametrize("key", BROKEN)
def test_what_holds_is_found_when_the_numbers_disagree(key: str) -> None:
    assert key not in found(JANG_2021)
    assert key in found(BROKEN[key](JANG_2021))


def test_no_finding_holds_a_typed_number() -> None:
    folder = Path(osteohip.paper.__file__).parent
    names = ("counts", "patients", "performance", "protocol", "reading")
    allowed = re.compile(r"(Table|Figure) \d|VGG16|figure_1|02d")
    for name in names:
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docs
        ]
        assert len(texts) > 20
        assert [text for text in texts if re.search(r"\d", allowed.sub("", text))] == []


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("orientation_test", ["rows 65 and 36", "classes 56 and 45", "51/65 = 78.5 %"]),
        ("everyone_positive_external", ["(72 + 12)/117 = 71.8 %", "86/117 = 73.5 %"]),
        ("kappa", ["101 of 101", "(1.000 − 1.000) / (1.000 − 1.000)", "96.3–100.0; 101/101"]),
        ("expected_share", ["= 40.9 %", "504/1001 = 50.3 %", "p < 0.001"]),
        ("units", ["1012 − 1 = 1011 patients", "1012 + 1 = 1013 radiographs"]),
        ("flow", ["1012 − 10 = 1002"]),
        ("figure_1", ["validation set 100, caption 101, test set 101"]),
        ("area_drop", ["0.867 − 0.700 = 0.167"]),
        ("area_band_test", ["0.867 (0.797–0.937)"]),
        ("referral_external", ["= 0.453", "= 0.470", "from 53.8 % to 79.1 %"]),
        ("predictive_value", ["2.93 and 1.37", "a PPV of 63.0 %"]),
        ("batch_size", ["4000 iterations × 300 epochs = 1,200,000 steps"]),
        ("window", ["between 1σ and 3σ", "31.7 % to 0.3 %"]),
        ("age_shape", ["= 1.4 SD", "8.1 %", "at most 12.4"]),
    ],
)
def test_the_arithmetic_of_known_findings(key: str, parts: list[str]) -> None:
    for part in parts:
        assert part in FINDINGS[key]["arithmetic"]


def test_what_the_issue_with_the_label_would_be_explained_by() -> None:
    # 504 of 1001 at or below -2.5 with an SD of 1.3: the mean lies at -2.5 - 1.3 * 0.00874.
    assert FINDINGS["expected_share"]["numbers"]["mean"] == pytest.approx(-2.5114, abs=1e-4)


def test_all_five_measures_have_wilsons_interval() -> None:
    of = {cohort["id"]: cohort["measures"] for cohort in CONTENT["cohorts"]}
    assert {name for measures in of.values() for name in measures} == {
        "accuracy",
        "sensitivity",
        "specificity",
        "ppv",
        "npv",
    }
    # By hand: Wilson for 12 of 31.
    specificity = of["external"]["specificity"]
    assert (specificity["k"], specificity["n"]) == (12, 31)
    assert specificity["low"] == pytest.approx(0.2373, abs=1e-4)
    assert specificity["high"] == pytest.approx(0.5618, abs=1e-4)


def test_net_benefit_over_a_range_agrees_with_the_useful_range() -> None:
    for cohort in CONTENT["cohorts"]:
        low, high = cohort["useful_range"]
        for row in cohort["net_benefit"]:
            inside = low < row["threshold_probability"] < high
            beats = min(row["difference"]["estimate"], row["model"]["estimate"]) > 0
            assert beats == inside


def test_the_flow_adds_up_by_class() -> None:
    flow = {row["step"]: row for row in CONTENT["flow"]}
    for name in ("osteoporosis", "no_osteoporosis", "total"):
        parts = [flow[step][name] for step in ("Training", "Validation", "Test")]
        assert sum(parts) == flow["Images"][name]
        assert flow["Collected"][name] - flow["Left between"][name] == flow["Images"][name]
    assert flow["Left between"]["total"] == 11


@given(
    st.floats(55, 70),
    st.floats(1, 60),
    st.floats(0.05, 0.95),
    st.floats(0, 1),
)
def test_no_cut_off_normal_distribution_has_a_larger_sd(
    low: float, length: float, place: float, width: float
) -> None:
    x = np.linspace(low, low + length, 4001)
    centre = low + length * (3 * place - 1)
    weights = np.exp(-(((x - centre) / (length * (0.2 + 3 * width))) ** 2))
    weights /= weights.sum()
    mean = float(weights @ x)
    sd = float(np.sqrt(weights @ (x - mean) ** 2))
    assert sd <= largest_sd(mean=mean, low=low, high=low + length) * (1 + 1e-3)


def test_the_largest_sd_in_the_middle_is_that_of_a_uniform_distribution() -> None:
    assert largest_sd(mean=5, low=0, high=10) == pytest.approx(10 / np.sqrt(12))
    assert np.isnan(largest_sd(mean=11, low=0, high=10))
    # Far below the upper end it is an exponential, whose SD is its mean.
    assert largest_sd(mean=1, low=0, high=1000) == pytest.approx(1, rel=1e-6)


def test_the_untold_is_marked_as_such() -> None:
    untold = [f.name for f in fields(JANG_2021) if getattr(JANG_2021, f.name) is None]
    assert untold == ["label_region", "quality_criterion", "threshold"]
