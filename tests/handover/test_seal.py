"""The aggregates of the internal test that travel instead of patients."""

import json

import numpy as np
import pandas as pd
import pytest

from osteohip.config import Config, settings_json
from osteohip.errors import StudyError
from osteohip.evaluation.discrimination import delong
from osteohip.evaluation.predictions import Predictions
from osteohip.files import write_csv, write_json
from osteohip.handover.command import seal
from osteohip.handover.reference import internal_test
from osteohip.model.manifest import BUNDLE_FILES, IntendedUse, check_bundle


def developed(n: int = 400, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t_score = rng.normal(-2.4, 1.1, n).round(1)
    return pd.DataFrame(
        {
            "case_id": [f"case-{i:05d}" for i in range(n)],
            "age_years": rng.uniform(55, 90, n).round(1),
            "t_score": t_score,
            "label": (t_score <= -2.5).astype(int),
            "side": rng.choice(["R", "L"], n),
            "manufacturer": "Maker",
            "model_name": "A",
        }
    )


def scored(cases: pd.DataFrame) -> Predictions:
    rng = np.random.default_rng(2)
    scores = 1 / (1 + np.exp(cases["t_score"].to_numpy() + 2.5 + rng.normal(0, 1, len(cases))))
    return Predictions(tuple(cases["case_id"]), cases["label"].to_numpy(), scores)


def test_the_internal_test_in_aggregates():
    cases = developed()
    predictions = scored(cases)
    found = internal_test(cases, predictions, threshold=0.5, label_t_score=-2.5)
    sick = int(cases["label"].sum())
    assert (found["n"], found["osteoporosis"]) == (400, sick)
    area = delong(labels=predictions.labels, scores=predictions.scores)
    assert found["auc"]["variance"] == area.variance
    assert found["auc"]["estimate"] == area.area
    assert (found["auc"]["diseased"], found["auc"]["healthy"]) == (sick, 400 - sick)
    assert found["auc"]["low"] < area.area < found["auc"]["high"]
    assert found["confusion"]["tp"] + found["confusion"]["fn"] == sick
    ages = found["age_years"]
    assert sum(ages["osteoporosis"]) == sick
    assert len(ages["osteoporosis"]) == len(ages["edges"]) - 1
    scores = found["t_score"]
    border = scores["edges"].index(-2.5)
    assert scores["osteoporosis"][border:] == [None] * (len(scores["edges"]) - 1 - border)
    assert scores["no_osteoporosis"][:border] == [None] * border


@pytest.mark.parametrize("seed", range(20))
def test_no_cell_under_five_travels(seed):
    cases = developed(60, seed)
    found = internal_test(cases, scored(cases), threshold=0.5, label_t_score=-2.5)
    for variable in ("age_years", "t_score"):
        for name in ("osteoporosis", "no_osteoporosis"):
            assert all(cell is None or cell >= 5 for cell in found[variable][name])


def test_predictions_of_other_cases_are_refused():
    cases = developed()
    with pytest.raises(StudyError, match="of other cases or labels"):
        internal_test(cases[1:], scored(cases), threshold=0.5, label_t_score=-2.5)
    others = scored(cases.assign(label=1 - cases["label"]))
    with pytest.raises(StudyError, match="of other cases or labels"):
        internal_test(cases, others, threshold=0.5, label_t_score=-2.5)


def test_command_closes_a_bundle_without_a_patient_in_it(tmp_path):
    cases = developed()
    parts = ["training"] * 200 + ["validation"] * 100 + ["test"] * 99
    write_csv(tmp_path / "cohort.csv", cases)
    split = cases[["case_id"]][:399].assign(part=parts)  # one could not be cropped
    write_csv(tmp_path / "split.csv", split)
    test = cases[300:399]
    predictions = scored(test)
    write_csv(
        tmp_path / "predictions.csv",
        test[["case_id", "label"]].assign(score=predictions.scores),
    )
    model = tmp_path / "model"
    for name in BUNDLE_FILES:
        write_json(
            model / name, {"value": 0.5, "rule": "fixed", "chosen_on": None, "synthetic": False}
        )
    study = Config()
    use = IntendedUse(
        inventory=study.inventory,
        selection=study.selection,
        images=study.images,
        evaluation=study.evaluation,
    )
    seal(
        model=model,
        run="primary",
        cohort=tmp_path / "cohort.csv",
        split=tmp_path / "split.csv",
        predictions=tmp_path / "predictions.csv",
        settings=settings_json(use),
    )
    assert check_bundle(model).synthetic is False
    reference = json.loads((model / "reference.json").read_text())
    assert reference["n"] == 399
    assert reference["test"]["n"] == 99
    for path in model.iterdir():
        assert not [case for case in cases["case_id"] if case.encode() in path.read_bytes()]
