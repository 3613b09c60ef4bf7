"""The dashboard: one question, its run, and the story that the run tells.

The light page has fewer charts with fewer points.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ipywidgets import Widget

from widgets.charts.story import Story
from widgets.controls import ControlsPanel
from widgets.errors import guarded
from widgets.headline import HeadlinePanel
from widgets.memory_panel import MemoryPanel
from widgets.package_panel import PackagePanel
from widgets.progress import ProgressPanel
from widgets.report_panel import ReportPanel, shown_run
from widgets.run_list import RunListPanel
from widgets.run_page import RunPage
from widgets.session import Session
from widgets.title import TitlePanel


class Dashboard(RunPage[Session]):
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

    name = "dashboard"
    toggle = "Ask a question, open a run"
    rules = Path(__file__).parent / "editor" / "editor.css"

    def make_session(self, store: str | Path | None) -> Session:
        """Make the state of the page."""
        return Session(store)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        self._hurried_for = ""
        self._title = TitlePanel(self.session)
        self._progress = ProgressPanel(self.session)
        self._headline = HeadlinePanel()
        self._panels = [self._title, self._progress]
        self._story = Story(self.session, light=self.light)

    def make_folds(self) -> list[Widget]:
        """Make the form, the gauge, the list of runs and what packs and unpacks them."""
        self._controls = ControlsPanel(self.session, self.draw)
        self._run_list = RunListPanel(self.session, self.draw)
        self._memory = MemoryPanel(self.session)
        self._packages = PackagePanel(self.session, self.draw)
        self._report = ReportPanel(self.session, self.draw, partial(shown_run, self.session))
        folds: list[Any] = [
            self._controls, self._memory, self._run_list, self._report, self._packages
        ]  # fmt: skip
        self._panels += folds
        return [panel.view for panel in folds]

    def head(self) -> list[Widget]:
        """Give the title of the run, and how far it is."""
        return [self._title.view, self._progress.view]

    def main(self) -> list[Widget]:
        """Give the figures and the charts."""
        return [self._headline.view, *self._story.view]

    def draw_panels(self) -> None:
        """Show the state of the session."""
        self.refresh_panels()
        self.fold_for(self.session.run_id)
        self._draw_charts()
        self._hurry_once()

    def window_title(self) -> str:
        """How far the run is, and what it is about."""
        return _window_title(self.session)

    def _hurry_once(self) -> None:
        """Show the first figures of a run as soon as they are there, not at the next count."""
        session = self.session
        if session.run_id != self._hurried_for and session.summary is None and session.is_working:
            self._hurried_for = session.run_id
            self._pulse.hurry(lambda: session.summary is None and session.is_working)

    def _draw_charts(self) -> None:
        """Draw the charts, unless they show the very same summary already."""
        session = self.session
        self._story.expect(figures=session.summary is not None or session.is_working)
        drawn = (session.run_id, session.summary.n_patients if session.summary else None)
        if drawn != self._drawn:
            self._drawn = drawn
            guarded(session, self._headline.draw)(session.summary)
            self._story.draw(session.summary, session.run_id)


def _window_title(session: Session) -> str:
    """Title of the window: how far the run is, and what it is about."""
    if session.shown is None:
        return "APE: AMD Protocol Explorer"
    progress = session.progress
    running = progress is not None and progress.status == "running"
    ahead = f"{100 * progress.share:.0f}% " if progress is not None and running else ""
    return f"{ahead}{session.shown.protocol.title} - APE"
