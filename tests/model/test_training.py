import keras
import numpy as np
import pytest
from keras import ops

from osteohip.config import Network, Training
from osteohip.model.network import build_network
from osteohip.model.prediction import logits, scoring_model
from osteohip.model.training import (
    Epoch,
    accuracy,
    best_epoch,
    learning_warnings,
    shuffled_labels,
    train_epochs,
    validation_measures,
)


def history(*accuracies: float, loss: float = 0.3) -> list[Epoch]:
    return [Epoch(k, loss, 0.9, 0.4, share) for k, share in enumerate(accuracies, start=1)]


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [
        ((0.5,), 1),
        ((0.5, 0.7, 0.6), 2),
        ((0.5, 0.7, 0.7), 2),
        ((0.7, 0.5, 0.7, 0.8, 0.8), 4),
        ((0.5, 0.5, 0.5), 1),
    ],
)
def test_best_epoch_is_the_earliest_of_highest_accuracy(accuracies, best):
    assert best_epoch(history(*accuracies)) == best


def test_validation_measures_by_hand():
    loss, share = validation_measures(
        np.array([0.0, np.log(3), -800.0, 800.0]), np.array([1, 0, 0, 0])
    )
    assert loss == pytest.approx((np.log(2) + np.log(4) + 0 + 800) / 4)
    assert share == 0.5  # a logit of 0 is a score of 0.5, and that is called osteoporosis


def test_training_accuracy_by_hand():
    label, logit = np.array([[1.0], [1.0], [0.0], [0.0]]), np.array([[0.0], [-1.0], [-1.0], [2.0]])
    found = ops.convert_to_numpy(accuracy(label, logit))
    assert found.ravel().tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (history(0.5, 0.8), []),
        (history(0.5, 0.5), ["always calling the larger class"]),
        (history(0.5, 0.8, loss=0.69), ["never fell"]),
        (history(0.4, loss=0.7), ["never fell", "always calling the larger class"]),
    ],
)
def test_a_network_that_does_not_learn_is_told(rows, words, training_cases, validation_cases):
    found = learning_warnings(rows, training=training_cases, validation=validation_cases)
    assert len(found) == len(words)
    assert all(word in sentence for word, sentence in zip(words, found, strict=True))


def test_shuffled_labels_are_the_same_labels(training_cases):
    shuffled = shuffled_labels(training_cases, seed=1)
    assert sorted(shuffled.labels) == sorted(training_cases.labels)
    assert not np.array_equal(shuffled.labels, training_cases.labels)
    assert np.array_equal(shuffled.labels, shuffled_labels(training_cases, seed=1).labels)
    assert np.array_equal(shuffled.pixels, training_cases.pixels)


@pytest.fixture(scope="module")
def trained(training_cases, validation_cases):
    network = build_network(Network(non_local_after="block3"), size=32, seed=1)
    settings = Training(epochs=4, learning_rate=1e-3)
    progress = train_epochs(
        network,
        scored=network,
        training=training_cases,
        validation=validation_cases,
        settings=settings,
        seed=1,
    )
    return network, progress


def test_training_learns_what_is_easy(trained):
    _, progress = trained
    assert [row.epoch for row in progress.history] == [1, 2, 3, 4]
    assert progress.history[-1].loss < 0.5
    assert max(row.validation_accuracy for row in progress.history) >= 0.9


def test_best_weights_give_the_accuracy_of_the_best_epoch(trained, validation_cases):
    network, progress = trained
    last = network.get_weights()
    network.set_weights(list(progress.best_weights))
    found = logits(scoring_model(network), validation_cases)
    network.set_weights(last)
    row = progress.history[progress.best_epoch - 1]
    loss, share = validation_measures(found, validation_cases.labels)
    assert share == row.validation_accuracy
    assert loss == pytest.approx(row.validation_loss, rel=1e-5)


def test_crops_are_no_part_of_the_network(trained):
    network, _ = trained
    assert not any("augmented" in layer.name for layer in network.layers)
    assert isinstance(network, keras.Model)


def test_half_precision_learns_and_is_judged_in_full(training_cases, validation_cases):
    settings = Network(width=0.0625, non_local_after="block3")
    half = build_network(settings, size=32, seed=1, precision="bfloat16")
    full = build_network(settings, size=32, seed=1)
    assert half.get_layer("block1_conv1").compute_dtype == "bfloat16"
    assert {weight.dtype.name for weight in half.get_weights()} == {"float32"}
    progress = train_epochs(
        half,
        scored=full,
        training=training_cases,
        validation=validation_cases,
        settings=Training(epochs=4, learning_rate=1e-3),
        seed=1,
    )
    assert progress.history[-1].loss < progress.history[0].loss
    assert max(row.validation_accuracy for row in progress.history) >= 0.9
    found = logits(scoring_model(full), validation_cases)
    loss, share = validation_measures(found, validation_cases.labels)
    assert (loss, share) == (
        progress.history[-1].validation_loss,
        progress.history[-1].validation_accuracy,
    )
