"""Measure the AUC with its DeLong interval against scikit-learn's AUC without one.

Run as `PYTHONPATH=workflow python tests/benchmarks/delong_speed.py`.
"""

import time
from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score

from osteohip.evaluation.discrimination import auc

CASES = 100_000
REPEATS = 15


def best_seconds(function: Callable[[], object]) -> float:
    """Return the least wall time of a call after one to warm up."""
    function()
    walls = []
    for _ in range(REPEATS):
        wall = time.perf_counter()
        function()
        walls.append(time.perf_counter() - wall)
    return min(walls)


def main() -> None:
    """Print both times and their ratio, for distinct scores and for tied ones."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, CASES)
    distinct = rng.normal(size=CASES) + labels
    for name, scores in (("distinct", distinct), ("tied", np.round(distinct, 1))):
        ours = best_seconds(lambda s=scores: auc(labels=labels, scores=s))
        theirs = best_seconds(lambda s=scores: roc_auc_score(labels, s))
        print(
            f"{CASES} cases, {name} scores: DeLong {1000 * ours:.1f} ms, roc_auc_score "
            f"{1000 * theirs:.1f} ms, {theirs / ours:.1f} times as fast"
        )


if __name__ == "__main__":
    main()
