"""The small cases, as fixtures."""

from pathlib import Path

import pytest
from model_cases import backend, bundle, site, train_at, training_cases, validation_cases

from osteohip.evaluation.command import threshold
from osteohip.model.command import predict

__all__ = ["backend", "bundle", "site", "train_at", "training_cases", "validation_cases"]


@pytest.fixture(scope="session")
def scored(site: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the predictions of the bundle on the test part, and its threshold."""
    folder = tmp_path_factory.mktemp("scored")
    for part in ("validation", "test"):
        predict(
            model=bundle,
            crops=site / "crops.npz",
            cohort=site / "cohort.csv",
            site_facts=site / "site.json",
            split=site / "split.csv",
            part=part,
            unsealed=True,
            out=folder / f"{part}.csv",
        )
    threshold(
        predictions=folder / "validation.csv",
        split=site / "split.csv",
        out=folder / "threshold.json",
        calibration_out=folder / "calibration.json",
        triage_out=folder / "triage.json",
        settings='{"threshold_rule": "youden"}',
    )
    return folder
