"""What is shown as a report: one file, made while the page goes on."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button

from ape_core.limits import MAX_DOWNLOAD_BYTES
from widgets import format as words
from widgets.errors import Reporter, guarded
from widgets.html import box, classed, html, text
from widgets.kept_report import KeptReport
from widgets.reported import Reported

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.session import Session
    from widgets.several.session import SeveralSession

_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_WAITING: Final = (
    '<p class="ape-help" role="status">The report is being made, which takes some seconds.</p>'
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows, of which a report can be made.

    Attributes
    ----------
    store
        Folder of runs.
    what
        What would be reported.
    name
        What the file of the reader is to be called.
    """

    store: Path
    what: Reported
    name: str


class ReportPanel:
    """A button, and below it the file once it is there.

    Parameters
    ----------
    session
        Told what goes wrong.
    draw
        Shows what was changed.
    shown
        Says what the page shows; None while there is nothing complete.
    """

    def __init__(
        self, session: Reporter, draw: Callable[[], None], shown: Callable[[], Shown | None]
    ) -> None:
        self._draw, self._shown = draw, shown
        self._asked: tuple[Shown, KeptReport] | None = None
        self._offered: Shown | None = None
        self._outcome = html()
        self._button = classed(Button(description="Make a report"), "ape-button")
        self._button.on_click(guarded(session, self._pressed))
        self.view = box(
            html(value='<h2>Report</h2><p class="ape-help">Question, outcomes, charts, caveats '
                 "and how to repeat it, as one file.</p>"),
            self._button, self._outcome, classes="ape-runs ape-package",
        )  # fmt: skip

    def refresh(self) -> None:
        """Look how far the report is that was asked for; forget that of what is not shown."""
        shown = self._shown()
        if self._offered not in (None, shown):
            self._asked, self._offered, self._outcome.value = None, None, ""
        self._button.disabled = shown is None or self._asked is not None
        if self._asked is None:
            return
        state = self._asked[1].state()
        if state.status == "running":
            return
        report, self._asked = self._asked[1], None
        self._button.disabled = False
        if state.status == "complete":
            self._offer(report)
        else:
            said = f"{state.error} {state.hint}".strip() or "The report was not finished."
            self._outcome.value = f'<p class="ape-blocked" role="alert">{text(said)}</p>'

    def _pressed(self, _: Any) -> None:
        """Have the report made."""
        shown = self._shown()
        if shown is None:
            return
        report = KeptReport(shown.store, shown.what)
        report.start()
        self._asked, self._offered, self._outcome.value = (shown, report), shown, _WAITING
        self._draw()

    def _offer(self, report: KeptReport) -> None:
        """Put the report into a link of the page: it can hand out no file of the store."""
        content = report.content()
        if len(content) > MAX_DOWNLOAD_BYTES:
            size = words.megabytes(len(content) / 1_000_000)
            said = f"The report is too large for a page ({size}). It is in {report.path}."
            self._outcome.value = f'<p class="ape-help">{text(said)}</p>'
            return
        name = _NAME.sub("-", self._offered.name if self._offered else "report")
        data = base64.b64encode(content).decode("ascii")
        self._outcome.value = (
            f'<a class="ape-download" download="{text(f"ape-{name}.html")}" '
            f'href="data:text/html;charset=utf-8;base64,{data}">Download the report, '
            f"{max(1, round(len(content) / 1000)):,} kB</a>"
        )


def shown_run(session: Session) -> Shown | None:
    """The complete run that a page shows."""
    progress = session.progress
    if progress is None or progress.status != "complete":
        return None
    spec, run_id = session.shown, session.run_id
    name = f"{spec.protocol.name if spec else 'run'}-{run_id[:12]}"
    return Shown(session.store, Reported((run_id,)), name)


def shown_comparison(session: SeveralSession) -> Shown | None:
    """The complete runs that a page compares."""
    statuses = [item.status for item in session.progress]
    if session.paired is None or any(status != "complete" for status in statuses):
        return None
    name = f"comparison-{'-'.join(run_id[:6] for run_id in session.run_ids)}"
    return Shown(session.store.path, Reported(session.run_ids, session.reference), name)
