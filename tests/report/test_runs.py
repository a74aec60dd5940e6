"""The report of a study with several runs."""

from typing import Any

import pandas as pd
import pytest

from osteohip.config import load_config, settings_json
from osteohip.evaluation.command import ensemble, evaluate
from osteohip.evaluation.command import runs as compare
from osteohip.report.document import report_markdown
from osteohip.report.tables import all_tables

RUNS = {
    "with-2": {"seed": 2},
    "without-1": {"network": {"non_local_after": None}},
    "without-2": {"seed": 2, "network": {"non_local_after": None}},
    "wide": {"network": {"width": 0.25}},
    "both": {"ensemble": ["primary", "with-2"]},
    "neither": {"ensemble": ["without-1", "without-2"]},
}


@pytest.fixture
def tree(make_tree: Any) -> Any:
    """A study of five trained runs and two ensembles, one of the runs dead from its start."""
    tree = make_tree()
    study = load_config({"runs": RUNS})
    results = tree.root / "results"
    point = results / "model" / "threshold.json"
    cohorts = ("test", "external")
    for cohort in cohorts:
        source = results / "evaluation" / cohort
        table = pd.read_csv(source / "predictions.csv", dtype={"case_id": str})
        for i, run in enumerate(study.runs):
            folder = results / "runs" / run / cohort
            folder.mkdir(parents=True)
            members = study.ensembles.get(run)
            if members is None:
                noise = 0.3 * ((table.index * (i + 1) * 7919) % 101) / 101
                changed = table.assign(score=(table["score"] + noise) / 1.3)
                changed.to_csv(folder / "predictions.csv", index=False)
            else:
                ensemble(
                    predictions=[
                        results / "runs" / m / cohort / "predictions.csv" for m in members
                    ],
                    out=folder / "predictions.csv",
                )
            evaluate(predictions=folder / "predictions.csv", threshold_file=point, out_dir=folder)
    for run in study.trained:
        facts = {
            "best_epoch": 3,
            "best_validation_accuracy": 0.75,
            "warnings": ["dead"] if run == "without-2" else [],
        }
        (results / "models" / run).mkdir(parents=True)
        pd.Series(facts).to_json(results / "models" / run / "run.json")
    tree.runs = results / "runs.json"
    compare(
        plans=settings_json(study.plans()),
        primary="primary",
        models=results / "models",
        evaluation=results / "runs",
        cohort=list(cohorts),
        out=tree.runs,
    )
    return tree


def test_runs_are_shown_by_variant_with_spread_and_paired_differences(tree: Any) -> None:
    content = tree.count()
    tables = {table.key: table for table in all_tables(content)}
    rows = tables["runs"].rows
    assert [row.cells[0] for row in rows] == [
        "Common settings",
        "primary",
        "with-2",
        "Mean ± SD (range)",
        "Without the non-local block",
        "without-1",
        "without-2",
        "Mean ± SD (range)",
        "network.width: 0.25",
        "wide",
        "Mean ± SD (range)",
        "Ensembles",
        "both",
        "neither",
    ]
    assert [row.cells[3] for row in rows if row.cells[0].startswith("without-")] == ["yes", "no"]
    assert rows[12].cells[1] == "1, 2"
    assert tables["runs"].header[4:] == ("Test set", "External: External hospital")
    heads = [row.cells[0] for row in tables["run-differences"].rows]
    assert heads == [
        "Without the non-local block, less: common settings",
        "without-1 – primary",
        "without-2 – with-2",
        "neither – both",
        "Mean ± SD (range) over the seeds",
        "network.width: 0.25, less: common settings",
        "wide – primary",
        "Mean ± SD (range) over the seeds",
        "Ensembles, less: primary",
        "both – primary",
        "neither – primary",
    ]


def test_the_text_says_how_many_learnt_without_the_block(tree: Any) -> None:
    content = tree.count()
    text = report_markdown(content, all_tables(content)).replace("\\", "")
    assert "The model was trained 5 times" in text
    assert "here 1 of 2 runs without it learnt." in text


def test_a_single_run_has_no_such_tables(make_tree: Any) -> None:
    content = make_tree().count()
    assert content["runs"] is None
    assert not {"runs", "run-differences"} & {table.key for table in all_tables(content)}
    assert "Other runs" not in report_markdown(content, all_tables(content))
