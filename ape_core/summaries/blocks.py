"""Blocks of patients: see `definitions`."""

from __future__ import annotations

import numpy as np

from ape_core.summaries.definitions import BLOCKS, Counts


def block_of(patients: Counts, n_blocks: int, n_patients: int, together: int) -> Counts:
    """Block of each patient.

    Parameters
    ----------
    patients
        Their numbers.
    n_blocks
        `BLOCKS` or `COURSE_BLOCKS`.
    n_patients
        Patients of the run.
    together
        Patients who depend on each other, and so share a block: of a clinic, or 1.
    """
    n_units = -(-n_patients // together)
    blocks: Counts = patients // together * n_blocks // n_units
    return blocks


def block_sizes(n_patients: int, together: int) -> Counts:
    """Patients of each of `BLOCKS` in a whole run."""
    n_units = -(-n_patients // together)
    edges = -(-np.arange(BLOCKS + 1, dtype=np.int64) * n_units // BLOCKS)
    sizes: Counts = np.diff(np.minimum(edges * together, n_patients))
    return sizes
