"""The page that compares protocols: the answer in words, and everything that it rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from widgets.frame import Page
from widgets.html import box
from widgets.page import asked_in_address, run_in_address
from widgets.report_panel import ReportPanel, shown_comparison
from widgets.several.chooser import ChooserPanel
from widgets.several.progress import SeveralProgress

_HERE = Path(__file__).parent
_RUN = re.compile(r"[0-9a-f]{4,64}")


class ComparePage(Page[CompareSession]):
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

    name = "compare"
    toggle = "Choose protocols"
    shared = (_HERE.parent / "several" / "several.css",)
    rules = _HERE / "compare.css"

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
        super().__init__(CompareSession(store), light=light)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        self._choice = ChoicePanel(self.session, self.draw)
        self._progress = SeveralProgress(self.session, self.draw)
        self._headline = HeadlinePanel()
        self._panels: list[Any] = [self._choice, self._progress]
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
        self._chooser = ChooserPanel(self.session, self.draw)
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
        return [self._choice.view, self._headline.view, charts]

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
        self._draw_answer()

    def window_title(self) -> str:
        """How far the runs are, and what the page is."""
        progress = self.session.progress
        share = sum(item.share for item in progress) / len(progress) if progress else 1.0
        ahead = f"{100 * share:.0f}% " if not self.session.is_settled else ""
        return f"{ahead}Compare - APE"

    def address(self) -> dict[str, str]:
        """The runs that are shown."""
        runs = ",".join(run_id[:12] for run_id in self.session.run_ids)
        return {"runs": runs} if runs else {}

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


def runs_in_address() -> tuple[str, ...]:
    """Runs that the address of the page names with `?runs=`."""
    asked = asked_in_address("runs").split(",")
    return tuple(word for word in asked if _RUN.fullmatch(word))
