"""The page of validation: all panels, composed, and kept up to date by the pulse."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ipywidgets import Box, ToggleButton

from widgets.caveat import caveat, caveat_short
from widgets.cells import replace
from widgets.closing import close_all
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class
from widgets.navigation import links, mode
from widgets.notice import NoticePanel
from widgets.page import is_page, light_in_address
from widgets.pulse import LIGHT_TICK_MS, TICK_MS, Pulse
from widgets.theme import stylesheet
from widgets.title import brand
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


class ValidationPage:
    """Everything on the page.

    Parameters
    ----------
    session
        What is computed, and how far it is.
    light
        Make the light page, in one column and counting half as often; by default when the address
        of the page asks for it.
    """

    def __init__(self, session: ValidationSession, *, light: bool | None = None) -> None:
        self.session = session
        self._light = light_in_address() if light is None else light
        self._drawn: tuple[bool, bool, str] | None = None
        self._make_panels()
        self._pulse = Pulse(self.refresh, LIGHT_TICK_MS if self._light else TICK_MS)
        self.view = self._compose()
        guarded(session, session.arrive)()
        self.draw()
        replace(self)

    def _ipython_display_(self) -> None:
        """Show the page as the result of a cell, and begin to count."""
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]
        self._pulse.begin()

    def refresh(self) -> None:
        """Read what changed, and show it."""
        if not self.session.is_settled:
            guarded(self.session, self.session.refresh)()
        self.draw()

    def draw(self) -> None:
        """Show the state of the session; draw only what is not drawn yet."""
        self._progress.refresh()
        session = self.session
        known = (session.validation is not None, session.records is not None, session.problem)
        if known != self._drawn:
            self._drawn = known
            guarded(session, self._draw_panels)()
        self._notices.refresh()
        self._pulse.beat("Validation - APE")

    def close(self) -> None:
        """Close every widget; what is being simulated goes on."""
        view = vars(self).pop("view", None)
        if view is None:
            return
        self._pulse.end()
        close_all(view)
        # A notebook keeps what its cells returned, and would keep all of this through it.
        vars(self).clear()

    def _make_panels(self) -> None:
        """Make every panel once."""
        self._progress = ValidationProgress(self.session, self.draw)
        self._notices = NoticePanel(self.session)
        self._records = RecordsPanel()
        self._goodness = GoodnessPanel()
        self._criteria = CriteriaPanel()
        self._targets = TargetsPanel(lambda handler: guarded(self.session, handler))
        self._misses = MissesPanel()
        self._courses = CoursesPanel()
        self._spreads = SpreadsPanel()
        self._parameters = ParametersPanel()

    def _draw_panels(self) -> None:
        """Draw everything that depends on what was computed."""
        session = self.session
        for panel in (self._goodness, self._criteria, self._misses, self._targets, self._courses):
            panel.draw(session.validation)
        self._spreads.draw(session.validation, session.records)
        self._records.draw(session.records, session.records_path, session.problem)

    def _compose(self) -> Box:
        """Arrange the panels."""
        toggle = classed(ToggleButton(description="Patient-level records"), "ape-toggle ape-button")
        side = box(
            html(value=brand() + links("validation")), toggle,
            classed(self._records.view, "ape-folds"),
            html("ape-folds", value=caveat_short()), html(value=contents()), classes="ape-side",
        )  # fmt: skip
        toggle.observe(lambda change: set_class(side, "ape-open", on=change.new), names="value")
        cards = (
            self._criteria, self._misses, self._targets, self._courses, self._spreads,
            self._parameters,
        )  # fmt: skip
        main = box(
            box(html(value=TITLE), self._progress.view, classes="ape-head"),
            self._notices.view, self._goodness.view,
            box(*(card.view for card in cards), classes="ape-charts"),
            html(value=f'<p class="ape-caveat">{FITTED}</p>{caveat()}'),
            html(value=mode(light=self._light)),
            classes="ape-main",
        )  # fmt: skip
        # The template of a page holds the rules of the theme already.
        rules = page_rules() if is_page() else stylesheet() + page_rules()
        style = html("ape-unseen", value=f"<style>{rules}</style>")
        frame = box(side, main, classes="ape-frame ape-validation")
        classes = "ape ape-light" if self._light else "ape"
        return box(style, self._pulse.view, self._pulse.play, frame, classes=classes)


def page_rules() -> str:
    """Rules of this page, which come after those of the theme."""
    return (Path(__file__).parent / "validation.css").read_text(encoding="utf-8")
