"""The command line. Each command lies in the room that it belongs to; here they are put together.

The rooms' command modules import what is heavy inside their functions, so ``--help`` stays quick.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import TextIO

import typer

from osteohip.baselines import command as baselines
from osteohip.cohort import command as cohort
from osteohip.crate import command as crate
from osteohip.errors import StudyError
from osteohip.evaluation import command as evaluation
from osteohip.explanation import command as explanation
from osteohip.handover import command as handover
from osteohip.images import command as images
from osteohip.model import command as model
from osteohip.paper import command as paper
from osteohip.readers import command as readers
from osteohip.report import command as report
from osteohip.site import command as site
from osteohip.split import command as split
from osteohip.synthetic import command as synthetic

# What the system says where nothing more can be written.
NO_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
# Heads of the list of commands.
FOR_PEOPLE = "For people, also without the rest of the study"
STAGES = "Stages of the study, as the workflow runs them"

app = typer.Typer(
    help="Predict osteoporosis from plain hip radiographs: one command per stage of the study.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
site.app.command()(readers.crops)
app.add_typer(site.app, name="site", rich_help_panel=FOR_PEOPLE)
for panel, commands in {
    FOR_PEOPLE: (
        site.inventory,
        evaluation.evaluate,
        evaluation.compare,
        evaluation.agreement,
        evaluation.samplesize,
        paper.paper,
        report.summary,
    ),
    STAGES: (
        synthetic.synthesize,
        cohort.select,
        images.crop,
        images.mask,
        split.split,
        split.overlap,
        split.leakage,
        model.train,
        model.predict,
        evaluation.threshold,
        evaluation.ensemble,
        evaluation.runs,
        evaluation.drop,
        evaluation.contrast,
        explanation.explain,
        explanation.seeds,
        explanation.shuffled_labels,
        explanation.attend,
        baselines.fit_baselines,
        baselines.score_baselines,
        baselines.compare_baselines,
        readers.kit,
        readers.simulate,
        readers.agree,
        handover.seal,
        handover.receive,
        report.report,
        report.statements,
        report.manuscript,
        report.supplement,
        crate.crate,
    ),
}.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def main() -> None:
    """Run a command; a mistake of the user's is one plain message and exit status 1.

    Any other error, and what libraries have to warn of, is told without its message, which may
    quote patient data, since what is printed here ends in logs. With ``OSTEOHIP_TRACEBACK=1`` all
    of it is shown.
    """
    openly = os.environ.get("OSTEOHIP_TRACEBACK") == "1"
    if not openly:
        _keep_messages_back()
    try:
        app()
    except StudyError as error:
        print(f"osteohip: {error}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if openly:
            raise
        print(f"osteohip: {_unwritable(error) or _without_message(error)}", file=sys.stderr)
        sys.exit(2)


def _keep_messages_back() -> None:
    """Print warnings, log lines and errors that nobody caught without what they say.

    Processes that a command forks inherit it.
    """

    def warned(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        place = f"{Path(filename).name}, line {lineno}"
        print(f"osteohip: {category.__name__} in {place}", file=sys.stderr)

    class NameAlone(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return f"osteohip: {record.levelname} of {record.name}"

    def uncaught(arguments: threading.ExceptHookArgs | sys.UnraisableHookArgs) -> None:
        if isinstance(error := arguments.exc_value, Exception):
            print(f"osteohip: {_without_message(error)}", file=sys.stderr)

    warnings.showwarning = warned
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(NameAlone())
    threading.excepthook = uncaught
    sys.unraisablehook = uncaught


def _unwritable(error: Exception) -> str | None:
    """Return a sentence if the disk is full or must not be written, None for any other error."""
    if not isinstance(error, OSError):
        return None
    # HDF5 has the system's words in its message, and no number.
    for code in NO_WRITING:
        if error.errno == code or (error.errno is None and os.strerror(code) in str(error)):
            return (
                f"nothing more can be written ({os.strerror(code)}): make room or take another "
                "folder, then run the same command again; finished stages are kept"
            )
    return None


def _without_message(error: Exception) -> str:
    """Return what went wrong and where, without the text of the error."""
    package = Path(__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(package)]
    place = ""
    if ours:
        file = Path(ours[-1].filename).relative_to(package.parent).as_posix()
        place = f" in {file}, line {ours[-1].lineno}"
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return (
        f"{type(error).__name__}{reason}{place}; "
        "run the command with OSTEOHIP_TRACEBACK=1 to see all of it (it may show patient data)"
    )
