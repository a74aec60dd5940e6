"""The published protocol can be configured, built and trained for a step."""

from pathlib import Path

import numpy as np
import yaml

from osteohip.config import Config, load_config
from osteohip.model.augmentation import draw_epoch
from osteohip.model.cases import Cases
from osteohip.model.network import build_network, convolution_names
from osteohip.model.training import training_model

PAPER = Path(__file__).resolve().parents[2] / "config" / "paper.yaml"


def published() -> Config:
    return load_config(yaml.safe_load(PAPER.read_text()))


def test_what_the_paper_says_is_configured():
    study = published()
    assert (study.training.epochs, study.training.learning_rate) == (300, 1e-6)
    assert len(study.training.augmentations) * 800 / study.training.batch_size == 4000
    assert (study.selection.min_age_years, study.selection.sex) == (55, "F")
    assert study.selection.label_t_score == -2.5


def test_every_unsaid_detail_is_marked():
    lines = PAPER.read_text().splitlines()
    at = {line.split(":")[0].strip(): k for k, line in enumerate(lines) if ":" in line}
    for key in ("size", "non_local_after", "head", "dropout", "initial_weights", "rotate_degrees"):
        above = [line for line in lines[at[key] - 3 : at[key]] if line.lstrip().startswith("#")]
        assert "nsaid" in "".join([lines[at[key]], *above]), key


def test_one_step_of_the_published_network():
    study = published()
    network = build_network(study.network, size=study.images.size, seed=1)
    blocks = sum(network.get_layer(name).count_params() for name in convolution_names())
    assert blocks == 14_714_688 - 2 * 3 * 3 * 64
    dense = (7 * 7 * 512 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1)
    non_local = 3 * (512 + 1) * 256 + (256 + 1) * 512
    assert network.count_params() == blocks + dense + non_local
    rng = np.random.default_rng(1)
    size = study.images.size
    case = Cases(
        case_ids=np.array(["one"]),
        labels=np.array([1]),
        pixels=rng.uniform(0, 4095, (1, size, size)).astype(np.float32),
        valid=np.ones((1, size, size), dtype=bool),
    )
    model = training_model(network, cases=case, settings=study.training)
    plan = draw_epoch(images=1, size=size, settings=study.training, seed=1, epoch=1)
    before = network.get_layer("logit").get_weights()[0]
    loss = model.train_on_batch(
        {name: getattr(plan, name)[:1] for name in model.input},
        np.ones((1, 1), dtype=np.float32),
        return_dict=True,
    )["loss"]
    assert np.isfinite(loss)
    after = network.get_layer("logit").get_weights()[0]
    moved = np.abs(after - before)
    assert 0 < moved.max() < 1.1e-6  # Adam's first step is the learning rate
