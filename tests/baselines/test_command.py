"""The three commands in a row: fitted on training alone, the rest scored and compared."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from osteohip.baselines.command import compare_baselines, fit_baselines, score_baselines
from osteohip.errors import StudyError
from osteohip.files import write_arrays

N, SIZE = 60, 32


@pytest.fixture
def site(tmp_path: Path) -> Path:
    rng = np.random.default_rng(7)
    ids = np.array([f"s-{i:03d}" for i in range(N)])
    label = rng.integers(0, 2, N)
    age = 65 + 8 * label + rng.normal(0, 4, N)
    cohort = pd.DataFrame(
        {
            "case_id": ids,
            "label": label,
            "age_years": age.round(1),
            "side": rng.choice(["L", "R"], N),
            "year": rng.integers(2010, 2020, N),
            "manufacturer": rng.choice(["GE", "Canon"], N),
            "model_name": "M1",
        }
    )
    cohort.to_csv(tmp_path / "cohort.csv", index=False)
    pixels = rng.normal(100, 20, (N, SIZE, SIZE)).astype(np.float32)
    # One hip could not be cropped.
    write_arrays(
        tmp_path / "crops.npz",
        case_id=ids[1:],
        pixels=pixels[1:],
        valid=np.ones((N - 1, SIZE, SIZE), bool),
    )
    part = ["training"] * 39 + ["validation"] * 10 + ["test"] * 10
    pd.DataFrame({"case_id": ids[1:], "part": part}).to_csv(tmp_path / "split.csv", index=False)
    return tmp_path


def fit(site: Path, name: str = "baselines.json") -> Path:
    out = site / name
    fit_baselines(
        crops=site / "crops.npz",
        cohort=site / "cohort.csv",
        split=site / "split.csv",
        seed=2021,
        out=out,
    )
    return out


def test_from_crops_to_the_table(site: Path) -> None:
    fitted = fit(site)
    assert json.loads(fitted.read_text())["n"] == 39
    score_baselines(
        baselines=fitted,
        crops=site / "crops.npz",
        cohort=site / "cohort.csv",
        split=site / "split.csv",
        part="test",
        out=site / "test.csv",
    )
    scores = pd.read_csv(site / "test.csv")
    split = pd.read_csv(site / "split.csv")
    assert list(scores["case_id"]) == list(split.loc[split["part"] == "test", "case_id"])
    assert scores["known_device"].all()
    network = scores[["case_id", "label"]].assign(score=scores["age"])
    network.to_csv(site / "predictions.csv", index=False)
    point = {"value": 0.5, "rule": "fixed", "chosen_on": None}
    (site / "threshold.json").write_text(json.dumps(point))
    compare_baselines(
        predictions=site / "predictions.csv",
        threshold_file=site / "threshold.json",
        baselines=site / "test.csv",
        out=site / "out" / "baselines.csv",
    )
    table = pd.read_csv(site / "out" / "baselines.csv").set_index(["scorer", "measure"])
    assert table.loc[("age", "auc_difference"), "estimate"] == 0
    assert table.loc[("age", "accuracy_difference"), "p"] == 1
    assert table.loc[("network", "auc"), "estimate"] == table.loc[("age", "auc"), "estimate"]


def test_hips_outside_training_change_nothing_that_is_fitted(site: Path) -> None:
    before = fit(site).read_bytes()
    cohort = pd.read_csv(site / "cohort.csv")
    split = pd.read_csv(site / "split.csv").set_index("case_id")["part"]
    held_out = cohort["case_id"].map(split) != "training"
    cohort.loc[held_out, ["label", "age_years", "year"]] = [0, 99.0, 2030]
    cohort.loc[held_out, "manufacturer"] = "Other"
    cohort.to_csv(site / "cohort.csv", index=False)
    assert fit(site, "again.json").read_bytes() == before


def test_an_external_site_needs_no_split_and_may_have_other_devices(site: Path) -> None:
    fitted = fit(site)
    cohort = pd.read_csv(site / "cohort.csv").assign(manufacturer="DK Medical", year=2021)
    cohort.to_csv(site / "elsewhere.csv", index=False)
    score_baselines(
        baselines=fitted,
        crops=site / "crops.npz",
        cohort=site / "elsewhere.csv",
        out=site / "elsewhere-scores.csv",
    )
    scores = pd.read_csv(site / "elsewhere-scores.csv")
    assert len(scores) == N - 1
    assert not scores["known_device"].any()
    assert scores["no_pixels"].between(0, 1).all()


def test_mistakes_are_told(site: Path) -> None:
    fitted = fit(site)
    files = {"crops": site / "crops.npz", "cohort": site / "cohort.csv", "out": site / "x.csv"}
    with pytest.raises(StudyError, match="--split and --part together"):
        score_baselines(baselines=fitted, part="test", **files)
    with pytest.raises(StudyError, match="--part: expected one of training, validation, test"):
        score_baselines(baselines=fitted, split=site / "split.csv", part="tset", **files)
    with pytest.raises(StudyError, match="there is no file"):
        score_baselines(baselines=site / "none.json", **files)
    for content in ("[]", "{", '{"n": 1}'):
        (site / "bad.json").write_text(content)
        with pytest.raises(StudyError, match=r"bad\.json: expected what `fit-baselines` writes"):
            score_baselines(baselines=site / "bad.json", **files)
