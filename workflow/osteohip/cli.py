"""The command line. Each command lies in the room that it belongs to; here they are put together.

The rooms' command modules import what is heavy inside their functions, so ``--help`` stays quick.
"""

from __future__ import annotations

import sys

import typer

from osteohip.cohort import command as cohort
from osteohip.errors import StudyError
from osteohip.evaluation import command as evaluation
from osteohip.images import command as images
from osteohip.model import command as model
from osteohip.report import command as report
from osteohip.site import command as site
from osteohip.split import command as split
from osteohip.synthetic import command as synthetic

app = typer.Typer(
    help="Predict osteoporosis from plain hip radiographs: one command per stage of the study.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(site.app, name="site")
for command in (
    synthetic.synthesize,
    site.inventory,
    cohort.select,
    images.crop,
    split.split,
    split.overlap,
    split.leakage,
    model.train,
    model.predict,
    evaluation.evaluate,
    report.report,
    report.summary,
):
    app.command()(command)


def main() -> None:
    """Run a command; a mistake of the user's is one plain message and exit status 1."""
    try:
        app()
    except StudyError as error:
        print(f"osteohip: {error}", file=sys.stderr)
        sys.exit(1)
