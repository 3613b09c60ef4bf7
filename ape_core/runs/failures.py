"""Why an attempt at a run failed, left in the folder of the run for whoever looks later."""

from __future__ import annotations

from pathlib import Path

from ape_core.errors import ApeError, MemoryShortError, RunFailedError


def unforeseen(error: Exception, run_id: str) -> RunFailedError:
    """Words for an error that nobody thought of."""
    return RunFailedError(
        f"The simulation stopped: {type(error).__name__}: {error}",
        f"What was done is kept; `ape resume {run_id[:12]}` goes on from there.",
    )


def record_failure(folder: Path, error: ApeError) -> None:
    """Write an error into a run, unless even that cannot be written: then the error says so."""
    from ape_core.storage.run_folder import RunFolder

    try:
        interrupted = isinstance(error, MemoryShortError)
        RunFolder(folder).write_error(error.message, error.hint, interrupted=interrupted)
    except ApeError as second:
        error.add_note(f"It could not be recorded in the run either: {second.message}")
