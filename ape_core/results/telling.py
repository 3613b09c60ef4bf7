"""The history of a patient in plain sentences."""

from __future__ import annotations

from typing import Final

from ape_core.results.course import Course, courses, month_of
from ape_core.results.patient import EyeHistory, Patient
from ape_core.schema import DAYS_PER_YEAR

_PEOPLE: Final = {"female": ("woman", "She"), "male": ("man", "He")}
_LARGE_LOSS: Final = 15
"""Letters; what so large a loss stands on is told."""


def tell(patient: Patient) -> tuple[str, ...]:
    """Tell the history of a patient: who, what was done and how it went, and how it ended."""
    seen = {course.eye.eye: course for course in courses(patient)}
    name = _PEOPLE[patient.sex][1]
    sentences: list[str] = []
    for eye in patient.eyes:
        course = seen.get(eye.eye)
        sentences.append(_beginning(patient, eye, course))
        if course is not None:
            sentences += [_acuity(course), *_breaks(course), *_stops(course)]
            sentences += _ending(course, "" if eye.eye else name)
    if patient.death_day is not None:
        sentences.append(f"{name} died in month {month_of(patient.death_day)}.")
    return tuple(sentences)


def _beginning(patient: Patient, eye: EyeHistory, course: Course | None) -> str:
    """Who came, with which acuity, and what was done; an eye that was never seen has no course."""
    letters, month = _letters(eye.baseline_letters), month_of(eye.onset_day)
    never = "waited for a first visit that was never made"
    if eye.eye:
        if course is None:
            return f"The second eye came with {letters} in month {month} and {never}."
        start = f"The second eye was treated from month {month}, with {letters} at first"
    else:
        who = f"A {_PEOPLE[patient.sex][0]} of {patient.age_years}"
        if course is None:
            return f"{who} came with {letters} and {never}."
        start = f"{who}, first seen with {letters}"
    return f"{start}: {_treated(course)}."


def _treated(course: Course) -> str:
    """Injections and visits, and over which time."""
    eye = course.eye
    return (
        f"{_count(eye.n_injections, 'injection')} at {_count(eye.n_visits, 'visit')} in "
        f"{_time(course.last_day - eye.onset_day)}"
    )


def _acuity(course: Course) -> str:
    """Best and last letters."""
    best, last = course.best, course.eye.last_letters
    if len(course.eye.visits) == 1:
        return "There was no second visit."
    change = last - course.eye.baseline_letters
    words = f"{abs(change)} {'more' if change > 0 else 'fewer'} than at first"
    since = words if change else "as at first"
    told = f"Best {_letters(best.letters)} in month {month_of(best.day)}; last {last}, {since}"
    return f"{told}{_before_large_loss(course)}."


def _before_large_loss(course: Course) -> str:
    """What the visit before a large loss read; empty where that was as low."""
    first, last = course.eye.baseline_letters, course.eye.last_letters
    before = course.eye.visits[-2].letters
    if first - last < _LARGE_LOSS or first - before >= _LARGE_LOSS:
        return ""
    return f", but {before} at the visit before"


def _breaks(course: Course) -> list[str]:
    """Breaks from care, if there were any."""
    breaks = [span for span in course.pauses if span.kind == "break"]
    if not breaks:
        return []
    if len(breaks) > 1:
        longest = max(breaks, key=lambda span: span.days)
        return [f"{len(breaks)} breaks from care, the longest of {_time(longest.days)}."]
    length, month = _time(breaks[0].days), month_of(breaks[0].end_day)
    return [f"A break from care of {length} before month {month}."]


def _stops(course: Course) -> list[str]:
    """Stopping while stable and treating again, in turn."""
    said = {"stopped": "stopped as stable", "resumed": "resumed as the eye became active"}
    turns = [
        f"{said[event.kind]} in month {month_of(event.day)}"
        for event in course.events
        if event.kind in said
    ]
    return [f"Treatment was {', '.join(turns)}."] if turns else []


def _ending(course: Course, name: str) -> list[str]:
    """How follow-up of the eye ended, unless by death or stopping that was told already."""
    month = month_of(course.eye.end_day)
    who = name or "This eye"
    endings = {
        "on treatment": f"{who} was on treatment at the end of the run.",
        "discharged futile": f"Treatment was stopped in month {month} because acuity was too low "
        "for it to help.",
        "lost": f"{who} was lost to follow-up in month {month}.",
        "transferred": f"{who} was transferred to another clinic in month {month}.",
    }
    reason = course.eye.end_reason
    if reason == "discharged stable" and all(event.kind != "stopped" for event in course.events):
        return [f"Treatment was stopped in month {month} because the eye was stable."]
    return [endings[reason]] if reason in endings else []


def _letters(letters: int) -> str:
    """Acuity."""
    return _count(letters, "letter")


def _count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _time(days: int) -> str:
    """A length of time as a person would say it."""
    if days < 2 * DAYS_PER_YEAR // 12:
        return _count(days, "day")
    months = round(days * 12 / DAYS_PER_YEAR)
    if months < 24 and months != 12:
        return _count(months, "month")
    years, left = divmod(months, 12)
    more = f" and {_count(left, 'month')}" if left else ""
    return f"{_count(years, 'year')}{more}"
