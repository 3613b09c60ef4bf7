"""The page of economics: the answer in words, the charts, and the prices that it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ipywidgets import Widget

from widgets.economics.answer import (
    TablePanel,
    TitlePanel,
    answer_markup,
    answer_tables,
    caveats_markup,
)
from widgets.economics.costs import CostsPanel, QalysPanel, YearsPanel
from widgets.economics.inputs import InputsPanel
from widgets.economics.reported import EconomicsReportPanel
from widgets.economics.session import EconomicsSession
from widgets.economics.sources import SourcesPanel
from widgets.economics.uncertainty import AcceptabilityPanel, PlanePanel
from widgets.economics.value import ValuePanel
from widgets.errors import guarded
from widgets.html import box, html, set_class
from widgets.several.chooser import ChooserPanel
from widgets.several.page import STYLE, SeveralPage
from widgets.several.progress import SeveralProgress

_WIDGETS = Path(__file__).parent.parent


class EconomicsPage(SeveralPage[EconomicsSession]):
    """Everything on the page."""

    name = "economics"
    title = "Economics"
    toggle = "Choose protocols and prices"
    shared = (
        STYLE,
        _WIDGETS / "compare" / "compare.css",
        _WIDGETS / "sensitivity" / "sensitivity.css",
    )
    rules = _WIDGETS / "economics" / "economics.css"

    def make_session(self, store: str | Path | None) -> EconomicsSession:
        """Make the state of the page."""
        return EconomicsSession(store)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        plane = PlanePanel(self.session, self.draw)
        best = AcceptabilityPanel(self.session, self.draw)
        self._title = TitlePanel(self.session, self.draw, best.choice, plane.choice)
        self._progress = SeveralProgress(self.session, self.draw)
        sources = SourcesPanel(self.session, self.draw)
        self._panels = [self._title, self._progress, sources]
        self._answer, self._caveats = html(), html()
        self._charts: tuple[Any, ...] = (
            CostsPanel(),
            plane,
            best,
            ValuePanel(),
            sources,
            YearsPanel(),
            QalysPanel(),
        )
        self._tables = (
            TablePanel("Full incremental analysis", "In the order of cost; discounted."),
            TablePanel("Beside the reference", "Paired by patients; intervals are 95% ones."),
            TablePanel("Net benefit", "Worth of the QALYs gained, less the additional cost."),
        )

    def make_folds(self) -> list[Widget]:
        """Make the two forms, and the button of the report."""
        self._chooser = ChooserPanel(self.session, self.draw)
        self._inputs = InputsPanel(self.session, self.draw)
        self._report = EconomicsReportPanel(self.session, self.draw)
        self._panels += [self._chooser, self._inputs, self._report]
        return [self._chooser.view, self._inputs.view, self._report.view]

    def head(self) -> list[Widget]:
        """Give what is compared, and how far the runs are."""
        return [self._title.head, self._progress.view]

    def main(self) -> list[Widget]:
        """Give the answer in words, then charts and tables."""
        views = (card.view for card in (*self._charts, *self._tables))
        self._cards = box(*views, classes="ape-charts")
        return [self._title.view, self._answer, self._cards, self._caveats]

    def draw_panels(self) -> None:
        """Show the state of the session; draw only what changed."""
        self.refresh_panels()
        self.fold_for(self.session.run_ids)
        session = self.session
        study, is_damaged = session.study, session.damage is not None
        drawn = (session.version, session.drawn, study.n_complete, session.run_ids, is_damaged)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw_answer()

    def _draw_answer(self) -> None:
        """Draw the figures."""
        session = self.session
        nothing = session.comparison is None or session.damage is not None or session.refusal
        set_class(self._cards, "ape-hidden", on=bool(nothing))
        self._answer.value = answer_markup(session)
        self._caveats.value = caveats_markup(session)
        for chart in self._charts:
            guarded(session, chart.draw)(session)
        for panel, table in zip(self._tables, answer_tables(session), strict=True):
            guarded(session, panel.draw)(table, session.names)
