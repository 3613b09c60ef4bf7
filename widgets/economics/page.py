"""The page of economics: the answer in words, the charts, and the prices that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ipywidgets import Widget

from widgets.compare.page import runs_in_address
from widgets.economics.answer import (
    TablePanel,
    TitlePanel,
    answer_markup,
    answer_tables,
    caveats_markup,
)
from widgets.economics.costs import CostsPanel, QalysPanel, YearsPanel
from widgets.economics.inputs import InputsPanel
from widgets.economics.session import EconomicsSession
from widgets.economics.uncertainty import AcceptabilityPanel, PlanePanel
from widgets.economics.value import ValuePanel
from widgets.errors import guarded
from widgets.frame import Page
from widgets.html import box, html
from widgets.page import run_in_address
from widgets.several.chooser import ChooserPanel
from widgets.several.progress import SeveralProgress

_WIDGETS = Path(__file__).parent.parent


class EconomicsPage(Page[EconomicsSession]):
    """Everything on the page.

    Parameters
    ----------
    run_ids
        Runs to begin with; by default those that the address names with `?runs=a,b,c`.
    store
        Folder of runs; by default the user's.
    light
        Make the light page; by default when the address of the page asks for it.
    """

    name = "economics"
    toggle = "Choose protocols and prices"
    shared = (_WIDGETS / "several" / "several.css", _WIDGETS / "compare" / "compare.css")
    rules = _WIDGETS / "economics" / "economics.css"

    def __init__(
        self,
        run_ids: Sequence[str] | None = None,
        store: str | Path | None = None,
        *,
        light: bool | None = None,
    ) -> None:
        self._asked_runs = runs_in_address() if run_ids is None else tuple(run_ids)
        self._drawn: tuple[Any, ...] = ()
        self._folded_for: tuple[str, ...] = ()
        super().__init__(EconomicsSession(store), light=light)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        plane = PlanePanel(self.session, self.draw)
        best = AcceptabilityPanel(self.session, self.draw)
        self._title = TitlePanel(self.session, self.draw, best.choice, plane.choice)
        self._progress = SeveralProgress(self.session, self.draw)
        self._panels: list[Any] = [self._title, self._progress]
        self._answer, self._caveats = html(), html()
        self._charts: tuple[Any, ...] = (
            CostsPanel(),
            plane,
            best,
            ValuePanel(),
            YearsPanel(),
            QalysPanel(),
        )
        self._tables = (
            TablePanel("Full incremental analysis", "In the order of cost; discounted."),
            TablePanel("Beside the reference", "Paired by patients; intervals are 95% ones."),
            TablePanel("Net benefit", "Worth of the QALYs gained, less the additional cost."),
        )

    def make_folds(self) -> list[Widget]:
        """Make the two forms."""
        self._chooser = ChooserPanel(self.session, self.draw)
        self._inputs = InputsPanel(self.session, self.draw)
        self._panels += [self._chooser, self._inputs]
        return [self._chooser.view, self._inputs.view]

    def head(self) -> list[Widget]:
        """Give what is compared, and how far the runs are."""
        return [self._title.head, self._progress.view]

    def main(self) -> list[Widget]:
        """Give the answer in words, then charts and tables."""
        cards = box(*(card.view for card in (*self._charts, *self._tables)), classes="ape-charts")
        return [self._title.view, self._answer, cards, self._caveats]

    def arrive(self) -> None:
        """Show the runs that the link names, or the newest, or the answer to a first question."""
        self.session.arrive(self._asked_runs, run_in_address())

    def draw_panels(self) -> None:
        """Show the state of the session; draw only what changed."""
        for panel in self._panels:
            guarded(self.session, panel.refresh)()
        if self.session.run_ids != self._folded_for:
            self._folded_for = self.session.run_ids
            self.fold()
        drawn = (self.session.version, self.session.drawn, self.session.run_ids)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw_answer()

    def window_title(self) -> str:
        """How far the runs are, and what the page is."""
        progress = self.session.progress
        share = sum(item.share for item in progress) / len(progress) if progress else 1.0
        ahead = f"{100 * share:.0f}% " if not self.session.is_settled else ""
        return f"{ahead}Economics - APE"

    def address(self) -> dict[str, str]:
        """The runs that are shown."""
        runs = ",".join(run_id[:12] for run_id in self.session.run_ids)
        return {"runs": runs} if runs else {}

    def _draw_answer(self) -> None:
        """Draw the figures."""
        session = self.session
        self._answer.value = answer_markup(session)
        self._caveats.value = caveats_markup(session)
        for chart in self._charts:
            guarded(session, chart.draw)(session)
        for panel, table in zip(self._tables, answer_tables(session), strict=True):
            guarded(session, panel.draw)(table, session.names)
