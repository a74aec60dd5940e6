"""An ensemble: the mean of the scores that several models give the same cases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from osteohip.errors import StudyError
from osteohip.evaluation.predictions import Predictions


def same_cases(members: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Return the predictions with their cases in one order, that of the first.

    Raises
    ------
    StudyError
        If one holds other cases than the first, or another label for one of them.
    """
    first_name, first = next(iter(members.items()))
    truth = dict(zip(first.case_ids, first.labels.tolist(), strict=True))
    ordered = {}
    for name, found in members.items():
        if set(found.case_ids) != truth.keys():
            raise StudyError(f"{name} and {first_name} did not score the same cases")
        place = {case: i for i, case in enumerate(found.case_ids)}
        order = [place[case] for case in first.case_ids]
        if found.labels[order].tolist() != list(truth.values()):
            raise StudyError(f"{name} and {first_name} have other labels for the same cases")
        ordered[name] = Predictions(first.case_ids, found.labels[order], found.scores[order])
    return ordered


def mean_scores(members: Mapping[str, Predictions]) -> Predictions:
    """Return the mean of the members' scores for each case.

    The scores are averaged as probabilities, not as logits: each member then moves the mean by its
    share at most, while one member that is sure without reason can turn a mean of logits alone; and
    the mean stays what a threshold and a calibration are read on. So do deep ensembles.

    Parameters
    ----------
    members
        Scores in [0, 1] of the same cases, by the member's name.

    Raises
    ------
    StudyError
        As `same_cases`, or if a score is no probability.

    References
    ----------
    Lakshminarayanan B, Pritzel A, Blundell C. NeurIPS 2017 (section 2.4).
    """
    ordered = same_cases(members)
    for name, found in ordered.items():
        if found.scores.min() < 0 or found.scores.max() > 1:
            raise StudyError(f"{name}: scores outside 0 to 1 are no probabilities to be averaged")
    first = next(iter(ordered.values()))
    scores = np.mean([found.scores for found in ordered.values()], axis=0)
    return Predictions(first.case_ids, first.labels, scores)
