"""What every page is made of: a side that can be folded away, the answer, and the pulse.

The page pulls. With each count of the pulse the kernel reads what changed and assigns it to what
is drawn already. When the page goes, the counting ends, and the kernel rests and can be culled.
Nothing here runs in a thread.

The light page, for phones and weak machines, counts half as often, and makes what is folded away
only when somebody unfolds it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, TypeVar

from ipywidgets import Box, ToggleButton, Widget

from widgets.caveat import caveat, caveat_short
from widgets.cells import replace
from widgets.charts.downloads import Downloads
from widgets.charts.menu import menu_script
from widgets.closing import close_all
from widgets.errors import Reporter, guarded
from widgets.first_view import MIME_TYPE, first_view
from widgets.html import box, classed, html, set_class
from widgets.navigation import links, mode
from widgets.notice import NoticePanel
from widgets.page import is_page, light_in_address
from widgets.pulse import LIGHT_TICK_MS, TICK_MS, Pulse
from widgets.theme import stylesheet
from widgets.title import brand

if TYPE_CHECKING:
    from widgets.session import Notice

_BEFORE_FOLDS: Final = 2
"""What stands in the side before what is folded away: the brand, and the button that unfolds."""


class PageSession(Reporter, Protocol):
    """State of a page: what is asked, what is shown, what went wrong. It knows of no widget."""

    notice: Notice | None

    def refresh(self) -> None:
        """Read anew what may have changed."""

    def close(self) -> None:
        """Let go of everything that is held in memory."""


AnySession = TypeVar("AnySession", bound=PageSession)


class Page(ABC, Generic[AnySession]):
    """Composes the panels of a page, and keeps them up to date.

    A page says what it is made of in `make_panels`, `make_folds`, `head` and `main`, and how the
    state of its session is shown in `draw_panels`.

    Parameters
    ----------
    session
        The state of the page.
    light
        Make the light page; by default when the address of the page asks for it.
    """

    name: ClassVar[str]
    """Name of the notebook, see `navigation.PAGES`."""
    toggle: ClassVar[str]
    """On a narrow page, what the button says that unfolds the side."""
    shared: ClassVar[tuple[Path, ...]] = ()
    """Style sheets that some pages share, which come before `rules`."""
    rules: ClassVar[Path | None] = None
    """Style sheet of this page alone, which comes after that of the theme."""

    def __init__(self, session: AnySession, *, light: bool | None = None) -> None:
        self.session = session
        self.light = light_in_address() if light is None else light
        self._pulse = Pulse(self.refresh, LIGHT_TICK_MS if self.light else TICK_MS)
        self._notices = NoticePanel(session)
        self._downloads = Downloads(lambda: self.view, session)
        self.has_folds = False
        self._panels: list[Any] = []
        self._folded_for: object = None
        self.make_panels()
        self.view = self._compose()
        guarded(session, self.arrive)()
        self.refresh()
        replace(self)

    # What a page says of itself.

    @abstractmethod
    def make_panels(self) -> None:
        """Make every panel of the main column once."""

    def make_folds(self) -> list[Widget]:
        """Make what stands in the side; a light page asks for it when it is first unfolded."""
        return []

    def side_end(self) -> list[Widget]:
        """Give what stands at the end of the side, folded or not."""
        return []

    @abstractmethod
    def head(self) -> list[Widget]:
        """Give the title, and what is going on beside it."""

    @abstractmethod
    def main(self) -> list[Widget]:
        """Give what stands below the head, in order."""

    @abstractmethod
    def arrive(self) -> None:
        """Show what the visitor came for."""

    @abstractmethod
    def draw_panels(self) -> None:
        """Show the state of the session; draw only what changed."""

    @abstractmethod
    def window_title(self) -> str:
        """Title of the window."""

    def address(self) -> dict[str, str]:
        """What the address of the page is to name, as `{"run": ...}` or `{"runs": "...,..."}`."""
        return {}

    # What all pages do.

    def _ipython_display_(self) -> None:
        """Show the page as the result of a cell, and begin to count."""
        from IPython.display import Javascript, display

        if is_page():  # its template holds the menu, and shows what it says before it is drawn
            display({MIME_TYPE: first_view(self.view)}, raw=True)  # type: ignore[no-untyped-call]
        else:
            display(Javascript(menu_script()))  # type: ignore[no-untyped-call]
        display(self.view)  # type: ignore[no-untyped-call]
        self._pulse.begin()

    def refresh(self) -> None:
        """Read what changed, and show it."""
        guarded(self.session, self.session.refresh)()
        self.draw()

    def draw(self) -> None:
        """Show the state of the session."""
        guarded(self.session, self.draw_panels)()
        self._notices.refresh()
        self._pulse.beat(self.window_title(), self.address())

    def close(self) -> None:
        """Close every widget and let go of what is held; runs go on."""
        view = vars(self).pop("view", None)
        if view is None:
            return
        self._pulse.end()
        self.session.close()
        close_all(view)
        # A notebook keeps what its cells returned, and would keep all of this through it.
        vars(self).clear()

    def refresh_panels(self) -> None:
        """Let every panel show the state of the session; a fault in one leaves the others."""
        for panel in self._panels:
            guarded(self.session, panel.refresh)()

    def fold_for(self, shown: object) -> None:
        """Fold the side away where it can be, once something else is shown: its work is done."""
        if shown != self._folded_for:
            self._folded_for = shown
            self._toggle.value = False

    def _compose(self) -> Box:
        """Arrange the panels."""
        # The template of a page holds the rules of the theme already.
        rules = "" if is_page() else stylesheet()
        sheets = (*self.shared, *([self.rules] if self.rules else []))
        rules += "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
        style = html("ape-unseen", value=f"<style>{rules}</style>" if rules else "")
        frame = box(self._side(), self._main(), classes=f"ape-frame ape-page-{self.name}")
        classes = "ape ape-light" if self.light else "ape"
        unseen = (style, self._pulse.view, self._pulse.play, self._downloads.view)
        return box(*unseen, frame, classes=classes)

    def _side(self) -> Box:
        """Brand, links, and what can be folded away."""
        self._toggle = classed(ToggleButton(description=self.toggle), "ape-toggle ape-button")
        folds = [] if self.light else self._folds()
        side = box(
            html(value=brand() + links(self.name)), self._toggle, *folds,
            html("ape-folds", value=caveat_short()), *self.side_end(), classes="ape-side",
        )  # fmt: skip
        unfold = guarded(self.session, lambda change: self._unfold(side, on=change.new))
        self._toggle.observe(unfold, names="value")
        return side

    def _main(self) -> Box:
        """Title, notices, the answer, and what to bear in mind."""
        return box(
            box(*self.head(), classes="ape-head"), self._notices.view, *self.main(),
            html(value=mode(light=self.light)), html(value=caveat()), classes="ape-main",
        )  # fmt: skip

    def _folds(self) -> list[Widget]:
        """Make what is folded away."""
        self.has_folds = True
        return [classed(widget, "ape-folds") for widget in self.make_folds()]

    def _unfold(self, side: Box, *, on: bool) -> None:
        """Show what is folded away, which a light page makes only now, or hide it."""
        if on and not self.has_folds:
            before, after = side.children[:_BEFORE_FOLDS], side.children[_BEFORE_FOLDS:]
            side.children = (*before, *self._folds(), *after)
            self.draw()
        set_class(side, "ape-open", on=on)
