import ast
from pathlib import Path

import pytest

import osteohip.model
from osteohip.errors import StudyError
from osteohip.model.determinism import compile_ahead, hardware, prepare_backend, visible_gpus

ROOM = Path(osteohip.model.__file__).parent


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


def test_only_one_module_knows_tensorflow():
    backends = {"tensorflow", "jax", "torch"}
    found = {path.name for path in ROOM.glob("*.py") if imported(path) & backends}
    assert found == {"determinism.py"}


def test_commands_import_nothing_heavy_at_the_top():
    top = ast.parse((ROOM / "command.py").read_text()).body
    names = {n for s in top if isinstance(s, ast.Import) for n in (a.name for a in s.names)}
    names |= {s.module or "" for s in top if isinstance(s, ast.ImportFrom)}
    assert names == {"__future__", "pathlib", "typing", "typer"}


def test_no_gpu_is_seen_on_cpu():
    assert visible_gpus() == 0


def test_asking_for_a_gpu_that_is_not_there_is_an_error():
    with pytest.raises(StudyError, match="a GPU is asked for"):
        prepare_backend(device="gpu", seed=0)


def test_the_hardware_has_a_name():
    assert list(hardware("cpu")) == ["processor"]
    assert hardware("cpu")["processor"]


def test_only_jax_compiles_ahead_on_a_cpu():
    import keras

    assert compile_ahead() == (keras.backend.backend() == "jax")
