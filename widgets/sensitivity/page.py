"""The page of sensitivity: what the answer to a question depends on."""

from __future__ import annotations

from pathlib import Path

from ipywidgets import Widget

from widgets.charts.terms import glossary
from widgets.errors import guarded
from widgets.html import box, html
from widgets.page import runs_in_address
from widgets.run_page import RunPage
from widgets.sensitivity.draws import DrawsPanel
from widgets.sensitivity.form import BaseForm
from widgets.sensitivity.response import ResponsePanel
from widgets.sensitivity.session import KINDS, SensitivitySession
from widgets.sensitivity.title import TitlePanel
from widgets.sensitivity.tornado import TornadoPanel


class SensitivityPage(RunPage[SensitivitySession]):
    """Everything on the page.

    Parameters
    ----------
    run_id
        Run whose question is the base case; by default the one that the address names with
        `?run=`, or else a first question.
    store
        Folder of runs; by default the user's.
    light
        Make the light page; by default when the address of the page asks for it.
    """

    name = "sensitivity"
    toggle = "Choose the base case"
    rules = Path(__file__).parent / "sensitivity.css"

    def arrive(self) -> None:
        """Show the run that the link names, the first of several, or what was varied last."""
        asked = self._asked_run or next(iter(runs_in_address()), "")
        self.session.arrive(asked)

    def make_session(self, store: str | Path | None) -> SensitivitySession:
        """Make the state of the page."""
        return SensitivitySession(store)

    def make_panels(self) -> None:
        """Make every panel of the main column once."""
        session, draw = self.session, self.draw
        self._title = TitlePanel(session, draw)
        self._tornado = TornadoPanel(session, draw)
        self._response = ResponsePanel(session, draw)
        self._draws = DrawsPanel(session, draw)
        self._cards = (self._tornado, self._response, self._draws)
        self._panels = [self._title, *self._cards]

    def make_folds(self) -> list[Widget]:
        """Make the form."""
        self._form = BaseForm(self.session, self.draw)
        self._panels.append(self._form)
        return [self._form.view]

    def head(self) -> list[Widget]:
        """Give what is varied."""
        return [self._title.head]

    def main(self) -> list[Widget]:
        """Give the base case, and the three ways to vary it."""
        cards = box(*(card.view for card in self._cards), classes="ape-charts")
        return [self._title.view, cards, html(value=glossary())]

    def draw_panels(self) -> None:
        """Show the state of the session; draw the charts only when something arrived."""
        session = self.session
        self.refresh_panels()
        self.fold_for(session.run_id)
        known = [(id(session.studies.get(kind)), self._n_done(kind)) for kind in KINDS]
        drawn = (session.run_id, session.outcome, session.year, session.breadth, *known)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        for card in self._cards:
            guarded(session, card.draw)()

    def window_title(self) -> str:
        """How far the runs are, and what the page is."""
        states = [state for state in self.session.states.values() if state.status == "running"]
        share = sum(state.share for state in states) / len(states) if states else 1.0
        return f"{f'{100 * share:.0f}% ' if states else ''}Sensitivity - APE"

    def _n_done(self, kind: str) -> int:
        """Runs of one of the three that are complete."""
        state = self.session.state(kind)
        return state.n_done if state else -1
