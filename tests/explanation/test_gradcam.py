import keras
import numpy as np
import pytest

from osteohip.config import Network
from osteohip.errors import StudyError
from osteohip.explanation.gradcam import batches, class_maps, make_mapper
from osteohip.model.network import build_network

RNG = np.random.default_rng(0)
INPUTS = RNG.uniform(-1, 1, (21, 32, 32, 1)).astype(np.float32)
TARGET = np.where(np.arange(21) % 3 == 0, -1, 1).astype(np.int8)
LAYERS = ("block3_conv3", "block3_pool")


def small_network(**changed) -> keras.Model:
    settings = {"width": 0.0625, "non_local_after": "block3", **changed}
    network = build_network(Network(**settings), size=32, seed=3)
    # The block starts as the identity.
    block = network.get_layer("non_local").output_projection
    block.set_weights([RNG.normal(size=w.shape) * 0.3 for w in block.get_weights()])
    return network


@pytest.fixture(scope="module")
def network(backend) -> keras.Model:
    return small_network()


def two_channels() -> keras.Model:
    """The input and its negative, behind ReLU; the logit is 3 times the first mean less the other.

    Its Grad-CAM is known in closed form: for n positions, (3 a - b) / n where that is positive.
    """
    inputs = keras.Input((2, 2, 1))
    x = keras.layers.Conv2D(2, 1, activation="relu", name="both")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(inputs, keras.layers.Dense(1, name="logit")(x))
    network.get_layer("both").set_weights([np.array([[[[1.0, -1.0]]]]), np.zeros(2)])
    network.get_layer("logit").set_weights([np.array([[3.0], [-1.0]]), np.zeros(1)])
    return network


def test_a_map_that_is_known_in_closed_form():
    crop = np.array([[2.0, -4.0], [0.0, 1.0]], dtype=np.float32)[..., None]
    mapper = make_mapper(two_channels(), ["both"])
    found = class_maps(mapper, np.stack([crop, crop]), np.array([1, -1], dtype=np.int8))["both"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], np.array([[6, 0], [0, 3]]) / 4, rtol=1e-6)
    np.testing.assert_allclose(found[1], np.array([[0, 4], [0, 0]]) / 4, rtol=1e-6)


def test_a_class_that_nothing_speaks_for_has_a_map_of_zeros():
    crop = np.full((1, 2, 2, 1), 1.0, dtype=np.float32)
    mapper = make_mapper(two_channels(), ["both"])
    assert (class_maps(mapper, crop, np.array([-1], dtype=np.int8))["both"] == 0).all()


def gradient(above: keras.Model, activation: np.ndarray) -> np.ndarray:
    """The gradient of each case's logit, as the backend itself gives it."""
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(lambda a: above(a).sum())(activation))
    import tensorflow as tf

    watched = tf.constant(activation)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        logits = above(watched)
    return tape.gradient(logits, watched).numpy()


@pytest.mark.parametrize("layer", LAYERS)
def test_maps_are_those_of_the_backends_own_gradient(network, layer):
    output = network.get_layer(layer).output
    activation = keras.ops.convert_to_numpy(keras.Model(network.input, output)(INPUTS))
    weights = gradient(keras.Model(output, network.output), activation).mean(axis=(1, 2))
    signed = TARGET[:, None, None] * np.einsum("nrkc,nc->nrk", activation, weights)
    found = class_maps(make_mapper(network, LAYERS), INPUTS, TARGET)[layer]
    assert signed.max() > 0
    np.testing.assert_allclose(found, np.maximum(signed, 0), rtol=1e-4, atol=1e-5 * signed.max())


def test_the_two_classes_share_no_heat(network):
    mapper = make_mapper(network, LAYERS)
    for_it = class_maps(mapper, INPUTS, np.ones(21, dtype=np.int8))
    against = class_maps(mapper, INPUTS, -np.ones(21, dtype=np.int8))
    for name in LAYERS:
        assert not ((for_it[name] > 0) & (against[name] > 0)).any()
        assert ((for_it[name] > 0) | (against[name] > 0)).any()


def test_a_map_does_not_depend_on_its_batch(network):
    mapper = make_mapper(network, LAYERS)
    together = class_maps(mapper, INPUTS, TARGET)
    order = RNG.permutation(21)
    mixed = class_maps(mapper, INPUTS[order], TARGET[order])
    for name, maps in together.items():
        close = {"rtol": 1e-4, "atol": 1e-6 * maps.max()}
        np.testing.assert_allclose(mixed[name], maps[order], **close)
        for case in (0, 7, 20):
            alone = class_maps(mapper, INPUTS[[case]], TARGET[[case]])[name]
            np.testing.assert_allclose(alone[0], maps[case], **close)


def test_the_same_maps_come_again(network):
    mapper = make_mapper(network, LAYERS)
    first, second = (class_maps(mapper, INPUTS, TARGET) for _ in range(2))
    for name in LAYERS:
        np.testing.assert_array_equal(first[name], second[name])


def test_mapping_changes_no_weight_and_drops_nothing_out():
    plain, dropping = (small_network(dropout=rate, head_units=[16]) for rate in (0.0, 0.9))
    dropping.set_weights(plain.get_weights())
    before = plain.get_weights()
    expected = class_maps(make_mapper(plain, LAYERS), INPUTS, TARGET)
    found = class_maps(make_mapper(dropping, LAYERS), INPUTS, TARGET)
    for name in LAYERS:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-7)
    for old, new in zip(before, plain.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_maps_follow_the_weights():
    network = small_network()
    mapper = make_mapper(network, LAYERS)
    before = class_maps(mapper, INPUTS, TARGET)
    logit = network.get_layer("logit")
    logit.set_weights([-w for w in logit.get_weights()])
    swapped = class_maps(mapper, INPUTS, -TARGET)
    for name in LAYERS:
        np.testing.assert_allclose(swapped[name], before[name], rtol=1e-5)


def test_numbers_that_overflow_are_no_map():
    network = two_channels()
    network.get_layer("logit").set_weights([np.array([[np.inf], [0.0]]), np.zeros(1)])
    mapper = make_mapper(network, ["both"])
    with pytest.raises(StudyError, match="not finite"):
        class_maps(mapper, np.zeros((1, 2, 2, 1), dtype=np.float32), np.ones(1, dtype=np.int8))


def test_batches_hold_each_case_once():
    found = [(list(batch), count) for batch, count in batches(18)]
    assert found == [(list(range(16)), 16), ([16, *[17] * 15], 2)]
    assert list(batches(0)) == []
