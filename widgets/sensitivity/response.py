"""An outcome against one thing over a range: a line with its intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.analysis.economics_certainty import SLOTS_RAN_SHORT
from ape_core.analysis.swept_outcomes import SWEPT, outcome_text
from widgets.bqplots import Lines, Scatter
from widgets.charts.axes import across, fit, floats, scale, upwards
from widgets.charts.card import Card, figure
from widgets.charts.spans import span_ticks
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text
from widgets.sensitivity.session import RESPONSE
from widgets.study_progress import StudyProgress
from widgets.theme import colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.analysis.places import Place
    from ape_core.analysis.sweep import Response
    from widgets.sensitivity.session import SensitivitySession

_FIELDS: Final = {"low": "From", "high": "To", "n": "Values"}
_LEAST: Final = 2
"""Points that make a line."""
_PARTS: Final = {
    "protocol": "Protocol",
    "capacity": "Clinic",
    "cohort": "Patients",
    "population": "Population",
    "model": "Disease",
}


class ResponsePanel:
    """A card with a choice of what is varied, and the line."""

    def __init__(self, session: SensitivitySession, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._is_filling = False
        self._path = classed(Dropdown(description="Varied"), "ape-field")
        self._texts = {
            name: classed(Text(description=title, continuous_update=True), "ape-field")
            for name, title in _FIELDS.items()
        }
        self._start = classed(Button(description="Simulate"), "ape-button ape-primary")
        self._connect()
        self.progress = StudyProgress(session, RESPONSE, draw)
        self._x, self._y = scale(0, 1), scale(0, 1)
        self._values, self._outcomes = across(self._x, ""), upwards(self._y, [0, 1])
        self._values.tick_format = "~g"
        scales = {"x": self._x, "y": self._y}
        self._band = Lines(
            x=floats([0, 1]), y=floats([[0, 0], [0, 0]]), scales=scales, stroke_width=0,
            colors=[colour("acuity")] * 2, fill="between", fill_colors=[colour("acuity")] * 2,
            fill_opacities=[0.18] * 2, opacities=[0] * 2,
        )  # fmt: skip
        self._line = Lines(x=floats([0, 1]), y=floats([0, 0]), scales=scales,
                           colors=[colour("acuity")], stroke_width=2.4)  # fmt: skip
        self._points = Scatter(x=floats([0]), y=floats([0]), scales=scales, default_size=44,
                               colors=[colour("acuity")])  # fmt: skip
        self._own = Scatter(
            x=floats([0]), y=floats([0]), scales=scales, default_size=110, colors=[colour("card")],
            stroke=colour("ink"), stroke_width=2,
        )  # fmt: skip
        marks = [self._band, self._line, self._points, self._own]
        drawn = figure(marks, [self._values, self._outcomes], fig_margin={"left": 58})
        self.card = Card("One thing over a range", drawn, wide=True)
        head, *rest = self.card.view.children
        controls = box(self._path, *self._texts.values(), self._start, classes="ape-controls")
        self._empty = html()
        self.card.view.children = (head, controls, self.progress.view, self._empty, *rest)
        self.view = self.card.view

    def refresh(self) -> None:
        """Show what is varied, and how far the runs are."""
        session = self._session
        options = [(_option(place), path) for path, place in session.places().items()]
        if list(self._path.options) != options:
            self._is_filling = True
            try:
                self._path.options = options
            finally:
                self._is_filling = False
        if options and self._path.value != session.response["path"]:
            self._path.value = session.response["path"]
        for name, field in self._texts.items():
            if field.value != session.response[name]:
                field.value = session.response[name]
        self.progress.refresh()

    def draw(self) -> None:
        """Show the line of the session, as far as there are points."""
        session, found = self._session, self._session.sweep
        points = found.response(found.paths[0], session.outcome, session.year) if found else []
        self.card.wait(waiting=len(points) < _LEAST)
        self._empty.value = _EMPTY if found is None else ""
        set_class(self.view, "ape-unasked", on=found is None)
        wording = SWEPT[session.outcome]
        known = all(p.difference is None or p.difference.is_known for p in points)
        band = "the band is the 95% interval of the difference from it."
        self.card.say(
            f"{wording.title} at the end of year {session.year}, {wording.unit}. The ring is the "
            f"base case{f'; {band}' if known else f'. {SLOTS_RAN_SHORT}'}"
        )
        if found is None or len(points) < _LEAST:
            self.card.foot("")
            return
        self.card.offer(lambda: found.table(session.outcome, session.year))
        place = found.points[0].place
        self._values.label = place.field.label
        self._draw_points(points)
        self.card.foot(response_markup(points, found.points[0].place.say, session.outcome))

    def _draw_points(self, points: list[Response]) -> None:
        """Assign the series; one message per mark."""
        x = floats([point.value for point in points])
        y = floats([point.estimate.value for point in points])
        ends = [response_ends(point) for point in points]
        bounds = floats([[low for low, _ in ends], [high for _, high in ends]])
        fit(self._x, self._values, span_ticks(float(x.min()), float(x.max()), 6))
        fit(self._y, self._outcomes, span_ticks(float(bounds.min()), float(bounds.max())))
        for mark, values in ((self._band, bounds), (self._line, y), (self._points, y)):
            with mark.hold_sync():
                mark.x, mark.y = x, values
        own = [i for i, point in enumerate(points) if point.difference is None]
        with self._own.hold_sync():
            self._own.x, self._own.y = x[own], y[own]

    def _connect(self) -> None:
        """Pass every change to the session."""
        self._path.observe(guarded(self._session, self._path_chosen), names="value")
        for name, field in self._texts.items():
            field.observe(guarded(self._session, self._edited(name)), names="value")
        self._start.on_click(guarded(self._session, self._pressed))

    def _path_chosen(self, change: Any) -> None:
        """Vary another thing."""
        known = self._session.response["path"]
        if not self._is_filling and change.new is not None and change.new != known:
            self._session.choose_path(change.new)
            self.refresh()

    def _edited(self, name: str) -> Callable[[Any], None]:
        """Handler that passes the new value of a field."""

        def edited(change: Any) -> None:
            self._session.response[name] = change.new

        return edited

    def _pressed(self, _: Any) -> None:
        """Have it simulated."""
        self._session.begin(RESPONSE)
        self._draw()


_EMPTY: Final = (
    '<p class="ape-to-come">Choose a field of the protocol, a number of the patients or of the '
    "disease, and how far it is varied; then press Simulate.</p>"
)


def response_ends(point: Response) -> tuple[float, float]:
    """Ends of the interval of a point: of its difference from the base case, which has none.

    Where nothing is known of them there is no band either.
    """
    value, apart = point.estimate.value, point.difference
    if apart is None or not apart.is_known:
        return value, value
    return value - apart.value + apart.low, value - apart.value + apart.high


def response_markup(points: list[Response], say: Callable[[Any], str], outcome: str) -> str:
    """Value and outcome of each point."""
    decimals = SWEPT[outcome].decimals + 1
    spans = "".join(
        f"<span>{text(say(point.value))} "
        f"<b>{text(outcome_text(outcome, point.estimate.value, decimals))}</b>"
        f"{' (base case)' if point.difference is None else ''}</span>"
        for point in points
    )
    return f'<div class="ape-foot">{spans}</div>'


def _option(place: Place) -> str:
    """Name of what can be varied, after the part that it belongs to, with its unit."""
    return f"{_PARTS[place.path.partition('.')[0]]}: {place.field.label}"
