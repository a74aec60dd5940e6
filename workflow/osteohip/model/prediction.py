"""Scores of cases from a trained network."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from osteohip.model.cases import Cases
from osteohip.model.determinism import compile_ahead
from osteohip.model.preprocessing import Normalise

Tensor = Any
BATCH_SIZE = 16


def scoring_model(network: keras.Model) -> keras.Model:
    """Return a compiled model from crops and their valid pixels to the network's logits."""
    rows, columns = network.input_shape[1:3]
    pixels = keras.Input((rows, columns), name="pixels")
    valid = keras.Input((rows, columns), dtype="bool", name="valid")
    logit = network(Normalise(name="normalise")(pixels, valid))
    model = keras.Model({"pixels": pixels, "valid": valid}, logit, name="scoring")
    model.compile(jit_compile=compile_ahead())
    return model


def logits(scorer: keras.Model, cases: Cases) -> npt.NDArray[np.float64]:
    """Return the logits of ``cases``, shape (n,); a case's logit does not depend on the others."""
    inputs = {"pixels": cases.pixels, "valid": cases.valid}
    found = scorer.predict(inputs, batch_size=BATCH_SIZE, verbose=0)
    return np.asarray(found, dtype=np.float64)[:, 0]


def scores(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the sigmoid of ``logits``: in [0, 1], higher for osteoporosis."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small))
