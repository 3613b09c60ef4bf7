"""All charts of a run, in parts: one part is shown, made when first opened, and kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import ToggleButtons, Widget

from widgets.charts.acuity import AcuityChart
from widgets.charts.bands import gains_chart, planned_chart
from widgets.charts.change import ChangeChart
from widgets.charts.flow import FlowChart
from widgets.charts.in_words import change_card, intervals_card
from widgets.charts.injections import InjectionsChart
from widgets.charts.intervals import IntervalsChart
from widgets.charts.retention import RetentionChart
from widgets.charts.shares import driving_chart, dry_chart
from widgets.charts.terms import glossary
from widgets.charts.visits import VisitsChart
from widgets.errors import Reporter, guarded
from widgets.html import box, classed, html, set_class

if TYPE_CHECKING:
    from ape_core.summaries import Summary

PARTS: Final = ("At a glance", "Acuity", "Treatment", "Staying in care")
_GLANCE, _ACUITY, _TREATMENT, _STAYING = range(len(PARTS))


@dataclass(frozen=True)
class _Place:
    """A chart, and in which parts it stands; it is made with the first of them."""

    make: Callable[[bool], Any]
    parts: tuple[int, ...]


PLACES: Final = {
    "acuity": _Place(lambda light: AcuityChart(light=light), (_GLANCE, _ACUITY)),
    "retention": _Place(lambda light: RetentionChart(light=light), (_GLANCE, _STAYING)),
    "change": _Place(lambda light: change_card() if light else ChangeChart(), (_GLANCE, _ACUITY)),
    "injections": _Place(lambda _: InjectionsChart(), (_GLANCE, _TREATMENT)),
    "intervals": _Place(
        lambda light: intervals_card() if light else IntervalsChart(), (_GLANCE, _TREATMENT)
    ),
    "gains": _Place(lambda light: gains_chart(light=light), (_ACUITY,)),
    "driving": _Place(lambda light: driving_chart(light=light), (_ACUITY,)),
    "dry": _Place(lambda light: dry_chart(light=light), (_TREATMENT,)),
    "visits": _Place(lambda light: VisitsChart(light=light), (_TREATMENT,)),
    "planned": _Place(lambda light: planned_chart(light=light), (_TREATMENT,)),
    "flow": _Place(lambda _: FlowChart(), (_STAYING,)),
}
"""Every chart, in the order in which the page holds them."""


class Story:
    """The charts, and the choice of a part.

    Parameters
    ----------
    reporter
        Shows what goes wrong.
    light
        Make charts with fewer points, and figures instead of some.
    """

    def __init__(self, reporter: Reporter, *, light: bool = False) -> None:
        self._reporter = reporter
        self._light = light
        self._summary: Summary | None = None
        self._key: tuple[Any, ...] = ()
        self._drawn: dict[str, tuple[Any, ...]] = {}
        self.charts: dict[str, Any] = {}
        options = [(name, part) for part, name in enumerate(PARTS)]
        self.parts = classed(ToggleButtons(options=options, value=_GLANCE), "ape-parts")
        self.parts.observe(guarded(reporter, self._chosen), names="value")
        self._grid = box(classes="ape-charts ape-show-0")
        self._make(_GLANCE)
        present = "" if light else _PRESENT
        bar = box(self.parts, html(value=present), classes="ape-parts-bar")
        self.view: list[Widget] = [bar, self._grid, html(value=glossary())]

    def draw(self, summary: Summary | None, run_id: str) -> None:
        """Show the summary of a run; a chart that shows it already is left alone."""
        self._summary = summary
        self._key = (run_id, summary.n_patients if summary else None)
        part = self.parts.value
        for name in self._of(part):
            if self._drawn.get(name) != self._key:
                self._drawn[name] = self._key
                guarded(self._reporter, self.charts[name].draw)(summary)

    def expect(self, *, figures: bool) -> None:
        """Say in the place of charts that there are none yet, or none to come."""
        set_class(self._grid, "ape-idle", on=not figures)

    def _chosen(self, change: Any) -> None:
        """Show another part."""
        self._make(change.new)
        # Charts of a part are drawn before it is shown.
        self.draw(self._summary, self._key[0] if self._key else "")
        set_class(self._grid, f"ape-show-{change.old}", on=False)
        set_class(self._grid, f"ape-show-{change.new}", on=True)

    def _of(self, part: int) -> list[str]:
        """Names of the charts of a part."""
        return [name for name, place in PLACES.items() if part in place.parts]

    def _make(self, part: int) -> None:
        """Make the charts of a part that are not there yet."""
        missing = [name for name in self._of(part) if name not in self.charts]
        for name in missing:
            chart = self.charts[name] = PLACES[name].make(self._light)
            for place in PLACES[name].parts:
                chart.view.add_class(f"ape-in-{place}")
            self._listen(name, chart)
        if missing:
            views = [self.charts[name].view for name in missing]
            self._grid.children = (*self._grid.children, *views)

    def _listen(self, name: str, chart: Any) -> None:
        """Draw a chart again when the reader chooses what it shows."""

        def again(_: Any) -> None:
            self.charts[name].draw(self._summary)

        if chart.card.year is not None:
            chart.card.on_year(guarded(self._reporter, again))
        if isinstance(chart, VisitsChart):
            chart.on_clock(guarded(self._reporter, again))


_PRESENT: Final = (
    '<button type="button" class="ape-present" title="Each chart fills the window; arrow keys lead '
    'to the next, Esc ends">Present</button>'
)
