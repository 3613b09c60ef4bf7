"""A panel behind a button, made when it is first unfolded: a page stays calm, and small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ipywidgets import ToggleButton, Widget

from widgets.errors import Reporter, guarded
from widgets.html import box, classed, set_class


class Panel(Protocol):
    """What a fold holds."""

    view: Widget

    def refresh(self) -> None:
        """Show the state of the session."""


class Fold:
    """Button that shows and hides a panel.

    Parameters
    ----------
    name
        What the button says.
    make
        Makes the panel.
    reporter
        Shows what goes wrong.
    """

    def __init__(self, name: str, make: Callable[[], Panel], reporter: Reporter) -> None:
        self._name = name
        self._make = make
        self.panel: Any = None
        self.toggle = classed(ToggleButton(description=name), "ape-fold-button")
        self.toggle.observe(guarded(reporter, self._pressed), names="value")
        self._place = box(classes="ape-fold-place ape-hidden")
        self.view = box(self.toggle, self._place, classes="ape-fold")

    def refresh(self, n_changed: int = 0) -> None:
        """Say how much is changed behind the button, and show it, if it is unfolded."""
        said = f"{self._name} ({n_changed} changed)" if n_changed else self._name
        if self.toggle.description != said:
            self.toggle.description = said
        set_class(self.toggle, "is-changed", on=n_changed > 0)
        if self.toggle.value and self.panel is not None:
            self.panel.refresh()

    def _pressed(self, _: Any) -> None:
        """Show or hide the panel."""
        if self.toggle.value and self.panel is None:
            self.panel = self._make()
            self._place.children = (self.panel.view,)
        set_class(self._place, "ape-hidden", on=not self.toggle.value)
        if self.toggle.value:
            self.panel.refresh()
