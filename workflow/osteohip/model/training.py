"""Train a network: epochs over augmented crops, and the epoch of best validation accuracy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops
from tqdm import tqdm

from osteohip.config import Training
from osteohip.model.augmentation import augment, draw_epoch
from osteohip.model.cases import Cases
from osteohip.model.determinism import compile_ahead
from osteohip.model.network import reseed_dropout
from osteohip.model.prediction import logits, scoring_model
from osteohip.model.preprocessing import normalise
from osteohip.model.progress import Epoch, Progress, State, best_epoch

Tensor = Any
SHUFFLED_LABELS = 0x5AFE
CHANCE_MARGIN = 0.01


@keras.saving.register_keras_serializable(package="osteohip")
class AugmentedCrops(keras.layers.Layer):  # type: ignore[misc]
    """The training crops on the device: from an index and what to do with it to network inputs."""

    def __init__(self, cases: Cases, blur_sigma: float):
        super().__init__(name="augmented_crops", trainable=False, dtype="float32")
        self.blur_sigma = blur_sigma
        self.pixels = self._constant("pixels", cases.pixels, "float32")
        self.valid = self._constant("valid", cases.valid, "bool")
        self.built = True

    def _constant(self, name: str, values: npt.NDArray[Any], dtype: str) -> Any:
        weight = self.add_weight(
            name=name, shape=values.shape, dtype=dtype, initializer="zeros", trainable=False
        )
        weight.assign(values)
        return weight

    def call(self, index: Tensor, affine: Tensor, blur: Tensor, divisor: Tensor) -> Tensor:
        """Return shape (n, size, size, 1), for columns of an `EpochPlan`."""
        pixels, valid = augment(
            ops.take(self.pixels, index, axis=0),
            ops.take(self.valid, index, axis=0),
            affine=affine,
            blur=blur,
            sigma=self.blur_sigma,
        )
        return ops.expand_dims(normalise(pixels, valid, divisor), axis=-1)


class _Steps(keras.callbacks.Callback):  # type: ignore[misc]
    """After each step move a progress bar by one, and end if the system wants it."""

    def __init__(self, bar: tqdm[Any], check: Callable[[], None]):
        super().__init__()
        self.bar = bar
        self.check = check

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count a step."""
        self.bar.update()
        self.check()


def accuracy(label: Tensor, logit: Tensor) -> Tensor:
    """Return for each case whether the logit's sign (score 0.5) agrees with the label."""
    called = ops.cast(logit >= 0, "float32")
    return ops.cast(ops.equal(ops.cast(label, "float32"), called), "float32")


def training_model(network: keras.Model, *, cases: Cases, settings: Training) -> keras.Model:
    """Return a compiled model from the columns of an `EpochPlan` to the logits of ``network``."""
    inputs = {
        "index": keras.Input((), dtype="int32", name="index"),
        "affine": keras.Input((8,), name="affine"),
        "blur": keras.Input((), name="blur"),
        "divisor": keras.Input((), name="divisor"),
    }
    crops = AugmentedCrops(cases, settings.blur_sigma)(**inputs)
    model = keras.Model(inputs, network(crops), name="training")
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[accuracy],
        jit_compile=compile_ahead(),
    )
    return model


def train_epochs(
    network: keras.Model,
    *,
    scored: keras.Model,
    training: Cases,
    validation: Cases,
    settings: Training,
    seed: int,
    start: State | None = None,
    keep: Callable[[State], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> Progress:
    """Train ``network`` for all epochs; it ends with the weights of the last one.

    It may compute in half precision. What judges an epoch is ``scored``, which computes as the
    finished model will.

    Epoch k depends on what stands at the end of epoch k - 1 (`State`), on ``seed`` and on k, and
    on nothing else.

    Parameters
    ----------
    network
        From `build_network`; its weights are changed.
    scored
        The same network in float32; gets the weights after each epoch. May be ``network`` itself.
    training, validation
        Crops with labels. Validation alone chooses the epoch.
    settings
        How to train.
    seed
        Seed of augmentation, order and dropout.
    start
        Where to go on from; None starts anew.
    keep
        Gets the state after each epoch but the last, and after the last one the progress alone.
    check
        Called after each step; ends the training if it raises.
    """
    model = training_model(network, cases=training, settings=settings)
    scorer = scoring_model(scored)
    model.optimizer.build(model.trainable_variables)
    start = State() if start is None else start
    if start.network:
        network.set_weights(list(start.network))
        for variable, value in zip(model.optimizer.variables, start.optimizer, strict=True):
            variable.assign(value)
    progress = start.progress
    done = len(progress.history)
    steps = math.ceil(len(training) * len(settings.augmentations) / settings.batch_size)
    finished, total = done * steps, settings.epochs * steps
    with tqdm(initial=finished, total=total, unit="step", mininterval=1) as bar:
        for epoch in range(done + 1, settings.epochs + 1):
            reseed_dropout(network, seed=seed, epoch=epoch)
            plan = draw_epoch(
                images=len(training), size=training.size, settings=settings, seed=seed, epoch=epoch
            )
            fitted = model.fit(
                {name: getattr(plan, name) for name in model.input},
                training.labels[plan.index].astype(np.float32)[:, None],
                batch_size=settings.batch_size,
                shuffle=False,
                verbose=0,
                callbacks=[_Steps(bar, check)],
            ).history
            weights = tuple(network.get_weights())
            if scored is not network:
                scored.set_weights(list(weights))
            loss, share = validation_measures(logits(scorer, validation), validation.labels)
            row = Epoch(epoch, fitted["loss"][0], fitted["accuracy"][0], loss, share)
            history = (*progress.history, row)
            improved = best_epoch(history) == epoch
            progress = Progress(history, weights if improved else progress.best_weights)
            if epoch < settings.epochs:
                optimizer = tuple(keras.ops.convert_to_numpy(v) for v in model.optimizer.variables)
                keep(State(progress, weights, optimizer))
            bar.set_postfix_str(f"epoch {epoch}, validation accuracy {share:.3f}", refresh=False)
    keep(State(progress))
    return progress


def validation_measures(
    logits: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Return binary cross-entropy in nats, and the share called rightly at a score of 0.5."""
    loss = np.mean(np.logaddexp(0.0, logits) - labels * logits)
    return float(loss), float(np.mean((logits >= 0) == (labels == 1)))


def shuffled_labels(cases: Cases, *, seed: int) -> Cases:
    """Return the cases with their labels dealt out anew, so that there is nothing to learn."""
    rng = np.random.default_rng([seed, SHUFFLED_LABELS])
    return replace(cases, labels=rng.permutation(cases.labels))


def learning_warnings(history: Sequence[Epoch], *, training: Cases, validation: Cases) -> list[str]:
    """Tell in sentences where the network did not learn; nothing to say is an empty list.

    A dead start shows as a loss that stays at the entropy of the labels (0.693 for halves).
    """
    warnings = []
    chance = _entropy(float(training.labels.mean()))
    lowest = min(row.loss for row in history)
    if lowest > chance - CHANCE_MARGIN:
        warnings.append(
            f"the training loss never fell below that of guessing by prevalence ({chance:.3f}): "
            "the network did not start to learn; take another seed or learning rate, or more epochs"
        )
    majority = float(max(validation.labels.mean(), 1 - validation.labels.mean()))
    highest = max(row.validation_accuracy for row in history)
    if highest <= majority:
        warnings.append(
            f"no epoch was better on validation than always calling the larger class "
            f"(accuracy {highest:.3f} against {majority:.3f})"
        )
    return warnings


def _entropy(share: float) -> float:
    return -sum(p * math.log(p) for p in (share, 1 - share) if p > 0)
