"""The first eyes of a chunk: when each is in care, and what holds between its visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ape_core.schema import DAYS_PER_PERIOD, DAYS_PER_YEAR, END_REASONS, PHASES
from ape_core.summaries.counting.bins import Flags, Ints, ceil_divide, histogram_2d
from ape_core.summaries.definitions import n_weeks

if TYPE_CHECKING:
    from ape_core.simulation.chunk import Chunk

_ON_TREATMENT = END_REASONS.index("on treatment")
_DISCHARGED_STABLE = END_REASONS.index("discharged stable")
_DIED = END_REASONS.index("died")
_MONITORING = PHASES.index("monitoring")


@dataclass(frozen=True, slots=True)
class Care:
    """First eyes and their visits. Points are the 4-weekly ones: 0 is week 0, 1 is week 4, ...

    Attributes
    ----------
    years
        Length of the run.
    patients, visits
        Columns of the tables, rows of first eyes only.
    eye
        For each visit the row of its eye.
    stayed
        For each eye, whether it is in care to the end of the run.
    left
        For each eye the first point at which it is out of care; the number of points if none.
    start, stop
        For each visit the points at which it is the last one made: start <= point < stop.
    monitored
        For each visit, whether the eye is monitored after it, and not on treatment.
    unseen, unseen_until
        Eyes that wait for their first visit, where slots are limited, and for each of them the
        first point at which it waits no more.
    """

    years: int
    patients: dict[str, np.ndarray]
    visits: dict[str, np.ndarray]
    eye: Ints
    stayed: Flags
    left: Ints
    start: Ints
    stop: Ints
    monitored: Flags
    unseen: Ints
    unseen_until: Ints

    @property
    def n_eyes(self) -> int:
        """First eyes, as many as patients."""
        return len(self.left)

    @property
    def n_points(self) -> int:
        """Number of 4-weekly points."""
        return n_weeks(self.years)


def follow(chunk: Chunk) -> Care:
    """Follow the first eyes of a chunk through care."""
    patients = _first_eyes(
        chunk.patients, ("baseline_letters", "n_visits", "end_day", "end_reason")
    )
    names = ("day", "letters", "fluid", "injected", "phase", "interval_days")
    visits = _first_eyes(chunk.visits, names)
    n_visits = patients["n_visits"].astype(np.int64)
    eye = np.repeat(np.arange(len(n_visits), dtype=np.int32), n_visits)
    # Where slots are limited, care can end before the first visit.
    seen = np.flatnonzero(n_visits)
    last = np.cumsum(n_visits)[seen] - 1
    paused = np.zeros(len(n_visits), dtype=bool)
    paused[seen] = _paused(patients["end_reason"][seen], visits["interval_days"][last])
    stayed = (patients["end_reason"] == _ON_TREATMENT) | paused
    left = _left(patients["end_day"], patients["end_reason"], stayed, chunk.years)
    start = ceil_divide(visits["day"], DAYS_PER_PERIOD)
    stop = np.roll(start, -1)
    stop[last] = left[seen]
    treated = visits["phase"][last - n_visits[seen] + 1] != _MONITORING
    monitored = _monitored(visits, last, paused[seen])
    if not treated.all():
        monitored &= np.repeat(treated, n_visits[seen])
    until = _unseen_until(chunk, left, seen, start[last - n_visits[seen] + 1])
    unseen = np.flatnonzero(until)
    return Care(
        chunk.years, patients, visits, eye, stayed, left, start, stop, monitored,
        unseen, until[unseen],
    )  # fmt: skip


def _unseen_until(chunk: Chunk, left: Ints, seen: Ints, first: Ints) -> Ints:
    """First point at which each eye has been seen, or has left; 0 unless it had to wait."""
    if chunk.waits is None:
        return np.zeros(0, np.int64)
    until = left.copy()
    until[seen] = first
    return until


@dataclass(frozen=True, slots=True)
class Events:
    """Visits and injections of first eyes.

    Attributes
    ----------
    visits, injections
        `[years, n_eyes]`: in each year of each eye.
    eye, day
        Of each injection, the row of its eye and its day.
    """

    visits: Ints
    injections: Ints
    eye: Ints
    day: Ints


def events_per_year(care: Care) -> Events:
    """Count the visits and injections of first eyes by year."""
    given = np.flatnonzero(care.visits["injected"])
    eye, day = care.eye.take(given), care.visits["day"].take(given)
    visits = _per_eye_and_year(care, care.eye, care.visits["day"])
    return Events(visits, _per_eye_and_year(care, eye, day), eye, day)


def _per_eye_and_year(care: Care, eye: Ints, day: Ints) -> Ints:
    """Events in each year of each eye, `[years, n_eyes]`."""
    counts = histogram_2d(eye, day // DAYS_PER_YEAR, (care.n_eyes, care.years + 1))
    return counts.T[:-1]


def days_in_care(care: Care) -> Ints:
    """Days in care in each study year of each first eye, `[years, n_eyes]`."""
    end = np.where(care.stayed, DAYS_PER_YEAR * care.years, care.patients["end_day"])
    year_start = np.arange(care.years) * DAYS_PER_YEAR
    return np.clip(end - year_start[:, None], 0, DAYS_PER_YEAR)


def _first_eyes(table: dict[str, np.ndarray], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Columns of a table, rows of first eyes."""
    if not table["eye"].any():
        return {name: table[name] for name in names}
    rows = np.flatnonzero(table["eye"] == 0)
    return {name: table[name].take(rows, axis=0) for name in names}


def _paused(end_reason: Ints, interval_days: Ints) -> Flags:
    """Whether each eye was stopped and is still monitored when the run ends.

    Such an eye is called discharged, yet its last visit planned another one.
    """
    flags: Flags = (end_reason == _DISCHARGED_STABLE) & (interval_days > 0)
    return flags


def _left(end_day: Ints, end_reason: Ints, stayed: Flags, years: int) -> Ints:
    """First 4-weekly point at which each eye is out of care."""
    n_points = n_weeks(years)
    died = ceil_divide(end_day, DAYS_PER_PERIOD)
    otherwise = end_day // DAYS_PER_PERIOD + 1
    left = np.where(end_reason == _DIED, died, otherwise)
    return np.where(stayed, n_points, np.minimum(left, n_points))


def _monitored(visits: dict[str, np.ndarray], last: Ints, paused: Flags) -> Flags:
    """Whether treatment is stopped after each visit.

    The phase of a visit says how the eye was looked after up to it, so the next visit tells.
    After its last visit an eye goes on being monitored if it was, unless that visit resumed
    treatment. Not yet excepted are eyes that are only looked at because their protocol says so.
    """
    watched = visits["phase"] == _MONITORING
    monitored: Flags = np.roll(watched, -1)
    monitored[last] = (watched[last] & ~visits["injected"][last]) | paused
    return monitored
