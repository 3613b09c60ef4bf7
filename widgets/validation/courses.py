"""Courses of acuity: each arm as a line, with what the study reported on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from ape_core.analysis.validation_tables import courses_table
from widgets import format as words
from widgets.charts.downloads import NamedCard
from widgets.html import html, text
from widgets.validation.headings import CARDS, heading
from widgets.validation.svg import Plot
from widgets.validation.waiting import WAITING

if TYPE_CHECKING:
    from ape_core.analysis.validation import Course, Validation

_WIDTH, _HEIGHT = 204, 132
TICK_LETTERS: Final = 5
_ROUND: Final = 5
_LONG: Final = 25
SENTENCE: Final = (
    "Lines are simulated arms, in letters gained since the first visit; marks are what the study "
    "reported, with 95% intervals. Weeks run along the bottom. All treated arms are on one scale, "
    "the untreated ones on another."
)


class CoursesPanel:
    """A card with one small drawing for each arm."""

    def __init__(self) -> None:
        self.markup = html()
        self.view = NamedCard([self.markup], CARDS["courses"][1])
        self.view.add_class("ape-all")

    def draw(self, validation: Validation | None) -> None:
        """Show a validation, or that there is none yet."""
        self.markup.value = courses_markup(validation)
        self.view.numbers = partial(courses_table, validation) if validation else None


def courses_markup(validation: Validation | None) -> str:
    """Heading and drawings."""
    head = f"{heading('courses')}<p class='ape-said'>{SENTENCE}</p>"
    if validation is None:
        return f"{head}{WAITING}"
    drawn = "".join(_figure(course, limits) for course, limits in with_limits(validation.courses))
    return f"{head}<div class='ape-multiples'>{drawn}</div>"


def with_limits(courses: Sequence[Course]) -> list[tuple[Course, tuple[int, int]]]:
    """Each course with its scale: one of all that end with a gain, another of those that do not."""
    return [
        (course, letters_limits([each for each in courses if _loses(each) == _loses(course)]))
        for course in courses
    ]


def _loses(course: Course) -> bool:
    """Whether eyes were worse at the last observation than at first."""
    return course.points[-1].value < 0


def letters_limits(courses: Sequence[Course]) -> tuple[int, int]:
    """Scale that holds some courses, in whole fives of letters."""
    values = [
        value
        for course in courses
        for value in (*course.change, *(point.value for point in course.points))
    ]
    low, high = min(values, default=0.0), max(values, default=0.0)
    return (
        min(-_ROUND, _ROUND * math.floor(low / _ROUND)),
        max(_ROUND, _ROUND * math.ceil(high / _ROUND)),
    )


def letters_ticks(limits: tuple[int, int]) -> list[int]:
    """Letters to mark within a scale: fives, or tens on a long one."""
    step = TICK_LETTERS * (2 if limits[1] - limits[0] > _LONG else 1)
    return [tick for tick in range(limits[0], limits[1] + 1) if tick % step == 0]


def _figure(course: Course, limits: tuple[int, int]) -> str:
    """One arm."""
    plot = Plot(_WIDTH, _HEIGHT, (0, course.weeks[-1]), limits)
    year_ends = [(float(week), str(week)) for week in course.weeks if week % 52 == 0]
    parts = [
        plot.heights(letters_ticks(limits)),
        plot.level(0, "is-zero"),
        plot.places(year_ends),
        plot.line(course.weeks, course.change, "is-simulated"),
        *(plot.point(p.week, p.value, p.half_width, "is-observed") for p in course.points),
    ]
    drawn = plot.drawing(parts, said(course))
    return f"<figure><figcaption>{text(course.arm)}</figcaption>{drawn}</figure>"


def said(course: Course) -> str:
    """A course in words."""
    seen = ", ".join(f"{words.signed(p.value)} at week {p.week}" for p in course.points)
    return (
        f"{course.arm}: {words.signed(course.change[-1])} letters simulated at week "
        f"{course.weeks[-1]}; observed {seen}"
    )
