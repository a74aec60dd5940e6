"""The default study as it is shipped, judged on fresh synthetic sites of 1,000 records each."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score

pytestmark = pytest.mark.slow

CONFIG = {
    "external": [f"results/synthetic/{site}" for site in ("external", "fresh", "elsewhere")],
    "synthetic": {
        "fresh": {"recipe": "development", "patients": 1000, "seed": 3021},
        "elsewhere": {"recipe": "external", "patients": 1000, "seed": 3022},
    },
    "runs": {"shuffled": {"training": {"shuffle_labels": True, "epochs": 2}}},
}
# Maps and decks of some thousand hips would take most of the time and are not judged here.
JUDGED = [
    f"results/evaluation/{place}/metrics.json"
    for place in ("primary/fresh", "primary/elsewhere", "shuffled/fresh")
]


@pytest.fixture(scope="module")
def study(tmp_path_factory, make_checkout, run_snakemake) -> Path:
    folder = make_checkout(tmp_path_factory.mktemp("default") / "study", CONFIG)
    result = run_snakemake(folder, *JUDGED)
    assert result.returncode == 0, result.stdout
    return folder


def auc(study: Path, run: str, cohort: str) -> dict[str, float]:
    path = study / "results" / "evaluation" / run / cohort / "metrics.json"
    return json.loads(path.read_text())["metrics"]["auc"]


def ceiling(study: Path, site: str) -> float:
    path = study / "results" / "synthetic" / f"{site}.truth" / "truth.json"
    return json.loads(path.read_text())["ceiling_auc"]


def crops(study: Path, site: str) -> tuple[pd.Series, np.ndarray]:
    """Labels by case, and z-scored crops whose invalid pixels are zero."""
    folder = study / "results" / "sites" / site
    with np.load(folder / "crops.npz", allow_pickle=False) as archive:
        case_id, pixels, valid = archive["case_id"], archive["pixels"], archive["valid"]
    labels = pd.read_csv(folder / "cohort.csv").set_index("case_id")["label"].loc[case_id]
    pixels = np.where(valid, pixels, np.nan)
    mean = np.nanmean(pixels, axis=(1, 2), keepdims=True)
    deviation = np.nanstd(pixels, axis=(1, 2), keepdims=True)
    return labels, np.nan_to_num((pixels - mean) / deviation)


def thumbnails(pixels: np.ndarray) -> np.ndarray:
    n, size, _ = pixels.shape
    step = size // 16
    return pixels.reshape(n, 16, step, 16, step).mean(axis=(2, 4)).reshape(n, 256)


def test_the_ceilings_are_as_designed(study):
    assert 0.90 <= ceiling(study, "fresh") <= 0.93
    assert 0.80 <= ceiling(study, "elsewhere") <= 0.86


def test_the_network_comes_near_the_ceiling(study):
    assert auc(study, "primary", "fresh")["estimate"] >= ceiling(study, "fresh") - 0.05


def test_it_does_clearly_worse_at_another_hospital(study):
    assert auc(study, "primary", "elsewhere")["high"] < auc(study, "primary", "fresh")["low"]


def test_shuffled_labels_teach_nothing(study):
    found = auc(study, "shuffled", "fresh")
    assert found["low"] <= 0.5 <= found["high"]


def test_brightness_does_not_tell_the_label(study):
    folder = study / "results" / "sites" / "fresh"
    with np.load(folder / "crops.npz", allow_pickle=False) as archive:
        grey = np.nanmean(np.where(archive["valid"], archive["pixels"], np.nan), axis=(1, 2))
        case_id = archive["case_id"]
    labels = pd.read_csv(folder / "cohort.csv").set_index("case_id")["label"].loc[case_id]
    area = roc_auc_score(labels, grey)
    assert max(area, 1 - area) <= 0.65


def test_a_thumbnail_tells_far_less_than_the_network(study):
    split = pd.read_csv(study / "results" / "split" / "split.csv").set_index("case_id")["part"]
    labels, pixels = crops(study, "development")
    training = (split.loc[labels.index] == "training").to_numpy()
    model = LogisticRegressionCV(Cs=[1e-4, 1e-3, 1e-2, 1e-1, 1], cv=5, max_iter=2000)
    model.fit(thumbnails(pixels)[training], labels[training])
    labels, pixels = crops(study, "fresh")
    thumbnail = roc_auc_score(labels, model.decision_function(thumbnails(pixels)))
    assert thumbnail <= auc(study, "primary", "fresh")["estimate"] - 0.08
