"""The dashboard: all panels, composed, and the pulse that keeps them up to date.

The page pulls. With each count of the pulse the kernel reads the progress and the summary of the
run and assigns what changed. When the page goes, the counting ends, and the kernel rests and can be
culled. Nothing here runs in a thread.

The light page, for phones and weak machines, has fewer charts with fewer points, counts half as
often, and makes the form and the list of runs only when they are unfolded.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

from ipywidgets import Box, ToggleButton

from widgets.caveat import caveat, caveat_short
from widgets.cells import replace
from widgets.charts.acuity import AcuityChart
from widgets.charts.change import ChangeChart
from widgets.charts.in_words import change_card, intervals_card
from widgets.charts.injections import InjectionsChart
from widgets.charts.intervals import IntervalsChart
from widgets.charts.retention import RetentionChart
from widgets.closing import close_all
from widgets.controls import ControlsPanel
from widgets.errors import guarded
from widgets.headline import HeadlinePanel
from widgets.html import box, classed, html, set_class
from widgets.memory_panel import MemoryPanel
from widgets.navigation import links, mode
from widgets.notice import NoticePanel
from widgets.package_panel import PackagePanel
from widgets.page import is_page, light_in_address, run_in_address
from widgets.progress import ProgressPanel
from widgets.pulse import LIGHT_TICK_MS, TICK_MS, Pulse
from widgets.run_list import RunListPanel
from widgets.session import Session
from widgets.theme import stylesheet
from widgets.title import TitlePanel, brand

_PANELS_OF_MAIN: Final = 2
"""The title and the progress; the others stand in the side."""


class Dashboard:
    """Everything on the page.

    Parameters
    ----------
    run_id
        Run to begin with; by default the one that the address of the page names with `?run=`.
    store
        Folder of runs; by default the user's.
    light
        Make the light page; by default when the address of the page asks for it.
    """

    def __init__(
        self,
        run_id: str | None = None,
        store: str | Path | None = None,
        *,
        light: bool | None = None,
    ) -> None:
        self.session = Session(store)
        self._light = light_in_address() if light is None else light
        self._drawn: tuple[Any, ...] = ()
        self._folded_for = ""
        self._pulse = Pulse(self.refresh, LIGHT_TICK_MS if self._light else TICK_MS)
        self._make_panels()
        self.view = self._compose()
        arrive = guarded(self.session, self.session.arrive)
        arrive(run_in_address() if run_id is None else run_id)
        self.refresh()
        replace(self)

    def _ipython_display_(self) -> None:
        """Show the dashboard as the result of a cell, and begin to count."""
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]
        self._pulse.begin()

    def refresh(self) -> None:
        """Read what changed, and show it."""
        guarded(self.session, self.session.refresh)()
        self.draw()

    def draw(self) -> None:
        """Show the state of the session."""
        for panel in self._panels:
            guarded(self.session, panel.refresh)()
        self._fold()
        self._draw_charts()
        self._notices.refresh()
        self._pulse.beat(_window_title(self.session), self.session.run_id[:12])

    def close(self) -> None:
        """Close every widget and let go of the run; the run itself goes on."""
        view = vars(self).pop("view", None)
        if view is None:
            return
        self._pulse.end()
        self.session.close()
        close_all(view)
        # A notebook keeps what its cells returned, and would keep all of this through it.
        vars(self).clear()

    def _make_panels(self) -> None:
        """Make every panel once."""
        self._title = TitlePanel(self.session)
        self._progress = ProgressPanel(self.session)
        self._notices = NoticePanel(self.session)
        self._headline = HeadlinePanel()
        self._panels: list[Any] = [self._title, self._progress]
        self._acuity = AcuityChart(light=self._light)
        self._retention = RetentionChart(light=self._light)
        self._injections = InjectionsChart()
        self._change, self._intervals = self._make_distributions()
        self._charts: tuple[Any, ...] = (
            self._acuity, self._retention, self._change, self._injections, self._intervals
        )  # fmt: skip

    def _make_distributions(self) -> tuple[Any, Any]:
        """Make the charts with a bar for each value, or on a light page their figures alone."""
        if self._light:
            return change_card(), intervals_card()
        change, intervals = ChangeChart(), IntervalsChart()
        for chart in (change, intervals):
            chart.card.on_year(guarded(self.session, self._year_chosen))
        return change, intervals

    def _make_folds(self) -> list[Any]:
        """Make what stands in the side, and on a narrow page is folded away."""
        self._controls = ControlsPanel(self.session, self.draw)
        self._run_list = RunListPanel(self.session, self.draw)
        self._memory = MemoryPanel(self.session)
        self._packages = PackagePanel(self.session, self.draw)
        folds: list[Any] = [self._controls, self._memory, self._run_list, self._packages]
        self._panels += folds
        return [classed(panel.view, "ape-folds") for panel in folds]

    def _compose(self) -> Box:
        """Arrange the panels."""
        toggle = ToggleButton(description="Ask a question, open a run")
        self._toggle = classed(toggle, "ape-toggle ape-button")
        folds = [] if self._light else self._make_folds()
        side = box(
            html(value=brand() + links("dashboard")), toggle, *folds,
            html("ape-folds", value=caveat_short()),
            classes="ape-side",
        )  # fmt: skip
        toggle.observe(guarded(self.session, partial(self._unfold, side)), names="value")
        main = box(
            box(self._title.view, self._progress.view, classes="ape-head"),
            self._notices.view, self._headline.view,
            box(*(chart.view for chart in self._charts), classes="ape-charts"),
            html(value=mode(light=self._light)), html(value=caveat()),
            classes="ape-main",
        )  # fmt: skip
        # The template of a page holds the rules already.
        style = html("ape-unseen", value="" if is_page() else f"<style>{stylesheet()}</style>")
        frame = box(side, main, classes="ape-frame")
        classes = "ape ape-light" if self._light else "ape"
        return box(style, self._pulse.view, self._pulse.play, frame, classes=classes)

    def _unfold(self, side: Box, change: Any) -> None:
        """Show the form and the list of runs, which a light page makes only now, or hide them."""
        if len(self._panels) == _PANELS_OF_MAIN:
            first, toggle, *rest = side.children
            side.children = (first, toggle, *self._make_folds(), *rest)
            self.draw()
        set_class(side, "ape-open", on=change.new)

    def _fold(self) -> None:
        """Fold the form away when it has done its work: another run is shown."""
        if self.session.run_id != self._folded_for:
            self._folded_for = self.session.run_id
            self._toggle.value = False

    def _draw_charts(self) -> None:
        """Draw the charts, unless they show the very same summary already."""
        session = self.session
        drawn = (session.run_id, session.summary.n_patients if session.summary else None)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        for chart in (self._headline, *self._charts):
            guarded(session, chart.draw)(session.summary)

    def _year_chosen(self, _: Any) -> None:
        """Draw the charts of one year again."""
        for chart in (self._change, self._intervals):
            chart.draw(self.session.summary)


def _window_title(session: Session) -> str:
    """Title of the window: how far the run is, and what it is about."""
    if session.shown is None:
        return "APE: AMD Protocol Explorer"
    progress = session.progress
    running = progress is not None and progress.status == "running"
    ahead = f"{100 * progress.share:.0f}% " if progress is not None and running else ""
    return f"{ahead}{session.shown.protocol.title} - APE"
