"""Addressed random draws: each is a pure function of (seed, process, step, patient, eye).

A stream is what an eye of a patient brings along: `Stream(k0, k1, c0, c1)`. The step is a week,
a block of weeks or an index, as the process says; each address gives four words ("lanes").
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ape_core.simulation.compiled import compiled
from ape_core.simulation.philox import philox4x32

# Processes: the last word of the counter. Never renumber: every row would change.
PERSON: Final = np.uint64(1)
"""Step 0: sex, age, baseline acuity, death. Step 1: recruitment, loss, transfer, second eye."""
TRAITS: Final = np.uint64(2)
"""Step 0: durability, drive, letters per fluid, true acuity. Step 1: reading, burn-out, residue,
ceiling."""
NOISE: Final = np.uint64(3)
"""Activity noise; the step is the block of four weeks, the lane is the week in it."""
LOSS: Final = np.uint64(4)
"""Irreversible losses. Step 0: scar, its size, atrophy, its size. Step k: k-th bleeding, size."""
VISIT: Final = np.uint64(5)
"""The step is the week of the visit: acuity error, scan reading, stopping."""
ATTENDANCE: Final = np.uint64(6)
"""The step is the planned week: late or not, days late, missed or not."""
BREAK: Final = np.uint64(7)
"""Breaks from care; step k: time to the k-th break, its length."""
ASSESSMENT: Final = np.uint64(8)
"""Acuity error of assessments; the step is the block of four periods, the lane is the period."""

_MASK: Final = np.uint64(0xFFFFFFFF)
_HIGH: Final = np.uint64(32)
_EYE: Final = np.uint64(16)
_SCALE: Final = 2.0**-32


@compiled
def stream_of(seed, patient_id, eye):  # type: ignore[no-untyped-def]
    """Key and first half of the counter for an eye (eye 0 also stands for the person)."""
    key = np.uint64(seed)
    patient = np.uint64(patient_id)
    high = (patient >> _HIGH) | (np.uint64(eye) << _EYE)
    return key & _MASK, key >> _HIGH, patient & _MASK, high


@compiled
def words(stream, process, step):  # type: ignore[no-untyped-def]
    """The four words at an address."""
    k0, k1, c0, c1 = stream
    return philox4x32(c0, c1, np.uint64(step), process, k0, k1)


@compiled
def uniform(word):  # type: ignore[no-untyped-def]
    """A word as a number strictly between 0 and 1."""
    return (np.float64(word) + 0.5) * _SCALE
