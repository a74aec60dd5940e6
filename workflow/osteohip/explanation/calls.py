"""Which class each case was called, and so the sign of the logit that is mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from osteohip.errors import StudyError
from osteohip.evaluation.predictions import read_predictions
from osteohip.evaluation.threshold import take_threshold
from osteohip.explanation.maps import read_maps

Floats = npt.NDArray[np.float64]
# Scores of one network differ in the last bits between a CPU and a GPU.
SAME_SCORE = 1e-2


def called(
    case_ids: npt.NDArray[np.str_], score: Floats, *, predictions: Path, threshold: Path
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Return the scores as they were evaluated, and 1 for a case called osteoporosis, else -1.

    Parameters
    ----------
    case_ids, score
        Shape (n,): the cases, and what the network says of them here.
    predictions, threshold
        ``predictions.csv`` and ``threshold.json`` of the run.

    Raises
    ------
    StudyError
        If the predictions are of other cases or another network.
    """
    point = take_threshold(value=None, path=threshold).value
    found = read_predictions(predictions)
    evaluated = dict(zip(found.case_ids, found.scores.tolist(), strict=True))
    if set(evaluated) != set(case_ids.tolist()):
        raise StudyError(f"{predictions.name}: expected the cases that are explained, and no other")
    scores = np.array([evaluated[case] for case in case_ids.tolist()])
    if np.abs(scores - score).max() > SAME_SCORE:
        raise StudyError(f"{predictions.name}: expected the scores of the model that is explained")
    return scores, np.where(scores >= point, 1, -1).astype(np.int8)


def called_by_another(case_ids: npt.NDArray[np.str_], *, maps: Path) -> npt.NDArray[np.int8]:
    """Return the targets of another run's ``maps.npz``.

    Raises
    ------
    StudyError
        If it holds other cases.
    """
    other = read_maps(maps)
    if other.case_ids.tolist() != case_ids.tolist():
        raise StudyError(f"{maps.name}: expected the cases that are explained, and no other")
    return other.target
