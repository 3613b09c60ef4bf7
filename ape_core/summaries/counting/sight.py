"""The assessed letters of a chunk, by eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import NOT_ASSESSED
from ape_core.summaries.definitions import n_weeks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ape_core.simulation.chunk import Chunk
    from ape_core.summaries.counting.bins import Ints

    Letters = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Sight:
    """Assessed letters, one row per patient and one column per 4-weekly point.

    Attributes
    ----------
    first
        Of the first eyes of all patients.
    patients
        Those who ever have disease in the second eye; the rows of the others.
    second, fellow
        Of their second eyes, and of their first eyes while both have disease.
    better
        Of the better of the two, while both have disease.
    """

    first: Letters
    patients: Ints
    second: Letters
    fellow: Letters
    better: Letters


def by_eye(chunk: Chunk) -> Sight:
    """Tell the assessments of first and second eyes apart."""
    eye = chunk.patients["eye"]
    if not eye.any():
        none = np.empty((0, n_weeks(chunk.years)), np.int8)
        return Sight(chunk.assessments, np.empty(0, np.int64), none, none, none)
    second_rows = np.flatnonzero(eye)
    second = chunk.assessments.take(second_rows, axis=0)
    fellow = chunk.assessments.take(second_rows - 1, axis=0)
    fellow[second == NOT_ASSESSED] = NOT_ASSESSED
    return Sight(
        chunk.assessments.take(np.flatnonzero(eye == 0), axis=0),
        chunk.patients["patient_id"].take(second_rows),
        second,
        fellow,
        np.maximum(second, fellow),
    )
