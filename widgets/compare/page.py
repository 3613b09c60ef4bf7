"""The page that compares protocols: the answer in words, and everything that it rests on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ipywidgets import Widget

from widgets.compare.choice import ChoicePanel
from widgets.compare.courses import CoursesChart
from widgets.compare.forest import ForestPanel
from widgets.compare.headline import HeadlinePanel
from widgets.compare.outcomes import OutcomesPanel
from widgets.compare.pairing import PairingPanel
from widgets.compare.session import CompareSession
from widgets.compare.tradeoff import TradeoffChart
from widgets.errors import guarded
from widgets.html import box, set_class
from widgets.report_panel import ReportPanel, shown_comparison
from widgets.several.chooser import ChooserPanel
from widgets.several.page import STYLE, SeveralPage
from widgets.several.progress import SeveralProgress


class ComparePage(SeveralPage[CompareSession]):
    """Everything on the page."""

    name = "compare"
    title = "Compare"
    toggle = "Choose protocols"
    shared = (STYLE,)
    rules = Path(__file__).parent / "compare.css"

    def make_session(self, store: str | Path | None) -> CompareSession:
        """Make the state of the page."""
        return CompareSession(store)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        self._choice = ChoicePanel(self.session, self.draw)
        self._progress = SeveralProgress(self.session, self.draw)
        self._headline = HeadlinePanel()
        self._panels = [self._choice, self._progress]
        light = self.light
        self._charts: tuple[Any, ...] = (
            CoursesChart("Acuity over time", "letters_change", light=light),
            CoursesChart("Injections over time", "injections", light=light),
            ForestPanel(),
            TradeoffChart(),
            PairingPanel(),
            OutcomesPanel(),
        )

    def make_folds(self) -> list[Widget]:
        """Make the form."""
        self._chooser = ChooserPanel(self.session, self.draw, react=self.react)
        shown = partial(shown_comparison, self.session)
        self._report = ReportPanel(self.session, self.draw, shown)
        self._panels += [self._chooser, self._report]
        return [self._chooser.view, self._report.view]

    def head(self) -> list[Widget]:
        """Give what is compared, and how far the runs are."""
        return [self._choice.head, self._progress.view]

    def main(self) -> list[Widget]:
        """Give the answer in words, then the charts."""
        charts = box(*(chart.view for chart in self._charts), classes="ape-charts")
        self._answer = charts
        return [self._choice.view, self._headline.view, charts]

    def react(self) -> None:
        """Show that a comparison is about to start: what it is of, and that figures are old."""
        self._choice.show_title()
        self._progress.refresh()
        self._dim(on=True)

    def _dim(self, *, on: bool) -> None:
        """Show the answer as one to an earlier question, or as that of the title."""
        for view in (self._choice.view, self._headline.view, self._answer):
            set_class(view, "is-old", on=on)

    def draw_panels(self) -> None:
        """Show the state of the session; draw only what changed."""
        self._dim(on=False)
        self.refresh_panels()
        self.fold_for(self.session.run_ids)
        set_class(self._answer, "is-damaged", on=self.session.damage is not None)
        self._draw_answer()

    def _draw_answer(self) -> None:
        """Draw the figures, unless they are drawn already."""
        session = self.session
        n_patients = session.paired.n_patients if session.paired else None
        drawn = (session.run_ids, n_patients, session.reference, session.year)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        for panel in (self._headline, *self._charts):
            guarded(session, panel.draw)(session)
