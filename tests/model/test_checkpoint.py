import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from osteohip.config import Network, Training
from osteohip.model.checkpoint import Checkpoint, held_alone, training_key
from osteohip.model.interruption import TerminatedError, sigterm_noticed
from osteohip.model.network import build_network
from osteohip.model.progress import Epoch, Progress, State
from osteohip.model.training import train_epochs

SETTINGS = Training(epochs=4, learning_rate=1e-3)


class KilledError(Exception):
    """The process would end here."""


def trained(training_cases, validation_cases, **options):
    network = build_network(Network(width=0.0625, dropout=0.2), size=32, seed=3)
    progress = train_epochs(
        network,
        scored=network,
        training=training_cases,
        validation=validation_cases,
        settings=SETTINGS,
        seed=3,
        **options,
    )
    return progress, network.get_weights()


@pytest.fixture(scope="module")
def undisturbed(training_cases, validation_cases):
    return trained(training_cases, validation_cases)


@pytest.mark.parametrize("last", [1, 2, 3])
def test_an_interrupted_training_ends_with_the_same_bits(
    last, training_cases, validation_cases, undisturbed, tmp_path
):
    checkpoint = Checkpoint(tmp_path / "primary.npz", "key")

    def keep(state: State) -> None:
        checkpoint.write(state)
        if len(state.progress.history) == last:
            raise KilledError

    with pytest.raises(KilledError):
        trained(training_cases, validation_cases, keep=keep)
    kept = checkpoint.read()
    assert len(kept.progress.history) == last
    progress, weights = trained(training_cases, validation_cases, start=kept, keep=checkpoint.write)
    assert progress.history == undisturbed[0].history
    pairs = (
        *zip(progress.best_weights, undisturbed[0].best_weights, strict=True),
        *zip(weights, undisturbed[1], strict=True),
    )
    assert all(np.array_equal(ours, theirs) for ours, theirs in pairs)
    finished = checkpoint.read()
    assert finished.progress.history == progress.history
    assert finished.network == finished.optimizer == ()


def state(epochs: int) -> State:
    history = tuple(Epoch(k, 0.1 + k, 1 / 3, 0.2, 0.5) for k in range(1, epochs + 1))
    weights = (np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float32))
    return State(Progress(history, weights), weights, (np.array(7, dtype=np.int64), *weights))


def test_a_state_comes_back_as_it_was(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a" / "primary.npz", "key")
    checkpoint.write(state(12))
    found = checkpoint.read()
    assert found.progress.history == state(12).progress.history
    for name in ("network", "optimizer"):
        for ours, theirs in zip(getattr(found, name), getattr(state(12), name), strict=True):
            assert ours.dtype == theirs.dtype
            assert np.array_equal(ours, theirs)


def test_a_state_of_another_training_is_not_taken_up(tmp_path):
    path = tmp_path / "primary.npz"
    assert Checkpoint(path, "key").read() == State()
    Checkpoint(path, "key").write(state(2))
    assert Checkpoint(path, "another key").read() == State()
    for spoilt in (path.read_bytes()[:200], b"no archive", b""):
        path.write_bytes(spoilt)
        assert Checkpoint(path, "key").read() == State()


def test_the_key_follows_all_that_a_training_depends_on(training_cases, validation_cases):
    key = training_key(training_cases, validation_cases, facts={"seed": 1})
    assert key == training_key(training_cases, validation_cases, facts={"seed": 1})
    assert key != training_key(training_cases, validation_cases, facts={"seed": 2})
    assert key != training_key(validation_cases, training_cases, facts={"seed": 1})
    labels = type(training_cases)(
        training_cases.case_ids,
        1 - training_cases.labels,
        training_cases.pixels,
        training_cases.valid,
    )
    assert key != training_key(labels, validation_cases, facts={"seed": 1})


def test_sigterm_ends_a_training_after_a_step_and_keeps_its_epochs(
    training_cases, validation_cases, tmp_path
):
    checkpoint = Checkpoint(tmp_path / "primary.npz", "key")

    def keep(kept: State) -> None:
        checkpoint.write(kept)
        if len(kept.progress.history) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with (
        sigterm_noticed() as check,
        pytest.raises(TerminatedError, match="goes on from the last"),
    ):
        trained(training_cases, validation_cases, keep=keep, check=check)
    assert len(checkpoint.read().progress.history) == 2
    assert signal.getsignal(signal.SIGTERM) == before


def test_one_training_of_a_run_waits_for_the_other(tmp_path):
    lock = tmp_path / "primary.lock"
    code = (
        "import pathlib, sys, time\n"
        "from osteohip.model.checkpoint import held_alone\n"
        "with held_alone(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(1)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", code, lock], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    start = time.monotonic()
    with held_alone(lock):
        waited = time.monotonic() - start
    assert other.wait() == 0
    assert waited > 0.5


def test_a_lost_bundle_costs_no_epoch_again(train_at, tmp_path, capsys):
    train_at(tmp_path / "primary")
    first = {path.name: path.read_bytes() for path in (tmp_path / "primary").iterdir()}
    shutil.rmtree(tmp_path / "primary")
    train_at(tmp_path / "primary")
    assert "goes on after epoch 2" in capsys.readouterr().err
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "primary").iterdir()}
    assert json.loads((tmp_path / "primary.speed.json").read_text())["epochs"] == 0
