import keras
import numpy as np
import pytest

from osteohip.config import Network
from osteohip.model.network import (
    HostNormal,
    build_network,
    convolution_names,
    reseed_dropout,
)

VGG16_CONVOLUTIONS = 14_714_688  # with three input channels, as keras.applications has it
ONE_CHANNEL_LESS = 2 * 3 * 3 * 64


def test_convolutions_are_those_of_vgg16():
    network = build_network(
        Network(width=1.0, non_local_after=None, head_units=[]), size=32, seed=1
    )
    found = sum(network.get_layer(name).count_params() for name in convolution_names())
    assert found == VGG16_CONVOLUTIONS - ONE_CHANNEL_LESS
    reference = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    ours = [layer for layer in network.layers if layer.name.startswith("block")]
    theirs = [layer for layer in reference.layers if layer.name.startswith("block")]
    assert [(a.name, a.output.shape) for a in ours] == [(b.name, b.output.shape) for b in theirs]


@pytest.mark.parametrize("place", [f"block{i}" for i in range(1, 6)])
def test_non_local_block_sits_behind_its_block(place):
    network = build_network(Network(non_local_after=place), size=32)
    names = [layer.name for layer in network.layers]
    assert names[names.index("non_local") - 1] == f"{place}_pool"
    assert network.output_shape == (None, 1)


def test_without_a_non_local_block_there_is_none():
    names = [layer.name for layer in build_network(Network(non_local_after=None), size=32).layers]
    assert "non_local" not in names


@pytest.mark.parametrize(
    ("settings", "tail"),
    [
        ({"head": "average", "head_units": []}, ["average", "logit"]),
        ({"head": "flatten", "head_units": [8]}, ["flatten", "head1", "logit"]),
        (
            {"head": "flatten", "head_units": [8, 4], "dropout": 0.5},
            ["flatten", "head1", "dropout1", "head2", "dropout2", "logit"],
        ),
    ],
)
def test_heads(settings, tail):
    names = [layer.name for layer in build_network(Network(**settings), size=32).layers]
    assert names[-len(tail) :] == tail


def test_width_never_falls_to_no_channels():
    network = build_network(Network(width=0.001), size=32)
    assert network.get_layer("block1_conv1").filters == 1


def test_seed_fixes_all_weights():
    def weights(seed: int) -> list[np.ndarray]:
        return build_network(Network(), size=32, seed=seed).get_weights()

    first, again, other = weights(1), weights(1), weights(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_start_is_that_of_he():
    weights = np.asarray(HostNormal(seed=1)((3, 3, 16, 500)))
    assert np.std(weights) == pytest.approx(np.sqrt(2 / (3 * 3 * 16)), rel=0.01)
    assert np.mean(weights) == pytest.approx(0, abs=1e-3)


def test_signal_keeps_its_size_through_the_convolutions():
    network = build_network(Network(), size=32, seed=4)
    x = np.random.default_rng(0).normal(0, 0.5, (4, 32, 32, 1)).astype("float32")
    last = keras.Model(network.input, network.get_layer("block5_conv3").output)
    assert 0.05 < float(np.std(np.asarray(last(x)))) < 5


def test_dropout_depends_on_seed_and_epoch_alone():
    network = build_network(Network(dropout=0.5), size=32)
    x = np.random.default_rng(0).normal(size=(4, 32, 32, 1)).astype("float32")

    def epoch(seed: int, number: int) -> np.ndarray:
        reseed_dropout(network, seed=seed, epoch=number)
        return np.asarray(network(x, training=True))

    first = epoch(1, 2)
    assert not np.array_equal(epoch(1, 3), first)
    assert not np.array_equal(epoch(2, 2), first)
    assert np.array_equal(epoch(1, 2), first)
