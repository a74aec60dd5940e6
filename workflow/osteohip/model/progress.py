"""What a training has reached: its history, its best epoch, and the state between two epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Weights = tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True)
class Epoch:
    """One row of the history; losses in nats, accuracies as shares at the threshold of 0.5."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


def best_epoch(history: Sequence[Epoch]) -> int:
    """Return the epoch of highest validation accuracy, the earliest of several.

    Raises
    ------
    ValueError
        If the history is empty.
    """
    return max(history, key=lambda row: (row.validation_accuracy, -row.epoch)).epoch


@dataclass(frozen=True)
class Progress:
    """All that training has reached at the end of an epoch, beside network and optimiser.

    Parameters
    ----------
    history
        Finished epochs.
    best_weights
        Weights of the network after `best_epoch`; empty before the first epoch.
    """

    history: tuple[Epoch, ...] = ()
    best_weights: tuple[npt.NDArray[np.float32], ...] = ()

    @property
    def best_epoch(self) -> int:
        """Number of the best epoch so far."""
        return best_epoch(self.history)


@dataclass(frozen=True)
class State:
    """All that the next epoch depends on, beside seed and number.

    Random numbers need no place here: what an epoch draws follows from the run's seed and the
    epoch's number.

    Parameters
    ----------
    progress
        History and best weights.
    network, optimizer
        Weights of the network and variables of the optimiser after the last epoch of the history;
        empty before the first epoch and after the last of all.
    """

    progress: Progress = field(default_factory=Progress)
    network: Weights = ()
    optimizer: Weights = ()
