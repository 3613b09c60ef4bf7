"""Why an attempt at a run failed, left in the folder of the run for whoever looks later."""

from __future__ import annotations

from pathlib import Path

from ape_core.errors import ApeError, MemoryShortError


def record_failure(folder: Path, error: ApeError) -> None:
    """Write an error into a run, unless even that cannot be written: then the error says so."""
    from ape_core.storage.run_folder import RunFolder

    try:
        interrupted = isinstance(error, MemoryShortError)
        RunFolder(folder).write_error(error.message, error.hint, interrupted=interrupted)
    except ApeError as second:
        error.add_note(f"It could not be recorded in the run either: {second.message}")
