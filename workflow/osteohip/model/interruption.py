"""A cluster's time limit: SIGTERM ends a training between two steps, with what it reached kept."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from osteohip.errors import StudyError


class TerminatedError(StudyError):
    """The system asked this process to end."""


@contextmanager
def sigterm_noticed() -> Iterator[Callable[[], None]]:
    """Yield a function that raises `TerminatedError` once SIGTERM has come, and else does nothing.

    Raised at a time of our choice, so that neither a step nor a file is left half done.
    """
    came = False

    def notice(_signal: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True

    def check() -> None:
        if came:
            raise TerminatedError(
                "stopped by SIGTERM; finished epochs are kept, and the same command goes on from "
                "the last of them"
            )

    before = signal.signal(signal.SIGTERM, notice)
    try:
        yield check
    finally:
        signal.signal(signal.SIGTERM, before)
