"""The page of a clinic's work: all panels, composed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ipywidgets import Widget

from widgets.errors import guarded
from widgets.html import box, set_class
from widgets.memory_panel import MemoryPanel
from widgets.progress import ProgressPanel
from widgets.run_list import RunListPanel
from widgets.run_page import RunPage
from widgets.service.about import AboutPanel
from widgets.service.activity import ActivityChart
from widgets.service.daily import DailyLoadChart
from widgets.service.form import ServiceForm
from widgets.service.needed import NeededCard
from widgets.service.plan_card import PlanCard
from widgets.service.roles import RolesChart
from widgets.service.session import ServiceSession
from widgets.service.slipping import SlippingChart
from widgets.service.slots import SlotsChart
from widgets.service.staff_use import StaffUseCard
from widgets.service.staffing_panel import StaffingPanel
from widgets.service.tiles import TilesPanel
from widgets.service.title import ServiceTitle
from widgets.service.weekdays import WeekdaysChart


class ServicePage(RunPage[ServiceSession]):
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

    name = "service"
    toggle = "Ask about a service, open a run"
    rules = Path(__file__).parent / "service.css"

    def make_session(self, store: str | Path | None) -> ServiceSession:
        """Make the state of the page."""
        return ServiceSession(store)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        session, draw = self.session, self.draw
        self._title = ServiceTitle(session)
        self._progress = ProgressPanel(session)
        self._panels = [self._title, self._progress]
        self._tiles, self._about = TilesPanel(session), AboutPanel(session)
        self._activity, self._roles = ActivityChart(session, draw), RolesChart(session)
        self._daily, self._weekdays = DailyLoadChart(session, draw), WeekdaysChart(session, draw)
        self._use, self._plan = StaffUseCard(session, draw), PlanCard(session)
        self._slots, self._slipping = SlotsChart(session), SlippingChart(session)
        self._needed, self._staffing = NeededCard(session, draw), StaffingPanel(session, draw)
        self._cards = (
            self._activity, self._roles, self._slots, self._slipping, self._needed, self._daily,
            self._weekdays, self._use, self._plan, self._staffing,
        )  # fmt: skip

    def make_folds(self) -> list[Widget]:
        """Make the form, the gauge and the list of runs."""
        self._form = ServiceForm(self.session, self.draw)
        self._memory = MemoryPanel(self.session)
        self._run_list = RunListPanel(self.session, self.draw)
        folds: list[Any] = [self._form, self._memory, self._run_list]
        self._panels += folds
        return [panel.view for panel in folds]

    def head(self) -> list[Widget]:
        """Give the title of the run, and how far it is."""
        return [self._title.view, self._progress.view]

    def main(self) -> list[Widget]:
        """Give the figures, the charts, the table and the clinic's own numbers."""
        cards = box(*(card.view for card in self._cards), classes="ape-charts")
        return [self._tiles.view, self._about.view, cards]

    def draw_panels(self) -> None:
        """Show the state of the session; draw the charts only when what they show has changed."""
        set_class(self.view, "ape-has-stopped", on=self.session.has_stopped)
        self.refresh_panels()
        self.fold_for(self.session.run_id)
        drawn = (self.session.version, self.session.year, self.session.looked_at)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        for panel in (self._tiles, self._about, *self._cards):
            guarded(self.session, panel.draw)()

    def window_title(self) -> str:
        """What the page is about."""
        shown = self.session.shown
        return f"{shown.protocol.title}: service - APE" if shown else "Service - APE"
