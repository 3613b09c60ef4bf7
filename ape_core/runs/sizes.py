"""How many patients are computed and kept together: never a part of a clinic without the rest.

A clinic with a limited number of slots is simulated as a whole, so whole ones are done once. The
rows do not depend on it.
"""

from __future__ import annotations

from ape_core.limits import (
    CHUNK_SIZE,
    LONG_RUN_YEARS,
    SLICE_PATIENTS,
    THRIFTY_SLICE_PATIENTS,
)
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.store import check_chunk_size


def chunk_size_of(spec: RunSpec, asked: int | None = None) -> int:
    """Patients in a part: as asked for, or the usual number, in whole clinics if there are any.

    Raises
    ------
    InvalidInputError
        When no part can be as asked for.
    """
    if asked is not None:
        return check_chunk_size(asked)
    return CHUNK_SIZE if spec.capacity is None else spec.capacity.whole_clinics(CHUNK_SIZE)


def slice_stop(spec: RunSpec, first: int, stop: int, n_patients: int) -> int:
    """Where a slice from `first` on ends, of at most about `n_patients`, not beyond `stop`."""
    end = first + min(n_patients, _most_in_slice(spec.years))
    if spec.capacity is not None:
        size = spec.capacity.patients_per_clinic
        end = max(end // size, first // size + 1) * size
    return min(stop, end)


def most_held(spec: RunSpec, chunk_size: int) -> int:
    """Patients whose rows a thread holds at a time, at most."""
    held = min(chunk_size, spec.cohort.n_patients, _most_in_slice(spec.years))
    if spec.capacity is None:
        return held
    whole = spec.capacity.whole_clinics(held)
    return min(whole, spec.cohort.n_patients)


def _most_in_slice(years: int) -> int:
    """Patients of a slice, at most, in a run of so many years."""
    return SLICE_PATIENTS if years <= LONG_RUN_YEARS else THRIFTY_SLICE_PATIENTS
