"""Patient-level records of routine care, read batch by batch and counted.

Two kinds of file are known: the one that Moorfields Eye Hospital published on Dryad
(doi:10.5061/dryad.nvx0k6dqg, CC0; Fu et al. 2020, doi:10.1001/jamaophthalmol.2020.5044), and the
same records under the names that APE uses. Either may be CSV or Parquet. Nothing of a patient
leaves this module: what is returned are counts of eyes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ape_core.analysis.record_files import Row, rows_of
from ape_core.errors import InvalidInputError
from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR, MAX_LETTERS

WEEKS: Final = (0, 13, 26, 52, 104, 156)
"""Weeks since the first injection at which acuity is looked up."""

WINDOW_DAYS: Final = 42
"""An eye's acuity at a week is the one measured nearest to it, at most so many days away."""

MOST_INJECTIONS: Final = 26
MOST_EYES: Final = 1_000_000

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """What records say, as counts of eyes.

    Attributes
    ----------
    kind
        Which file it is, in words.
    n_eyes, n_visits
        That were counted.
    n_other
        Visits of other drugs or of before October 2013, when aflibercept came; not counted.
    n_impossible
        Visits left out because acuity is not within 0-100 letters or the day is below 0.
    weeks
        `WEEKS`, without those that no eye reaches.
    letters
        `[n_weeks, 101]`: eyes by letters at each week.
    change
        `[n_weeks, 201]`: eyes by letters gained since the first visit, -100 to 100.
    injections, injections_in_year_2
        `[27]`: eyes followed through the first year, or the second, by injections in it; the last
        bin holds more too.
    """

    kind: str
    n_eyes: int
    n_visits: int
    n_other: int
    n_impossible: int
    weeks: tuple[int, ...]
    letters: Counts
    change: Counts
    injections: Counts
    injections_in_year_2: Counts = field(
        default_factory=lambda: np.zeros(MOST_INJECTIONS + 1, dtype=np.int64)
    )

    def as_plain(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in plain.items()
        }


@dataclass(slots=True)
class _Eye:
    """What is remembered of one eye while its rows come in, in any order."""

    first_day: float = math.inf
    last_day: float = 0.0
    baseline: float = math.nan
    injections: int = 0
    injections_in_year_2: int = 0
    nearest: list[tuple[float, float]] = field(
        default_factory=lambda: [(math.inf, math.nan)] * len(WEEKS)
    )

    def add(self, row: Row) -> None:
        """Take in one visit."""
        self.last_day = max(self.last_day, row.day)
        if row.injected and row.day < DAYS_PER_YEAR:
            self.injections += 1
        elif row.injected and row.day < 2 * DAYS_PER_YEAR:
            self.injections_in_year_2 += 1
        if math.isnan(row.letters):
            return
        if row.day < self.first_day:
            self.first_day, self.baseline = row.day, row.letters
        for place, week in enumerate(WEEKS):
            away = abs(row.day - week * DAYS_PER_WEEK)
            if away <= WINDOW_DAYS and away < self.nearest[place][0]:
                self.nearest[place] = (away, row.letters)


def read_records(path: str | Path) -> Records:
    """Read patient-level records and count.

    Parameters
    ----------
    path
        CSV or Parquet file with one row for each visit of an eye.

    Raises
    ------
    InvalidInputError
        There is no such file, it is not of a known kind, it cannot be read, or no eye in it can be
        compared.
    """
    kind, rows = rows_of(Path(path).expanduser())
    eyes: dict[str, _Eye] = {}
    n_visits = n_other = n_impossible = 0
    for row in rows:
        if not row.comparable:
            n_other += 1
        elif row.impossible:
            n_impossible += 1
        else:
            n_visits += 1
            _eye(eyes, row.eye).add(row)
    known = [eye for eye in eyes.values() if eye.first_day <= WINDOW_DAYS]
    if not known:
        raise InvalidInputError(
            f"The records in {path} have no eye on aflibercept with acuity at the first injection.",
            "Give the whole file, with the first visit of every eye.",
        )
    return Records(kind, len(known), n_visits, n_other, n_impossible, *_count(known))


def _eye(eyes: dict[str, _Eye], name: str) -> _Eye:
    """Return what is remembered of an eye, a new one if need be."""
    eye = eyes.get(name)
    if eye is None:
        if len(eyes) == MOST_EYES:
            raise InvalidInputError(
                f"The records hold more than {MOST_EYES:,} eyes.",
                "Check that the column of the eye's name is the right one.",
            )
        eye = eyes[name] = _Eye()
    return eye


def _count(eyes: Sequence[_Eye]) -> tuple[tuple[int, ...], Counts, Counts, Counts, Counts]:
    """Weeks that some eye reaches, and the histograms."""
    letters = np.zeros((len(WEEKS), MAX_LETTERS + 1), dtype=np.int64)
    change = np.zeros((len(WEEKS), 2 * MAX_LETTERS + 1), dtype=np.int64)
    years = np.zeros((2, MOST_INJECTIONS + 1), dtype=np.int64)
    for eye in eyes:
        for year, given in enumerate((eye.injections, eye.injections_in_year_2)):
            if eye.last_day >= (year + 1) * DAYS_PER_YEAR:
                years[year, min(given, MOST_INJECTIONS)] += 1
        for place, found in enumerate(_found(eye)):
            if found is not None:
                letters[place, found] += 1
                change[place, found - round(eye.baseline) + MAX_LETTERS] += 1
    reached = letters.sum(axis=1) > 0
    weeks = tuple(week for week, some in zip(WEEKS, reached.tolist(), strict=True) if some)
    return weeks, letters[reached], change[reached], years[0], years[1]


def _found(eye: _Eye) -> Iterator[int | None]:
    """Letters at each week: the baseline first, then the nearest measured, None without one."""
    yield round(eye.baseline)
    for _, letters in eye.nearest[1:]:
        yield None if math.isnan(letters) else round(letters)


def records_from(plain: Mapping[str, Any]) -> Records:
    """Make records of plain data again."""
    arrays = ("letters", "change", "injections", "injections_in_year_2")
    given: dict[str, Any] = {
        name: np.asarray(value, dtype=np.int64) if name in arrays else value
        for name, value in plain.items()
    }
    return Records(**{**given, "weeks": tuple(given["weeks"])})
