"""Courses over time, one line for each protocol, labelled at their ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ape_core.analysis.comparison_tables import courses_table
from ape_core.analysis.comparison_words import signed
from ape_core.analysis.same_patients import MOST_RUNS
from ape_core.schema import WEEKS_PER_YEAR
from widgets import format as words
from widgets.bqplots import Lines
from widgets.charts.axes import across, few_points, fit, floats, scale, upwards, year_ticks
from widgets.charts.card import Card, figure
from widgets.charts.ends import EndLabel, end_labels
from widgets.charts.spans import span_ticks
from widgets.several.colours import DASHES, LETTERS, colour_name, names_below
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.analysis.paired import Course
    from widgets.compare.session import CompareSession


class CoursesChart:
    """Lines of one figure over time.

    Parameters
    ----------
    heading
        What the chart is called.
    figure_name
        Which figure of a course: "letters_change" or "injections".
    light
        Leave out most points.
    """

    def __init__(self, heading: str, figure_name: str, *, light: bool = False) -> None:
        self._name, self._light = figure_name, light
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._years = across(self._x, "Years since the first visit")
        self._values = upwards(self._y, [0, 1])
        self._lines = [
            Lines(
                x=floats([0, 1]), y=floats([0, 0]), scales={"x": self._x, "y": self._y},
                colors=[colour(colour_name(place))], stroke_width=2.4,
                line_style=DASHES[place], visible=False,
            )
            for place in range(MOST_RUNS)
        ]  # fmt: skip
        drawn = figure(self._lines, [self._years, self._values])
        self.card = Card(heading, drawn, ends=True, wide=True)
        self.view = self.card.view
        self.card.say(self._sentence(None))

    def draw(self, session: CompareSession) -> None:
        """Show the runs of the session over the patients that all of them have."""
        paired = session.paired
        self.card.wait(waiting=paired is None)
        self.card.say(self._sentence(session))
        if paired is None:
            return
        self.card.offer(partial(courses_table, paired, session.titles))
        courses = [paired.course(run) for run in range(paired.n_runs)]
        self._draw_lines(courses)
        ticks = year_ticks(paired.years)
        fit(self._x, self._years, ticks)
        self._x.max = float(paired.years)
        self.card.label_ends(self._labels(courses, session))
        self.card.foot(names_below(session.titles))

    def _draw_lines(self, courses: list[Course]) -> None:
        """Assign the series; one message per mark."""
        everything = np.concatenate([self._of(course) for course in courses])
        low, high = min(float(everything.min()), 0.0), max(float(everything.max()), 0.0)
        fit(self._y, self._values, span_ticks(low, high))
        for place, line in enumerate(self._lines):
            if place >= len(courses):
                line.visible = False
                continue
            course = courses[place]
            shown = few_points(len(course.weeks)) if self._light else slice(None)
            with line.hold_sync():
                line.x = floats(course.weeks[shown] / WEEKS_PER_YEAR)
                line.y = floats(self._of(course)[shown])
                line.visible = True

    def _of(self, course: Course) -> np.ndarray:
        """The figure that is drawn."""
        return course.letters_change if self._name == "letters_change" else course.injections

    def _labels(self, courses: list[Course], session: CompareSession) -> str:
        """Last value, letter and short title of each line; the full titles are below."""
        assert session.comparison is not None
        briefly = session.comparison.brief_titles
        low, high = self._y.min, self._y.max
        labels = []
        for place, (course, title) in enumerate(zip(courses, briefly, strict=True)):
            last = float(self._of(course)[-1])
            value = signed(last) if self._name == "letters_change" else words.one_decimal(last)
            value = f"{value} {LETTERS[place]}"
            height = (last - low) / (high - low)
            full = session.titles[place]
            labels.append(EndLabel(height, value, title, colour_name(place), full))
        return end_labels(labels)

    def _sentence(self, session: CompareSession | None) -> str:
        """What is drawn, of whom."""
        paired = session.paired if session else None
        whom = f" of the same {words.count(paired.n_patients)} patients" if paired else ""
        if self._name == "letters_change":
            return f"Mean ETDRS letters gained since the first visit, living eyes{whom}."
        return f"Mean injections since the first visit, all first eyes{whom}."
