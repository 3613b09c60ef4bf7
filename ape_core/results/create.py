"""The tier for a number of patients: memory is offered where it is safe, and nowhere else."""

from __future__ import annotations

import operator
import warnings

from ape_core.errors import InvalidInputError
from ape_core.limits import (
    MAX_PATIENTS,
    MEMORY_AUTO_DISK_THRESHOLD,
    MEMORY_THRESHOLD,
    MEMORY_WARNING_THRESHOLD,
)
from ape_core.results.base import SimulationResults, StatisticsSource
from ape_core.results.in_memory import InMemoryResults
from ape_core.results.on_disk import ParquetResults
from ape_core.storage.run_folder import RunFolder


def create_results(
    n_patients: int,
    folder: RunFolder | None = None,
    summary: StatisticsSource | None = None,
    *,
    in_memory: bool | None = None,
) -> SimulationResults:
    """Return results of the tier for that many patients.

    Every run is in the store; the tier says how it is read. Below `limits.MEMORY_THRESHOLD`
    patients results are held in memory, from there on they are read in batches.

    Parameters
    ----------
    n_patients
        Patients of the run.
    folder
        The complete run to read; an empty container when not given.
    summary
        The run's summary, for `summary` and `get_summary_statistics()`.
    in_memory
        Ask for one of the tiers. Memory warns from `limits.MEMORY_WARNING_THRESHOLD` patients
        and is refused from `limits.MEMORY_AUTO_DISK_THRESHOLD`.

    Raises
    ------
    InvalidInputError
        When the number of patients cannot be, memory is refused or the run is not complete.
    """
    number = _check_number(n_patients, folder)
    if number < MEMORY_THRESHOLD if in_memory is None else in_memory:
        _check_memory_tier(number)
        return InMemoryResults(number, folder, summary)
    return ParquetResults(number, folder, summary)


def _check_number(n_patients: object, folder: RunFolder | None) -> int:
    """The number of patients, which must be that of the run."""
    try:
        number = operator.index(n_patients)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if not 1 <= number <= MAX_PATIENTS:
        raise InvalidInputError(
            f"n_patients is {n_patients!r}, but it must be a whole number from 1 to "
            f"{MAX_PATIENTS:,}.",
            "Give the number of patients of the run.",
        )
    if folder is not None and folder.spec().cohort.n_patients != number:
        raise InvalidInputError(
            f"Run {folder.run_id[:12]} has {folder.spec().cohort.n_patients:,} patients, not "
            f"{number:,}.",
            "Give the number of patients of the run.",
        )
    return number


def _check_memory_tier(n_patients: int) -> None:
    """Warn where memory becomes tight; refuse where it would break the machine."""
    if n_patients >= MEMORY_AUTO_DISK_THRESHOLD:
        raise InvalidInputError(
            f"Results of {n_patients:,} patients are not held in memory; the limit is "
            f"{MEMORY_AUTO_DISK_THRESHOLD - 1:,}.",
            "Leave in_memory out: the results are then read in batches.",
        )
    if n_patients >= MEMORY_WARNING_THRESHOLD:
        warnings.warn(
            f"Results of {n_patients:,} patients in memory may take some hundred MB as patients. "
            "Leave in_memory out to read them in batches.",
            stacklevel=3,
        )
