import errno
import logging
import os
import subprocess
import sys
import threading
import warnings

import pytest
import typer.testing

from osteohip import cli


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """A command changes for its process how warnings are shown; here it is one of many."""
    for owner, name in (
        (warnings, "showwarning"),
        (threading, "excepthook"),
        (sys, "unraisablehook"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    yield
    logging.lastResort.setFormatter(None)


def test_an_unforeseen_error_does_not_print_what_it_says(monkeypatch, capsys, tmp_path):
    def fail() -> None:
        (tmp_path / "HONG_12345678.dcm").read_bytes()

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.delenv("OSTEOHIP_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "FileNotFoundError (No such file or directory) in osteohip/cli.py, line" in said
    assert "HONG" not in said


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "results/HONG.h5"),
        OSError(f"file write failed: errno = 28, error message = '{os.strerror(errno.ENOSPC)}'"),
    ],
)
def test_a_full_disk_is_one_sentence(error, monkeypatch, capsys):
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr().err
    assert said.startswith("osteohip: nothing more can be written (No space left on device)")
    assert len(said.splitlines()) == 1
    assert "HONG" not in said


def test_what_libraries_say_is_not_printed(monkeypatch, capsys):
    def chatter() -> None:
        warnings.warn("HONG 1940-01-01", stacklevel=1)
        logging.getLogger("a.library").warning("HONG 12345678")
        thread = threading.Thread(target=lambda: [].index("HONG"))
        thread.start()
        thread.join()

    monkeypatch.setattr(cli, "app", chatter)
    # What the tests' runner has put in their place would keep the lines to itself.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        cli.main()
    said = capsys.readouterr().err
    assert "osteohip: UserWarning in test_cli.py, line" in said
    assert "osteohip: WARNING of a.library" in said
    assert "osteohip: ValueError; run the command with OSTEOHIP_TRACEBACK=1" in said
    assert "HONG" not in said


def test_a_mistake_of_the_users_is_one_sentence(monkeypatch, capsys, tmp_path):
    missing = tmp_path / "asan"
    monkeypatch.setattr(sys, "argv", ["osteohip", "site", "check", str(missing)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "asan: expected a site folder, but there is no such folder" in said.err


def test_help_shows_first_what_people_call():
    listed = typer.testing.CliRunner().invoke(cli.app, ["--help"]).stdout
    people, stages = listed.split("Stages of the study")
    assert "evaluate" in people
    assert " site " in people
    assert " train " in stages


def test_help_imports_nothing_heavy():
    heavy = {"pandas", "numpy", "keras", "tensorflow", "matplotlib", "pydicom", "fontTools"}
    code = (
        "import sys, osteohip.cli, osteohip.site.folder, osteohip.provenance;"
        f"sys.exit(', '.join(sorted({heavy!r} & set(sys.modules))) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
