"""The dashboard: all panels, composed, and the pulse that keeps them up to date.

The page pulls. With each count of the pulse the kernel reads the progress and the summary of the
run and assigns what changed. When the page goes, the counting ends, and the kernel rests and can be
culled. Nothing here runs in a thread.

The light page, for phones and weak machines, has fewer charts with fewer points, counts half as
often, and makes the form and the list of runs only when they are unfolded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ipywidgets import Box, ToggleButton

from widgets.caveat import caveat, caveat_short
from widgets.cells import replace
from widgets.charts.acuity import AcuityChart
from widgets.charts.change import ChangeChart
from widgets.charts.injections import InjectionsChart
from widgets.charts.intervals import IntervalsChart
from widgets.charts.retention import RetentionChart
from widgets.closing import close_all
from widgets.controls import ControlsPanel
from widgets.errors import guarded
from widgets.headline import HeadlinePanel
from widgets.html import box, classed, html, set_class
from widgets.memory_panel import MemoryPanel
from widgets.navigation import links
from widgets.notice import NoticePanel
from widgets.package_panel import PackagePanel
from widgets.page import run_in_address
from widgets.progress import ProgressPanel
from widgets.pulse import Pulse
from widgets.run_list import RunListPanel
from widgets.session import Session
from widgets.theme import stylesheet
from widgets.title import TitlePanel, brand


class Dashboard:
    """Everything on the page.

    Parameters
    ----------
    run_id
        Run to begin with; by default the one that the address of the page names with `?run=`.
    store
        Folder of runs; by default the user's.
    """

    def __init__(self, run_id: str | None = None, store: str | Path | None = None) -> None:
        self.session = Session(store)
        self._drawn: tuple[Any, ...] = ()
        self._pulse = Pulse(self.refresh)
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
        self._controls = ControlsPanel(self.session, self.draw)
        self._title = TitlePanel(self.session)
        self._progress = ProgressPanel(self.session)
        self._notices = NoticePanel(self.session)
        self._headline = HeadlinePanel()
        self._run_list = RunListPanel(self.session, self.draw)
        self._memory = MemoryPanel(self.session)
        self._packages = PackagePanel(self.session, self.draw)
        self._acuity = AcuityChart()
        self._retention = RetentionChart()
        self._change = ChangeChart()
        self._injections = InjectionsChart()
        self._intervals = IntervalsChart()
        self._panels = (
            self._controls, self._title, self._progress, self._run_list, self._memory,
            self._packages,
        )  # fmt: skip
        self._charts = (
            self._acuity, self._retention, self._change, self._injections, self._intervals
        )  # fmt: skip
        for chart in (self._change, self._intervals):
            chart.card.on_year(guarded(self.session, self._year_chosen))

    def _compose(self) -> Box:
        """Arrange the panels."""
        toggle = classed(ToggleButton(description="Ask a question, open a run"), "ape-toggle")
        toggle.add_class("ape-button")
        side = box(
            html(value=brand() + links("dashboard")), toggle,
            *(classed(panel.view, "ape-folds")
              for panel in (self._controls, self._memory, self._run_list, self._packages)),
            html("ape-folds", value=caveat_short()),
            classes="ape-side",
        )  # fmt: skip
        toggle.observe(lambda change: set_class(side, "ape-open", on=change.new), names="value")
        main = box(
            box(self._title.view, self._progress.view, classes="ape-head"),
            self._notices.view, self._headline.view,
            box(*(chart.view for chart in self._charts), classes="ape-charts"),
            html(value=caveat()),
            classes="ape-main",
        )  # fmt: skip
        style = html("ape-unseen", value=f"<style>{stylesheet()}</style>")
        frame = box(side, main, classes="ape-frame")
        return box(style, self._pulse.view, self._pulse.play, frame, classes="ape")

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
