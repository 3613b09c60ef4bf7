"""The course of one eye as a drawing: acuity against the cohort, and what was done below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR, MAX_LETTERS
from widgets.charts.ticks import year_ticks
from widgets.html import text

if TYPE_CHECKING:
    from ape_core.results import Visit
    from ape_core.results.course import Course, Span
    from ape_core.summaries.acuity import AcuityOverTime

TOP_LETTERS: Final = 85
"""Charts of acuity run from 0 to 85 letters, unless a value is beyond."""

PHASE_NAMES: Final = {
    "loading": "Loading",
    "maintenance": "Maintenance",
    "monitoring": "Monitoring",
    "retreatment": "Treated again",
}
_INTERVAL_STEPS: Final = ((16, 4), (12, 3), (8, 2), (0, 1))
_ROW: Final = 15
"""Height of a line of words."""

_LETTER: Final = 6.3
"""Width of a letter, about."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a drawing: a wide one for a desk, a narrow one for a phone."""

    width: int
    left: int
    right: int
    height: int
    lane: int
    radius: float
    scan: float

    @property
    def plot(self) -> float:
        """Width of the plot."""
        return self.width - self.left - self.right


WIDE: Final = Shape(1080, 98, 108, 250, 30, 3, 6)
NARROW: Final = Shape(380, 28, 12, 200, 37, 2.2, 3)


class Timeline:
    """Draws one eye.

    Parameters
    ----------
    course
        Of the eye.
    cohort
        Acuity of all such eyes of the run.
    years
        Length of the run.
    shape
        Sizes.
    """

    def __init__(self, course: Course, cohort: AcuityOverTime, years: int, shape: Shape) -> None:
        self._course, self._cohort, self._years, self._shape = course, cohort, years, shape
        highest = max(course.best.letters, int(cohort.p90.max()))
        self._top = TOP_LETTERS if highest <= TOP_LETTERS else MAX_LETTERS
        self._labels = self._stack_labels()
        self._above = 6 + _ROW * (1 + max((row for _, _, row in self._labels), default=0))
        self._lanes = self._above + shape.height

    @property
    def height(self) -> int:
        """Height of the drawing."""
        return self._lane(4) + 10

    def markup(self, label: str) -> str:
        """The drawing, described for those who cannot see it."""
        parts = [
            self._phases(), self._pauses(), self._grid(), self._band(), self._events(),
            self._acuity(), self._injections(), self._scans(), self._intervals(),
            self._years_axis(),
        ]  # fmt: skip
        size = f'viewBox="0 0 {self._shape.width} {self.height}"'
        return (
            f'<svg class="ape-timeline" {size} role="img" aria-label="{text(label)}">'
            f"{''.join(parts)}</svg>"
        )

    def _x(self, day: float) -> float:
        """Place of a day."""
        return self._shape.left + self._shape.plot * day / (self._years * DAYS_PER_YEAR)

    def _y(self, letters: float) -> float:
        """Place of an acuity."""
        return self._lanes - (self._shape.height - 4) * letters / self._top

    def _lane(self, number: int) -> int:
        """Top of one of the lanes below the plot."""
        return self._lanes + self._shape.lane * (number + 1) - 16

    def _grid(self) -> str:
        """Lines at round numbers of letters."""
        left, right = self._shape.left, self._shape.width - self._shape.right
        name = _words(left - 28, self._y(self._top) + 4, "letters", "is-soft", "end")
        return (name if self._shape is WIDE else "") + "".join(
            f'<line class="is-grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            + _words(left - 6, y + 4, str(letters), "is-faint", "end")
            for letters in range(0, self._top, 20)
            for y in [self._y(letters)]
        )

    def _band(self) -> str:
        """The middle 80% of the cohort, and its median."""
        seen = [i for i, n in enumerate(self._cohort.n.tolist()) if n]
        if not seen:
            return ""
        weeks = self._cohort.weeks[seen].tolist()
        lines = [
            [(self._x(week * DAYS_PER_WEEK), self._y(letters))
             for week, letters in zip(weeks, values[seen].tolist(), strict=True)]
            for values in (self._cohort.p90, self._cohort.p50, self._cohort.p10)
        ]  # fmt: skip
        high, median, low = lines
        band = f'<polygon class="is-band" points="{_points([*high, *reversed(low)])}"/>'
        return (
            band + f'<polyline class="is-median" points="{_points(median)}"/>' + self._ends(lines)
        )

    def _ends(self, lines: Sequence[Sequence[tuple[float, float]]]) -> str:
        """Names of the lines at their right ends."""
        if self._shape is not WIDE:
            return ""
        names = ("90th centile", "median", "10th centile")
        return "".join(
            _words(line[-1][0] + 7, line[-1][1] + 4, name, "is-soft")
            for line, name in zip(lines, names, strict=True)
        )

    def _acuity(self) -> str:
        """Measured letters."""
        visits = self._course.eye.visits
        line = _points([(self._x(v.day), self._y(v.letters)) for v in visits])
        marks = "".join(
            f'<circle class="is-visit" cx="{self._x(v.day):.1f}" cy="{self._y(v.letters):.1f}" '
            f'r="{self._shape.radius}"><title>{text(said)}</title></circle>'
            for v in visits
            for said in [_visit_words(v)]
        )
        return f'<polyline class="is-letters" points="{line}"/>{marks}'

    def _phases(self) -> str:
        """Shades of the phases, and a strip with their names."""
        top, parts = self._lane(3), []
        for span in self._course.phases:
            left, width = self._x(span.first_day), self._width(span)
            kind = f"is-{span.kind}"
            parts.append(
                f'<rect class="is-shade {kind}" x="{left:.1f}" y="{self._above}" '
                f'width="{width:.1f}" height="{self._shape.height}"/>'
                f'<rect class="is-phase {kind}" x="{left:.1f}" y="{top}" width="{width:.1f}" '
                f'height="18" rx="3"><title>{PHASE_NAMES[span.kind]}</title></rect>'
            )
            parts.append(_if_fits(left, top + 13, width, PHASE_NAMES[span.kind], "is-in-phase"))
        return self._name(3, "Phase") + "".join(parts)

    def _pauses(self) -> str:
        """Time by which visits were late."""
        return "".join(
            f'<rect class="is-pause" x="{self._x(span.first_day):.1f}" y="{self._above}" '
            f'width="{self._width(span):.1f}" height="{self._shape.height}">'
            f"<title>A visit was {span.days} days later than planned</title></rect>"
            for span in self._course.pauses
        )

    def _stack_labels(self) -> list[tuple[float, str, int]]:
        """Place, words and row of each event, so that no words stand over others."""
        stacked: list[tuple[float, str, int]] = []
        free: list[float] = []
        end = self._shape.width - 4
        for event in self._course.events:
            at, wide = self._x(event.day), _LETTER * len(event.words) + 8
            start = min(at - 3, end - wide)
            row = next((i for i, since in enumerate(free) if since <= start), len(free))
            free[row : row + 1] = [start + wide]
            stacked.append((at, event.words, row))
        return stacked

    def _events(self) -> str:
        """Lines at what happened, with words above."""
        end, parts = self._shape.width - 4, []
        for event, (at, said, row) in zip(self._course.events, self._labels, strict=True):
            y = _ROW * (row + 1)
            start = min(at - 3, end - _LETTER * len(said) - 8)
            parts.append(
                f'<line class="is-event is-{event.kind.split()[0]}" x1="{at:.1f}" x2="{at:.1f}" '
                f'y1="{y + 4}" y2="{self._lanes}"/>' + _words(start, y, said, "is-told")
            )
        return "".join(parts)

    def _injections(self) -> str:
        """One tick for each injection."""
        given = [visit for visit in self._course.eye.visits if visit.injected]
        top = self._lane(0)
        ticks = "".join(
            f'<rect class="is-injection" x="{self._x(v.day) - 1.3:.1f}" y="{top}" width="2.6" '
            f'height="18" rx="1"><title>Day {v.day:,}: {text(v.drug)}</title></rect>'
            for v in given
        )
        return self._name(0, "Injections") + ticks + self._total(0, f"{len(given)} given")

    def _scans(self) -> str:
        """One mark for each scan: filled where there was fluid."""
        top, wide, visits = self._lane(1), self._shape.scan, self._course.eye.visits
        marks = "".join(
            f'<rect class="is-{said}" x="{self._x(v.day) - wide / 2:.1f}" y="{top + 5}" '
            f'width="{wide}" height="8" rx="1.5"><title>Day {v.day:,}: {said}</title></rect>'
            for v in visits
            for said in ["fluid" if v.fluid else "dry"]
        )
        total = f"{self._course.n_dry} of {len(visits)} dry"
        return self._name(1, "Scans") + marks + self._total(1, total)

    def _intervals(self) -> str:
        """Weeks from injection to injection."""
        top, parts = self._lane(2), []
        for span in self._course.intervals:
            left, width = self._x(span.first_day), self._width(span)
            step = next(step for weeks, step in _INTERVAL_STEPS if span.weeks >= weeks)
            parts.append(
                f'<rect class="is-interval-{step}" x="{left:.1f}" y="{top}" '
                f'width="{max(0.6, width - 0.8):.1f}" height="18" rx="2">'
                f"<title>{span.weeks} weeks between injections</title></rect>"
            )
            parts.append(_if_fits(left, top + 13, width, str(span.weeks), f"is-on-{step}"))
        return self._name(2, "Weeks between") + "".join(parts)

    def _name(self, lane: int, name: str) -> str:
        """Name of a lane: to its left, or above it where there is no room."""
        if self._shape is WIDE:
            return _words(self._shape.left - 8, self._lane(lane) + 13, name, "is-soft", "end")
        return _words(self._shape.left, self._lane(lane) - 2, name, "is-soft is-small")

    def _total(self, lane: int, said: str) -> str:
        """Sum of a lane, to its right, or above it where there is no room."""
        end = self._shape.width - self._shape.right
        if self._shape is WIDE:
            return _words(end + 7, self._lane(lane) + 13, said, "is-soft")
        return _words(end, self._lane(lane) - 2, said, "is-soft is-small", "end")

    def _years_axis(self) -> str:
        """Years below everything."""
        y = self.height - 6
        ticks = year_ticks(self._years)
        named = "year " if self._shape is WIDE else ""
        return "".join(
            f'<line class="is-tick" x1="{x:.1f}" x2="{x:.1f}" y1="{self._lanes}" '
            f'y2="{self._lanes + 5}"/>' + _words(x, y, f"{named}{tick}", "is-faint", "middle")
            for tick in ticks
            for x in [self._x(tick * DAYS_PER_YEAR)]
        )

    def _width(self, span: Span) -> float:
        """Width of some days."""
        return self._x(span.end_day) - self._x(span.first_day)


def _visit_words(visit: Visit) -> str:
    """One visit in words."""
    scan, drug = "fluid" if visit.fluid else "dry", visit.drug if visit.injected else "no injection"
    return f"Day {visit.day:,}: {visit.letters} letters, {scan}, {drug}"


def _points(places: Iterable[tuple[float, float]]) -> str:
    """Corners of a line."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _words(x: float, y: float, said: str, kind: str, anchor: str = "start") -> str:
    """Words in the drawing."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(said)}</text>'
    )


def _if_fits(left: float, y: float, width: float, said: str, kind: str) -> str:
    """Words in the middle of a mark that is wide enough for them."""
    if _LETTER * len(said) + 6 > width:
        return ""
    return _words(left + width / 2, y, said, kind, "middle")
