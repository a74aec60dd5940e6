import hashlib
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from osteohip.config import InitialWeights, Network
from osteohip.errors import StudyError
from osteohip.model.initial_weights import load_initial_weights
from osteohip.model.network import build_network, convolution_names
from osteohip.model.vgg16 import VGG16_BLOCKS


def vgg16_file(path: Path, *, without: str | None = None) -> Path:
    """Write weights of VGG16 in the layout of the published file; nearly all are zero."""
    before = 3
    with h5py.File(path, "w") as file:
        channels = [c for block in VGG16_BLOCKS for c in block]
        for name, after in zip(convolution_names(), channels, strict=True):
            if name != without:
                group = file.create_group(name)
                kernel = group.create_dataset(f"{name}_W_1:0", (3, 3, before, after), "f4")
                kernel[1, 1, :, 0] = np.arange(1, before + 1)
                group.create_dataset(f"{name}_b_1:0", data=np.full(after, 0.5, "f4"))
            before = after
    return path


def settings(path: Path, sha256: str | None = None) -> Network:
    digest = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
    return Network(
        width=1.0,
        non_local_after=None,
        head_units=[],
        initial_weights=InitialWeights(path=str(path), sha256=digest),
    )


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build_network(Network(width=1.0, non_local_after=None, head_units=[]), size=32)


def test_first_layer_sums_the_colours_and_the_rest_is_taken_over(tmp_path, network):
    load_initial_weights(network, settings(vgg16_file(tmp_path / "vgg16.h5")))
    kernel, bias = network.get_layer("block1_conv1").get_weights()
    assert kernel.shape == (3, 3, 1, 64)
    assert kernel[1, 1, 0, 0] == (1 + 2 + 3) * 127.5
    assert (bias == 0.5).all()
    kernel, _ = network.get_layer("block5_conv3").get_weights()
    assert np.array_equal(kernel[1, 1, :, 0], np.arange(1, 513))


def test_a_file_of_keras_3_is_read(tmp_path, network):
    reference = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    path = tmp_path / "vgg16.weights.h5"
    reference.save_weights(path)
    load_initial_weights(network, settings(path))
    for name in convolution_names()[1:]:
        ours, theirs = (m.get_layer(name).get_weights()[0] for m in (network, reference))
        assert np.array_equal(ours, theirs)


def test_another_digest_is_refused(tmp_path, network):
    path = vgg16_file(tmp_path / "vgg16.h5")
    with pytest.raises(StudyError, match="expected 0000"):
        load_initial_weights(network, settings(path, sha256="0" * 64))


def test_a_missing_file_is_refused(tmp_path, network):
    with pytest.raises(StudyError, match="there is no file"):
        load_initial_weights(network, settings(tmp_path / "none.h5", sha256="0" * 64))


def test_a_file_that_lacks_a_layer_is_refused(tmp_path, network):
    path = vgg16_file(tmp_path / "vgg16.h5", without="block4_conv2")
    with pytest.raises(StudyError, match="for the layer block4_conv2"):
        load_initial_weights(network, settings(path))


def test_a_file_of_another_kind_is_refused(tmp_path, network):
    (tmp_path / "text.h5").write_text("no weights")
    with pytest.raises(StudyError, match="expected an HDF5 file"):
        load_initial_weights(network, settings(tmp_path / "text.h5"))


def test_initial_weights_need_full_width():
    with pytest.raises(ValueError, match=r"width: 1\.0"):
        Network(width=0.5, initial_weights=InitialWeights(path="x", sha256="0" * 64))
