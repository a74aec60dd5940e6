import numpy as np
import pandas as pd
import pytest

from osteohip.errors import StudyError
from osteohip.evaluation.command import ensemble
from osteohip.evaluation.ensemble import mean_scores, same_cases
from osteohip.evaluation.predictions import Predictions


def predictions(scores: dict[str, float], labels: dict[str, int]) -> Predictions:
    return Predictions(
        tuple(scores), np.array([labels[c] for c in scores]), np.array(list(scores.values()))
    )


LABELS = {"a": 1, "b": 0, "c": 0}


def test_the_mean_of_probabilities_whatever_the_order_of_the_cases():
    found = mean_scores(
        {
            "one": predictions({"a": 0.9, "b": 0.25, "c": 0.0}, LABELS),
            "two": predictions({"c": 0.5, "a": 0.8, "b": 0.75}, LABELS),
        }
    )
    assert found.case_ids == ("a", "b", "c")
    assert found.labels.tolist() == [1, 0, 0]
    np.testing.assert_allclose(found.scores, [0.85, 0.5, 0.25], rtol=1e-12)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (predictions({"a": 0.1, "b": 0.1}, LABELS), "two and one did not score the same cases"),
        (predictions({"a": 0.1, "b": 0.1, "d": 0.1}, LABELS | {"d": 0}), "the same cases"),
        (predictions({"a": 0.1, "b": 0.1, "c": 0.1}, LABELS | {"c": 1}), "have other labels"),
        (predictions({"a": 0.1, "b": 0.1, "c": 2.0}, LABELS), "two: scores outside 0 to 1"),
    ],
)
def test_what_cannot_be_averaged_is_refused(second, message):
    first = predictions({"a": 0.9, "b": 0.2, "c": 0.0}, LABELS)
    with pytest.raises(StudyError, match=message):
        mean_scores({"one": first, "two": second})


def test_members_of_any_scores_can_be_lined_up():
    first = predictions({"a": 9.0, "b": -2.0}, LABELS)
    assert same_cases({"one": first})["one"].scores.tolist() == [9.0, -2.0]


def test_command_writes_predictions_like_any_model(tmp_path):
    for name, scores in (("x", [0.2, 0.6]), ("y", [0.4, 1.0])):
        table = pd.DataFrame({"case_id": ["01", "02"], "label": [0, 1], "score": scores})
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    ensemble(
        predictions=[tmp_path / "x.csv", tmp_path / "y.csv"], out=tmp_path / "e" / "predictions.csv"
    )
    text = (tmp_path / "e" / "predictions.csv").read_text()
    assert text == "case_id,label,score\n01,0,0.30000000000000004\n02,1,0.8\n"
