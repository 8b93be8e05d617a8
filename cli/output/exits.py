"""Exit codes, and how a command ends before its time."""

from enum import IntEnum


class Exit(IntEnum):
    """What a script learns from a command."""

    OK = 0
    WRONG = 1
    """Something is wrong, or what was asked for is not there."""
    USAGE = 2
    """Wrong arguments or settings."""
    PARTIAL = 3
    """Not everything could be seen; standard error says what, and why."""


class EndedError(Exception):
    """The command ends here; the message is for the person, the code for the script."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
