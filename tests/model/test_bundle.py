import json
import shutil

import h5py
import numpy as np
import pytest

from osteohip.config import Images, Network
from osteohip.errors import StudyError
from osteohip.files import write_json
from osteohip.model.bundle import read_bundle, write_bundle
from osteohip.model.network import build_network
from osteohip.model.training import Epoch


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"non_local_after": None},
        {"head": "flatten", "head_units": [5, 3], "dropout": 0.5},
    ],
)
def test_bundle_round_trip(tmp_path, settings):
    shape = Network(**settings)
    network = build_network(shape, size=32, seed=5)
    rng = np.random.default_rng(1)
    network.set_weights([w + rng.normal(0, 0.05, w.shape) for w in network.get_weights()])
    write_bundle(
        tmp_path / "bundle",
        network=network,
        settings=shape,
        images=Images(size=32, mirror_right=False),
        history=(Epoch(1, 0.5, 0.6, 0.7, 0.8),),
        run={"synthetic": False},
    )
    found = read_bundle(tmp_path / "bundle", sealed=False)
    assert [w.path for w in found.network.weights] == [w.path for w in network.weights]
    for ours, theirs in zip(found.network.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert found.preprocessing.images == Images(size=32, mirror_right=False)
    assert found.synthetic is False


def test_path_of_initial_weights_stays_at_home(bundle):
    assert json.loads((bundle / "network.json").read_text())["network"]["initial_weights"] is None


@pytest.mark.parametrize("name", ["network.json", "run.json", "weights.weights.h5"])
def test_a_missing_file_is_named(bundle, tmp_path, name):
    broken = shutil.copytree(bundle, tmp_path / "broken")
    (broken / name).unlink()
    with pytest.raises(StudyError, match=f"lacks .*{name}"):
        read_bundle(broken, sealed=False)


def test_weights_cut_short_are_refused(bundle, tmp_path):
    broken = shutil.copytree(bundle, tmp_path / "broken")
    weights = broken / "weights.weights.h5"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(StudyError, match="expected the weights of the network"):
        read_bundle(broken, sealed=False)


def test_weights_of_another_network_are_refused(bundle, tmp_path):
    broken = shutil.copytree(bundle, tmp_path / "broken")
    content = json.loads((broken / "network.json").read_text())
    content["network"]["width"] = 0.125
    write_json(broken / "network.json", content)
    with pytest.raises(StudyError, match="expected the weights of the network"):
        read_bundle(broken, sealed=False)


def test_unknown_preprocessing_is_refused(bundle, tmp_path):
    broken = shutil.copytree(bundle, tmp_path / "broken")
    content = json.loads((broken / "network.json").read_text())
    content["preprocessing"]["clip"] = 3.0
    write_json(broken / "network.json", content)
    with pytest.raises(StudyError, match=r"does not understand preprocessing\.clip"):
        read_bundle(broken, sealed=False)


def test_weights_that_lack_a_layer_are_refused(bundle, tmp_path):
    broken = shutil.copytree(bundle, tmp_path / "broken")
    with h5py.File(broken / "weights.weights.h5", "a") as file:
        del file["layers/non_local/theta"]
    with pytest.raises(StudyError, match="expected the weights of the network"):
        read_bundle(broken, sealed=False)
