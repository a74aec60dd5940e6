"""Errors written for the person who must mend the input: all at once, never with patient data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Of many faults of one kind, so many are named; the others are counted.
SHOWN = 10


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one input.

    Parameters
    ----------
    file
        Name of the file relative to the site folder; for a film its row in ``inventory.csv``,
        because the names of films may hold patient data.
    expected
        What was expected, as the end of a sentence ("expected ...").
    row
        Line of the file, the header being line 1; None where it concerns the whole file.
    column
        Name of the column in our naming, in a YAML file of the key; None where it concerns a whole
        row or file.
    value
        The offending text. It is private: it goes to ``private/problems.csv`` and to the screen of
        ``osteohip site check``, never into a log.
    """

    file: str
    expected: str
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def sentence(self, *, private: bool = False) -> str:
        """Return one line that names the place; with the offending value only if ``private``."""
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", {'key' if self.file.endswith('.yaml') else 'column'} {self.column}"
        found = f" (found {self.value!r})" if private and self.value is not None else ""
        return f"{place}: expected {self.expected}{found}"


class StudyError(Exception):
    """A mistake that the user can mend: the message is shown as it is, without a traceback."""


class InputError(StudyError):
    """All problems of an input together.

    ``str(error)`` holds no value from the data, so that it may stand in a log.
    """

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(problems)
        super().__init__(self.report())

    def report(self, *, private: bool = False) -> str:
        """Return the problems as text, one a line, with a headline that counts them."""
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the input:"
        return "\n".join([head, *(f"  {p.sentence(private=private)}" for p in self.problems)])


def raise_if_any(problems: Sequence[Problem]) -> None:
    """Raise one `InputError` that holds all ``problems``, if there are any."""
    if problems:
        raise InputError(problems)
