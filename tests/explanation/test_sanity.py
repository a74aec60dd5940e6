"""A network that learned: what its maps owe to its weights, and what an edge detector owes."""

import keras
import numpy as np
import pytest
from model_cases import easy_cases

from osteohip.config import Network, Training
from osteohip.explanation.gradcam import class_maps, make_mapper
from osteohip.explanation.run import explain_cases, network_inputs, network_logits
from osteohip.explanation.sanity import (
    DRAWS,
    RANDOM_WEIGHTS,
    between_cases,
    curves_beside,
    randomised_maps,
)
from osteohip.model.network import build_network
from osteohip.model.training import train_epochs

SETTINGS = Network(width=0.125, non_local_after="block3")
LAYERS = ("block4_conv3", "block3_pool")
CASES = easy_cases(24, seed=9)
# Likeness of maps that have nothing in common but where the bar is.
UNLIKE = 0.5


@pytest.fixture(scope="module")
def trained(backend) -> keras.Model:
    network = build_network(SETTINGS, size=CASES.size, seed=5)
    train_epochs(
        network,
        scored=network,
        training=easy_cases(128, seed=7),
        validation=easy_cases(32, seed=8),
        settings=Training(epochs=6, augmentations=["original"], learning_rate=1e-3),
        seed=5,
    )
    return network


@pytest.fixture(scope="module")
def inputs() -> np.ndarray:
    return network_inputs(CASES)


def test_the_network_learned(trained, inputs):
    called = network_logits(trained, inputs) >= 0
    assert (called == (CASES.labels == 1)).mean() > 0.9


def likeness(steps: list[dict], layer: str) -> list[float]:
    """Medians of Spearman's correlation, step by step; an empty set of pairs counts as unlike."""
    found = [step["maps"][layer]["spearman"]["estimate"] for step in steps]
    return [0.0 if value is None else value for value in found]


def randomise(network, maps_of, layers) -> list[dict]:
    everyone = np.arange(len(CASES))
    steps, _ = randomised_maps(
        network, settings=SETTINGS, map_again=maps_of, true_maps=maps_of(everyone)
    )
    assert [step["layer"] for step in steps][:2] == ["logit", "head1"]
    assert set(steps[-1]["maps"]) == set(layers)
    return steps


def maps_change(steps: list[dict], layer: str) -> bool:
    """Whether maps are no longer like the true ones once no trained weight is left."""
    return abs(likeness(steps, layer)[-1]) < UNLIKE


def test_maps_change_with_the_weights(trained, inputs):
    target = np.where(network_logits(trained, inputs) >= 0, 1, -1).astype(np.int8)
    mapper = make_mapper(trained, LAYERS)

    def again(some: np.ndarray) -> dict[str, np.ndarray]:
        return class_maps(mapper, inputs[some], target[some])

    steps = randomise(trained, again, LAYERS)
    for layer in LAYERS:
        assert maps_change(steps, layer)


def test_maps_that_do_not_know_the_weights_are_found_out(trained, inputs):
    def edges(some: np.ndarray) -> dict[str, np.ndarray]:
        slopes = np.gradient(inputs[some, :, :, 0], axis=(1, 2))
        return {"edges": np.hypot(*slopes)[:, ::4, ::4]}

    steps = randomise(trained, edges, ["edges"])
    assert likeness(steps, "edges") == pytest.approx([1] * len(steps))
    assert not maps_change(steps, "edges")


def test_the_network_gets_its_weights_back(trained, inputs):
    before, logits = trained.get_weights(), network_logits(trained, inputs)
    names = {"block5_conv3": "last_convolution"}
    explained = explain_cases(
        trained,
        settings=SETTINGS,
        cases=CASES,
        score=np.zeros(len(CASES)),
        target=np.ones(len(CASES), dtype=np.int8),
        layers=list(names.values()),
    )
    assert list(explained.maps.layers) == list(names)
    for old, new in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(network_logits(trained, inputs), logits)


def test_randomised_maps_are_those_of_networks_that_never_learned(trained, inputs):
    ones = np.ones(len(inputs), dtype=np.int8)
    mapper = make_mapper(trained, LAYERS)

    def again(some: np.ndarray) -> dict[str, np.ndarray]:
        return class_maps(mapper, inputs[some], ones[some])

    true_maps = again(np.arange(len(inputs)))
    _, last = randomised_maps(trained, settings=SETTINGS, map_again=again, true_maps=true_maps)
    for draw in range(2):
        other = build_network(SETTINGS, size=CASES.size, seed=RANDOM_WEIGHTS + draw)
        expected = class_maps(make_mapper(other, LAYERS), inputs, ones)
        for layer in LAYERS:
            dealt = (last[layer][draw::DRAWS], expected[layer][draw::DRAWS])
            np.testing.assert_allclose(*dealt, rtol=1e-4, atol=1e-7)


def test_areas_are_set_beside_those_of_maps_that_know_nothing():
    fraction = np.array([0, 0.5, 1])
    falls, stays = np.tile([1.0, 0.0, 0.0], (6, 1)), np.tile([1.0, 1.0, 0.0], (6, 1))
    falls[0] = np.nan
    found = curves_beside((falls, stays), (stays, stays), fraction=fraction)
    medians = {
        name: {key: (value["estimate"], value["n"]) for key, value in facts.items()}
        for name, facts in found.items()
    }
    assert medians == {
        "deletion": {"area": (0.25, 5), "randomised": (0.75, 6), "difference": (-0.5, 5)},
        "insertion": {"area": (0.75, 6), "randomised": (0.75, 6), "difference": (0, 6)},
    }


def test_cases_are_set_beside_the_next_one():
    maps = np.zeros((3, 2, 2), dtype=np.float32)
    maps[:2, 0, 0] = maps[2, 1, 1] = 1
    found = between_cases(maps, size=8)["spearman"]
    assert (found["estimate"], found["n"]) == (pytest.approx(-1 / 3), 3)
