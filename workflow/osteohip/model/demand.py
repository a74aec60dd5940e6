"""What a model stage asks of a cluster: memory and time, from the configuration.

Imported while the workflow is parsed, so Keras is not imported here. The numbers are upper bounds
for a queue, measured where a comment says so (tests/benchmarks/README.md), and no part of a result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from osteohip.config import Network, Training
from osteohip.model.vgg16 import VGG16_BLOCKS, scaled

MEBIBYTE = 2**20
# TensorFlow, Python and the libraries take 0.9 GB by themselves; more, unmeasured, with CUDA's.
BASE_MEGABYTES = 2000
CUDA_MEGABYTES = 2000
# Of the weights: gradients, Adam's two moments, the best epoch's, and what goes into a checkpoint
# or came out of one. The published network took 6.1 GB, and 8.3 GB when it went on from a kill.
TRAINING_COPIES = 16
# The network's own, its random start, and the file's.
SCORING_COPIES = 4
SCORING_BATCH = 16
# As often as this each hip goes through the network: once for its maps and once for each layer that
# is randomised, each time half of it again for their gradients, and twice two curves of 21 points.
MAPPING_PASSES = 1.5 * 20 + 84
# The network's own, the random weights', and what is kept to put back.
MAPPING_COPIES = 8
BASE_MINUTES = 30
# Multiply-adds a second. Two cores did 40 to 54 thousand million, with wide and narrow networks.
CPU_RATE = 20e9
# A weak data-centre card; a step also has its own cost, which is most of it where networks are
# narrow or batches small.
GPU_RATE = 2e12
GPU_SECONDS_A_STEP = 0.01


@dataclass(frozen=True)
class NetworkCost:
    """What one network is made of and what one image costs in it.

    Parameters
    ----------
    parameters
        Weights and biases.
    multiply_adds
        Of one image, forward.
    activations
        Numbers that the layers give out for one image.
    """

    parameters: int
    multiply_adds: int
    activations: int


@dataclass(frozen=True)
class Demand:
    """Memory in MB and time in minutes that a job asks for."""

    megabytes: int
    minutes: int


def network_cost(network: Network, *, size: int) -> NetworkCost:
    """Count the network of `osteohip.model.network.build_network` without building it.

    Parameters
    ----------
    network
        Width, place of the non-local block, head.
    size
        Pixels a side of the input.
    """
    parameters = multiply_adds = activations = 0
    side, inputs = size, 1
    for block, channels in enumerate(VGG16_BLOCKS, start=1):
        for outputs in (scaled(full, network.width) for full in channels):
            weights = 9 * inputs * outputs
            parameters += weights + outputs
            multiply_adds += weights * side**2
            activations += outputs * side**2
            inputs = outputs
        side //= 2
        activations += inputs * side**2
        if network.non_local_after == f"block{block}":
            inner, positions = max(inputs // 2, 1), side**2
            parameters += 4 * inputs * inner + 3 * inner + inputs
            multiply_adds += 4 * inputs * inner * positions + 2 * inner * positions**2
            activations += (3 * inner + 2 * inputs) * positions + 2 * positions**2
    features = inputs * side**2 if network.head == "flatten" else inputs
    for units in (*network.head_units, 1):
        parameters += (features + 1) * units
        multiply_adds += features * units
        activations += units
        features = units
    return NetworkCost(parameters, multiply_adds, activations)


def training_demand(
    network: Network, training: Training, *, size: int, hips: int, gpu: bool
) -> Demand:
    """Return what training asks for.

    Parameters
    ----------
    network, training
        Sections of the configuration, as the run has them.
    size
        Pixels a side of the crops.
    hips
        Hips of the development cohort; all count as training hips here.
    gpu
        Whether the network runs on a GPU. The memory is the host's in either case.
    """
    cost = network_cost(network, size=size)
    floats = (
        TRAINING_COPIES * cost.parameters
        + 2 * training.batch_size * cost.activations  # forward, and their gradients
        + 4 * hips * size**2  # the crops as they are read, chosen and given to the device
    )
    images = hips * len(training.augmentations) * training.epochs
    steps = math.ceil(images / training.batch_size)
    work = 3 * images * cost.multiply_adds  # backward costs twice what forward does
    seconds = work / GPU_RATE + steps * GPU_SECONDS_A_STEP if gpu else work / CPU_RATE
    return _demand(floats, seconds, gpu=gpu)


def scoring_demand(network: Network, *, size: int, hips: int, gpu: bool) -> Demand:
    """Return what scoring ``hips`` hips asks for; the time is that of a CPU."""
    cost = network_cost(network, size=size)
    floats = (
        SCORING_COPIES * cost.parameters + 2 * SCORING_BATCH * cost.activations + 4 * hips * size**2
    )
    seconds = hips * cost.multiply_adds / CPU_RATE
    return _demand(floats, seconds, gpu=gpu)


def explanation_demand(network: Network, *, size: int, hips: int, gpu: bool) -> Demand:
    """Return what explaining ``hips`` hips asks for; the time is that of a CPU."""
    cost = network_cost(network, size=size)
    floats = (
        MAPPING_COPIES * cost.parameters
        + 4 * SCORING_BATCH * cost.activations  # those of one layer, twice in double precision
        + 16 * hips * size**2  # crops, inputs, and maps at the size of the crop with their ranks
    )
    seconds = MAPPING_PASSES * hips * cost.multiply_adds / CPU_RATE
    return _demand(floats, seconds, gpu=gpu)


def _demand(floats: int, seconds: float, *, gpu: bool) -> Demand:
    base = BASE_MEGABYTES + (CUDA_MEGABYTES if gpu else 0)
    return Demand(base + math.ceil(4 * floats / MEBIBYTE), BASE_MINUTES + math.ceil(seconds / 60))
