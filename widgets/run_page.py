"""A page that shows one run, or what follows from its question."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, Protocol, TypeVar

from widgets.frame import Page, PageSession
from widgets.page import run_in_address


class RunSession(PageSession, Protocol):
    """State of a page that shows one run."""

    @property
    def run_id(self) -> str:
        """The run that is shown; empty when there is none."""

    def arrive(self, run_id: str = "") -> None:
        """Begin with the run that a link names, or what is shown without a link."""


AnyRunSession = TypeVar("AnyRunSession", bound=RunSession)


class RunPage(Page[AnyRunSession]):
    """Begins with the run of a link, and names in its address the run that it shows.

    Parameters
    ----------
    run_id
        Run to begin with; by default the one that the address of the page names with `?run=`.
    store
        Folder of runs; by default the user's.
    light
        Make the light page; by default when the address of the page asks for it.
    """

    def __init__(
        self,
        run_id: str | None = None,
        store: str | Path | None = None,
        *,
        light: bool | None = None,
    ) -> None:
        self._asked_run = run_in_address() if run_id is None else run_id
        self._drawn: tuple[Any, ...] = ()
        super().__init__(self.make_session(store), light=light)

    @abstractmethod
    def make_session(self, store: str | Path | None) -> AnyRunSession:
        """Make the state of the page."""

    def arrive(self) -> None:
        """Show the run that the link names, or what the session begins with."""
        self.session.arrive(self._asked_run)

    def address(self) -> dict[str, str]:
        """The run that is shown."""
        run = self.session.run_id[:12]
        return {"run": run} if run else {}
