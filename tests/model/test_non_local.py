import keras
import numpy as np
import pytest

from osteohip.model.non_local import NonLocal


def block_with_weights(channels: int, inner: int | None, seed: int = 3) -> NonLocal:
    block = NonLocal(inner=inner, name="non_local")
    block.build((None, 2, 3, channels))
    rng = np.random.default_rng(seed)
    block.set_weights([rng.normal(size=w.shape) for w in block.get_weights()])
    return block


def by_hand(x: np.ndarray, block: NonLocal) -> np.ndarray:
    """Wang et al. 2018, equation 6, one pair of positions at a time."""
    names = ("theta", "phi", "g", "output_projection")
    weights = {name: [np.asarray(w) for w in getattr(block, name).get_weights()] for name in names}

    def project(name: str, value: np.ndarray) -> np.ndarray:
        kernel, bias = weights[name]
        return value @ kernel + bias

    places = [(row, column) for row in range(x.shape[1]) for column in range(x.shape[2])]
    z = x.astype(float).copy()
    for n in range(len(x)):
        for i in places:
            similar = [project("theta", x[n][i]) @ project("phi", x[n][j]) for j in places]
            share = np.exp(similar) / np.sum(np.exp(similar))
            y = sum(s * project("g", x[n][j]) for s, j in zip(share, places, strict=True))
            z[n][i] += project("output_projection", y)
    return z


@pytest.mark.parametrize(("channels", "inner"), [(4, None), (4, 3), (1, None)])
def test_block_is_equation_6(channels, inner):
    x = np.random.default_rng(4).normal(size=(2, 2, 3, channels)).astype("float32")
    block = block_with_weights(channels, inner)
    np.testing.assert_allclose(np.asarray(block(x)), by_hand(x, block), rtol=1e-4, atol=1e-5)


def test_block_starts_as_identity():
    x = np.random.default_rng(5).normal(size=(1, 4, 4, 6)).astype("float32")
    assert np.array_equal(np.asarray(NonLocal(seed=1)(x)), x)


def test_attention_is_a_distribution_over_positions():
    x = np.random.default_rng(6).normal(size=(2, 2, 3, 4)).astype("float32")
    attention = np.asarray(block_with_weights(4, None).attention(x))
    assert attention.shape == (2, 6, 6)
    assert (attention >= 0).all()
    np.testing.assert_allclose(attention.sum(axis=-1), 1, rtol=1e-6)


def test_parameters_of_half_the_channels():
    block = NonLocal()
    block.build((None, 7, 7, 512))
    assert block.count_params() == 3 * (512 * 256 + 256) + (256 * 512 + 512)


def test_seed_fixes_the_start():
    def start(seed: int) -> np.ndarray:
        block = NonLocal(seed=seed)
        block.build((None, 2, 2, 8))
        return np.asarray(block.theta.get_weights()[0])

    assert np.array_equal(start(1), start(1))
    assert not np.array_equal(start(1), start(2))


def test_block_survives_saving(tmp_path):
    x = np.random.default_rng(7).normal(size=(2, 2, 3, 4)).astype("float32")
    inputs = keras.Input((2, 3, 4))
    block = NonLocal(inner=3, seed=9)
    model = keras.Model(inputs, block(inputs))
    model.set_weights([np.full(w.shape, 0.1 + i) for i, w in enumerate(model.get_weights())])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert again.layers[-1].get_config() == block.get_config()
    assert (again.layers[-1].inner, again.layers[-1].seed) == (3, 9)
    np.testing.assert_array_equal(np.asarray(again(x)), np.asarray(model(x)))
