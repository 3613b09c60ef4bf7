"""The page of validation: all panels, composed, and kept up to date by the pulse."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ipywidgets import Widget

from widgets.errors import guarded
from widgets.frame import Page
from widgets.html import box, html
from widgets.validation.courses import CoursesPanel
from widgets.validation.criteria import CriteriaPanel
from widgets.validation.goodness import GoodnessPanel
from widgets.validation.headings import contents
from widgets.validation.misses import MissesPanel
from widgets.validation.parameters import ParametersPanel
from widgets.validation.progress import ValidationProgress
from widgets.validation.records_panel import RecordsPanel
from widgets.validation.session import ValidationSession
from widgets.validation.spreads import SpreadsPanel
from widgets.validation.targets import TargetsPanel

TITLE: Final = (
    '<div class="ape-title"><div><h2>Does the model agree with what was observed?</h2>'
    "<p>Published trial arms and routine care, each simulated at its own baseline.</p></div></div>"
)
FITTED: Final = (
    "Most of these figures are those to which the model was fitted: agreement shows that it can be "
    "right, not that it is. A test on other studies says more."
)
"""What agreement means here."""


class ValidationPage(Page[ValidationSession]):
    """Everything on the page.

    Parameters
    ----------
    session
        What is computed, and how far it is.
    light
        Make the light page, in one column and counting half as often; by default when the address
        of the page asks for it.
    """

    name = "validation"
    toggle = "Patient-level records"
    rules = Path(__file__).parent / "validation.css"

    def __init__(self, session: ValidationSession, *, light: bool | None = None) -> None:
        self._drawn: tuple[bool, bool, str] | None = None
        super().__init__(session, light=light)

    def make_panels(self) -> None:
        """Make every panel once."""
        self._progress = ValidationProgress(self.session, self.draw)
        self._records = RecordsPanel()
        self._goodness = GoodnessPanel()
        self._criteria = CriteriaPanel()
        self._targets = TargetsPanel(lambda handler: guarded(self.session, handler))
        self._misses = MissesPanel()
        self._courses = CoursesPanel()
        self._spreads = SpreadsPanel()
        self._parameters = ParametersPanel()

    def make_folds(self) -> list[Widget]:
        """Give where records come from."""
        return [self._records.view]

    def side_end(self) -> list[Widget]:
        """Give what is where on the page."""
        return [html(value=contents())]

    def head(self) -> list[Widget]:
        """Give the question of the page, and how far its answer is."""
        return [html(value=TITLE), self._progress.view]

    def main(self) -> list[Widget]:
        """Give the verdict, then everything that it rests on."""
        cards = (
            self._criteria, self._misses, self._targets, self._courses, self._spreads,
            self._parameters,
        )  # fmt: skip
        charts = box(*(card.view for card in cards), classes="ape-charts")
        return [self._goodness.view, charts, html(value=f'<p class="ape-caveat">{FITTED}</p>')]

    def arrive(self) -> None:
        """Show what is kept; have computed what is not."""
        self.session.arrive()

    def draw_panels(self) -> None:
        """Show the state of the session; draw only what is not drawn yet."""
        self._progress.refresh()
        session = self.session
        known = (session.validation is not None, session.records is not None, session.problem)
        if known != self._drawn:
            self._drawn = known
            self._draw_answer()

    def window_title(self) -> str:
        """Title of the window."""
        return "Validation - APE"

    def _draw_answer(self) -> None:
        """Draw everything that depends on what was computed."""
        session = self.session
        for panel in (self._goodness, self._criteria, self._misses, self._targets, self._courses):
            panel.draw(session.validation)
        self._spreads.draw(session.validation, session.records)
        self._records.draw(session.records, session.records_path, session.problem)
