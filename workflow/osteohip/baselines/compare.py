"""The network beside the baselines, on the same hips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from osteohip.baselines.linear import Floats
from osteohip.baselines.plan import (
    BASELINES,
    CALL_THRESHOLD,
    NETWORK,
    NO_METHOD,
    NO_PIXELS,
)
from osteohip.errors import StudyError
from osteohip.evaluation.aggregates import difference_of_paired_proportions
from osteohip.evaluation.comparison import paired_delong
from osteohip.evaluation.discrimination import auc
from osteohip.evaluation.estimate import Estimate
from osteohip.evaluation.measures import confusion, proportions
from osteohip.evaluation.predictions import Predictions
from osteohip.evaluation.proportions import wilson
from osteohip.evaluation.threshold import Threshold

CALLS = ("accuracy", "sensitivity", "specificity")
COLUMNS = ("scorer", "measure", "estimate", "low", "high", "k", "n", "p", "method", "reason")
UNFITTED = "the baseline could not be fitted on the training set"
KNOWN_DEVICE = "known_device"


@dataclass(frozen=True)
class Scores:
    """Scores of the baselines.

    Parameters
    ----------
    case_ids, labels
        Of the hips, shape (n,).
    scores
        By baseline, shape (n,), in [0, 1]; nan where it could not be fitted.
    known_device
        Shape (n,), whether the film's device took training films too.
    """

    case_ids: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    scores: Mapping[str, Floats]
    known_device: npt.NDArray[np.bool_]

    def as_table(self) -> pd.DataFrame:
        """Return the scores as they stand in ``{cohort}.csv``."""
        return pd.DataFrame(
            {
                "case_id": self.case_ids,
                "label": self.labels,
                **self.scores,
                KNOWN_DEVICE: self.known_device.astype(int),
            }
        )


def read_scores(path: Path) -> Scores:
    """Read what `Scores.as_table` gave.

    Raises
    ------
    StudyError
        If it is missing or something else.
    """
    try:
        table = pd.read_csv(path, dtype={"case_id": str}, float_precision="round_trip")
        return Scores(
            case_ids=tuple(table["case_id"]),
            labels=table["label"].to_numpy(np.int64),
            scores={name: table[name].to_numpy(float) for name in BASELINES},
            known_device=table[KNOWN_DEVICE].to_numpy(bool),
        )
    except FileNotFoundError:
        raise StudyError(f"there is no file {path}") from None
    except (KeyError, ValueError):
        expected = ", ".join(("case_id", "label", *BASELINES, KNOWN_DEVICE))
        raise StudyError(f"{path.name}: expected a CSV table with {expected}") from None


def compare(network: Predictions, threshold: Threshold, baselines: Scores) -> pd.DataFrame:
    """Return ``baselines.csv``: each scorer's measures, and the network less each baseline.

    Columns as `COLUMNS`, one row a scorer and measure. ``auc_difference`` is by DeLong's paired
    test, ``accuracy_difference`` by McNemar's; both are the network's value less the baseline's.
    ``known_device`` counts hips whose device took training films too.

    Parameters
    ----------
    network, threshold
        Scores and operating point of the network.
    baselines
        Scores of the same cases, in any order.

    Raises
    ------
    StudyError
        If the cases or their labels differ.
    """
    frame = baselines.as_table().set_index("case_id")
    if len(frame) != len(network.case_ids) or set(frame.index) != set(network.case_ids):
        raise StudyError("the network and the baselines scored different cases: score both anew")
    frame = frame.loc[list(network.case_ids)]
    if (frame["label"].to_numpy() != network.labels).any():
        raise StudyError("the network and the baselines have different labels: score both anew")
    calls = network.scores >= threshold.value
    rows = list(_measures(NETWORK, network.labels, network.scores, threshold=threshold.value))
    for name in BASELINES:
        scores = frame[name].to_numpy(float)
        rows += _measures(name, network.labels, scores, threshold=CALL_THRESHOLD)
        rows += _differences(name, network, calls, scores)
    known = int(frame[KNOWN_DEVICE].sum())
    rows.append(_row(NO_PIXELS, KNOWN_DEVICE, wilson(k=known, n=len(frame))))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"k": "Int64", "n": "Int64"})


def _measures(
    scorer: str, labels: npt.NDArray[np.int64], scores: Floats, *, threshold: float
) -> Iterator[dict[str, Any]]:
    n = len(labels)
    if np.isnan(scores).any():
        for name in ("auc", *CALLS):
            yield _row(scorer, name, Estimate(None, None, None, None, n, NO_METHOD, UNFITTED))
        return
    yield _row(scorer, "auc", auc(labels=labels, scores=scores))
    found = proportions(confusion(labels=labels, scores=scores, threshold=threshold))
    for name in CALLS:
        yield _row(scorer, name, found[name])


def _differences(
    name: str, network: Predictions, calls: npt.NDArray[np.bool_], scores: Floats
) -> Iterator[dict[str, Any]]:
    n = len(scores)
    blank = {"scorer": name, "estimate": None, "n": n, "method": NO_METHOD}
    if np.isnan(scores).any():
        for measure in ("auc_difference", "accuracy_difference"):
            yield blank | {"measure": measure, "reason": UNFITTED}
        return
    area = paired_delong(labels=network.labels, scores_a=network.scores, scores_b=scores)
    yield {
        "scorer": name,
        "measure": "auc_difference",
        "estimate": area.difference,
        "low": area.low,
        "high": area.high,
        "n": n,
        "p": area.p,
        "method": area.method,
        "reason": area.reason,
    }
    diseased = network.labels == 1
    right, theirs = calls == diseased, (scores >= CALL_THRESHOLD) == diseased
    found = difference_of_paired_proportions(
        both=int((right & theirs).sum()),
        first_alone=int((right & ~theirs).sum()),
        second_alone=int((~right & theirs).sum()),
        neither=int((~right & ~theirs).sum()),
    )
    yield {
        "scorer": name,
        "measure": "accuracy_difference",
        "estimate": found.difference,
        "low": found.low,
        "high": found.high,
        "n": n,
        "p": found.p,
        "method": found.method,
        "reason": found.reason,
    }


def _row(scorer: str, measure: str, found: Estimate) -> dict[str, Any]:
    return {"scorer": scorer, "measure": measure, **found.as_json()}
