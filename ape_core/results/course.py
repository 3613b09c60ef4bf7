"""What happened to one eye, put together from its visits: phases, intervals, pauses, events."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from ape_core.results.patient import EyeHistory, Patient, Visit
from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.terms import END_REASONS

LATE_DAYS: Final = 14
"""A visit that is later than planned by at least so many days counts as late."""

BREAK_DAYS: Final = 91
"""From here on it counts as a break from care: a quarter of a year."""

ENDINGS: Final = {
    **END_REASONS,
    "on treatment": "on treatment at the end",
    "died": "died",  # in care or not
}
"""Why follow-up ended, in the words that stand beside a mark."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days `first_day <= day < end_day` of a kind: a phase, or a pause."""

    kind: str
    first_day: int
    end_day: int

    @property
    def days(self) -> int:
        """Length."""
        return self.end_day - self.first_day

    @property
    def weeks(self) -> int:
        """Length in whole weeks, the nearest."""
        return round(self.days / DAYS_PER_WEEK)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day: its kind, and the words that stand beside its mark."""

    kind: str
    day: int
    words: str


@dataclass(frozen=True, slots=True)
class Course:
    """The course of one eye; all days are since the patient's first visit.

    Attributes
    ----------
    eye
        What it was put together from.
    last_day
        The last day that anything is known of: of follow-up, or of the last visit.
    phases
        Treatment phases, each from its first visit to the first of the next.
    intervals
        From one injection to the next; the kind is that of the phase in which it ends.
    pauses
        From the day of a planned visit to that of a visit that was late ("late") or very late
        ("break").
    events
        In the order of days.
    """

    eye: EyeHistory
    last_day: int
    phases: tuple[Span, ...]
    intervals: tuple[Span, ...]
    pauses: tuple[Span, ...]
    events: tuple[Event, ...]

    @property
    def best(self) -> Visit:
        """The visit with the most letters, the first of several."""
        return max(self.eye.visits, key=lambda visit: visit.letters)

    @property
    def n_dry(self) -> int:
        """Visits at which the scan was read as dry."""
        return sum(not visit.fluid for visit in self.eye.visits)


def month_of(day: int) -> int:
    """Month in which a day falls, the first being 1, twelve to a study year."""
    return day * 12 // DAYS_PER_YEAR + 1


def courses(patient: Patient) -> tuple[Course, ...]:
    """The course of each eye that was seen; where slots are limited, some never are."""
    return tuple(_course(patient, eye) for eye in patient.eyes if eye.visits)


def _course(patient: Patient, eye: EyeHistory) -> Course:
    """The course of one eye."""
    last_day = max(eye.end_day, eye.visits[-1].day)
    return Course(
        eye,
        last_day,
        _phases(eye.visits, last_day),
        _intervals(eye.visits),
        _pauses(eye.visits),
        _events(patient, eye),
    )


def _phases(visits: tuple[Visit, ...], last_day: int) -> tuple[Span, ...]:
    """Phases, one after another."""
    begun = [(kind, next(group).day) for kind, group in groupby(visits, lambda v: v.phase)]
    ends = [*(day for _, day in begun[1:]), last_day]
    return tuple(Span(kind, day, end) for (kind, day), end in zip(begun, ends, strict=True))


def _intervals(visits: tuple[Visit, ...]) -> tuple[Span, ...]:
    """Times between injections."""
    given = [visit for visit in visits if visit.injected]
    return tuple(Span(after.phase, before.day, after.day) for before, after in pairwise(given))


def _pauses(visits: tuple[Visit, ...]) -> tuple[Span, ...]:
    """Times by which visits were late."""
    return tuple(
        Span(
            "break" if visit.delay_days >= BREAK_DAYS else "late",
            visit.day - visit.delay_days,
            visit.day,
        )
        for visit in visits
        if visit.delay_days >= LATE_DAYS
    )


def _events(patient: Patient, eye: EyeHistory) -> tuple[Event, ...]:
    """What is marked: breaks, stopping and treating again, the end, death."""
    events = [
        Event("break", span.end_day, f"back after {_long(span.days)}")
        for span in _pauses(eye.visits)
        if span.kind == "break"
    ]
    if eye.onset_day:
        events.append(Event("first visit", eye.onset_day, "second eye treated"))
    for before, visit in pairwise(eye.visits):
        if visit.phase == "monitoring" and before.phase != "monitoring":
            events.append(Event("stopped", before.day, ENDINGS["discharged stable"]))
    events += [
        Event("resumed", visit.day, "treated again")
        for visit in eye.visits
        if visit.phase == "monitoring" and visit.injected
    ]
    stopped = {event.day for event in events if event.kind == "stopped"}
    if eye.end_reason != "died" and eye.end_day not in stopped:
        events.append(Event("end", eye.end_day, ENDINGS[eye.end_reason]))
    if patient.death_day is not None:
        events.append(Event("died", patient.death_day, ENDINGS["died"]))
    return tuple(sorted(events, key=lambda event: event.day))


def _long(days: int) -> str:
    """Length of a break."""
    months = round(days * 12 / DAYS_PER_YEAR)
    return f"{months} months" if months < 24 else f"{round(days / DAYS_PER_YEAR)} years"
