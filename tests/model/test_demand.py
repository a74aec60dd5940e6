from pathlib import Path

import pytest
import yaml

from osteohip.config import Network, load_config
from osteohip.model.demand import (
    explanation_demand,
    network_cost,
    scoring_demand,
    training_demand,
)
from osteohip.model.network import build_network

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"width": 0.0625, "non_local_after": None, "head_units": []},
        {"width": 0.0625, "non_local_after": "block1", "head": "flatten", "head_units": [8, 4]},
        {"width": 0.001, "non_local_after": "block5"},
    ],
)
@pytest.mark.parametrize("size", [32, 50])
def test_parameters_are_those_of_the_network(settings, size):
    network = Network(**settings)
    built = build_network(network, size=size)
    assert network_cost(network, size=size).parameters == built.count_params()


def test_multiply_adds_are_the_published_ones_of_vgg16():
    network = Network(width=1.0, non_local_after=None, head="flatten", head_units=[4096, 4096])
    convolutions = 15_346_630_656 - 2 * 9 * 64 * 224**2  # of one channel instead of three
    dense = 25088 * 4096 + 4096 * 4096 + 4096  # one output instead of a thousand
    assert network_cost(network, size=224).multiply_adds == convolutions + dense


def test_the_published_protocol_fits():
    study = load_config(yaml.safe_load((ROOT / "config" / "paper.yaml").read_text()))
    sections = (study.run_network("primary"), study.run_training("primary"))
    size = study.images.size
    # Measured with 40 hips on a CPU, going on from a kill, which takes the most.
    assert 8_328 < training_demand(*sections, size=size, hips=40, gpu=False).megabytes < 12_000
    demand = training_demand(*sections, size=size, hips=1001, gpu=True)
    assert demand.megabytes < 16_000
    # Ten milliseconds are what a step of one image takes at least on any GPU.
    assert 1_200_000 * 0.01 / 60 < demand.minutes < 24 * 60


def test_more_work_asks_for_more():
    study = load_config({})
    network, training = study.network, study.training
    base = training_demand(network, training, size=96, hips=1001, gpu=False)
    assert base.megabytes > 1130  # measured, as is the minute that training takes
    assert 1 < base.minutes < 60
    longer = training.model_copy(update={"epochs": 100 * training.epochs})
    assert training_demand(network, longer, size=96, hips=1001, gpu=False).minutes > base.minutes
    larger = training_demand(network, training, size=224, hips=20_000, gpu=False)
    assert larger.megabytes > base.megabytes
    assert scoring_demand(network, size=96, hips=1001, gpu=False).megabytes > 1015


def test_explaining_asks_for_more_than_scoring():
    network = load_config({}).network
    mapped, scored = (
        demand(network, size=224, hips=1001, gpu=False)
        for demand in (explanation_demand, scoring_demand)
    )
    assert mapped.megabytes > scored.megabytes
    assert mapped.minutes > scored.minutes
    # Measured with 117 hips: 944 MB and 11 seconds.
    found = explanation_demand(network, size=96, hips=117, gpu=False)
    assert 944 < found.megabytes < 3000
    assert found.minutes < 60
    assert explanation_demand(network, size=96, hips=117, gpu=True).megabytes > found.megabytes
