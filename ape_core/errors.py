"""One tree of errors. Each says what was wrong and, in `hint`, what to do.

ApeError
├── InvalidInputError            what a user asked for cannot be (exit status 2)
│   ├── InvalidSettingError      an environment variable or option
│   ├── InvalidSpecError         protocol, cohort, model or run
│   ├── NoSuchRunError           nothing of that name in the store
│   └── StoreError               the store cannot be used (missing, read-only, full)
├── CorruptRunError              a file of a run is not what was committed (exit status 2)
└── RunFailedError               a simulation stopped before its end (exit status 3)
    └── MemoryShortError         at a commit, before the system would have killed it
"""

from __future__ import annotations


class ApeError(Exception):
    """Base of every error that APE raises on purpose.

    Parameters
    ----------
    message
        What was wrong, its value and what is allowed, as a sentence.
    hint
        What to do about it, as a sentence.
    """

    exit_status = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InvalidInputError(ApeError):
    """What a user asked for cannot be."""

    exit_status = 2


class InvalidSettingError(InvalidInputError):
    """An environment variable or an option has a value that is not allowed."""


class InvalidSpecError(InvalidInputError):
    """A protocol, cohort, disease model or run is missing something or contradicts itself.

    Parameters
    ----------
    message, hint
        As of every error.
    field
        Where the fault is, as "phases[0].max_interval_weeks", so that a form can say it there;
        empty when it is of no single field.
    """

    def __init__(self, message: str, hint: str = "", field: str = "") -> None:
        super().__init__(message, hint)
        self.field = field


class NoSuchRunError(InvalidInputError):
    """The store holds no run of that name."""


class StoreError(InvalidInputError):
    """The store cannot be used as it is."""


class CorruptRunError(ApeError):
    """A file of a run is not what was committed."""

    exit_status = 2


class RunFailedError(ApeError):
    """A simulation stopped before its end; what was committed is kept."""


class MemoryShortError(RunFailedError):
    """A simulation stopped at a commit because too little memory was left; it can go on later."""
