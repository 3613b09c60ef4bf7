"""A page that shows several runs of the same patients."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from widgets.frame import Page
from widgets.page import run_in_address, runs_in_address
from widgets.several.session import SeveralSession

STYLE: Final = Path(__file__).parent / "several.css"
"""Rules of what stands in this folder."""

AnySeveralSession = TypeVar("AnySeveralSession", bound=SeveralSession)


class SeveralPage(Page[AnySeveralSession]):
    """Begins with the runs of a link, and names in its address the runs that it shows.

    Parameters
    ----------
    run_ids
        Runs to begin with; by default those that the address names with `?runs=a,b,c`.
    store
        Folder of runs; by default the user's.
    light
        Make the light page; by default when the address of the page asks for it.
    """

    title: ClassVar[str]
    """What the window is called."""

    def __init__(
        self,
        run_ids: Sequence[str] | None = None,
        store: str | Path | None = None,
        *,
        light: bool | None = None,
    ) -> None:
        self._asked_runs = runs_in_address() if run_ids is None else tuple(run_ids)
        self._drawn: tuple[Any, ...] = ()
        super().__init__(self.make_session(store), light=light)

    @abstractmethod
    def make_session(self, store: str | Path | None) -> AnySeveralSession:
        """Make the state of the page."""

    def arrive(self) -> None:
        """Show the runs that the link names, or the newest, or the answer to a first question."""
        self.session.arrive(self._asked_runs, run_in_address())

    def window_title(self) -> str:
        """How far the runs are, and what the page is."""
        progress = self.session.progress
        share = sum(item.share for item in progress) / len(progress) if progress else 1.0
        ahead = f"{100 * share:.0f}% " if not self.session.is_settled else ""
        return f"{ahead}{self.title} - APE"

    def address(self) -> dict[str, str]:
        """The runs that are shown."""
        runs = ",".join(run_id[:12] for run_id in self.session.run_ids)
        return {"runs": runs} if runs else {}
