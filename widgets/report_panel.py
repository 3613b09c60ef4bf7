"""The run that is shown as a report: one file, made while the page goes on."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button

from ape_core.limits import MAX_DOWNLOAD_BYTES
from widgets import format as words
from widgets.errors import guarded
from widgets.html import box, classed, html, text
from widgets.kept_report import KeptReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.session import Session

_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_WAITING: Final = (
    '<p class="ape-help" role="status">The report is being made, which takes some seconds.</p>'
)


class ReportPanel:
    """A button, and below it the file once it is there.

    Parameters
    ----------
    session
        The page's view of the store.
    draw
        Shows what was changed.
    """

    def __init__(self, session: Session, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._asked: tuple[str, KeptReport] | None = None
        self._outcome = html()
        self._button = classed(Button(description="Make a report"), "ape-button")
        self._button.on_click(guarded(session, self._pressed))
        self.view = box(
            html(value='<h2>Report</h2><p class="ape-help">Question, outcomes, charts, caveats '
                 "and how to repeat it, as one file.</p>"),
            self._button, self._outcome, classes="ape-runs ape-package",
        )  # fmt: skip

    def refresh(self) -> None:
        """Look how far the report is that was asked for."""
        progress, run_id = self._session.progress, self._session.run_id
        if self._asked is not None and self._asked[0] != run_id:
            self._asked, self._outcome.value = None, ""
        self._button.disabled = (
            progress is None or progress.status != "complete" or self._asked is not None
        )
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
        run = self._session.handle(self._session.run_id)
        report = KeptReport(run.folder.path.parents[1], run.run_id)
        report.start()
        self._asked, self._outcome.value = (run.run_id, report), _WAITING
        self._draw()

    def _offer(self, report: KeptReport) -> None:
        """Put the report into a link of the page: it can hand out no file of the store."""
        content = report.content()
        if len(content) > MAX_DOWNLOAD_BYTES:
            size = words.megabytes(len(content) / 1_000_000)
            said = f"The report is too large for a page ({size}). It is in {report.path}."
            self._outcome.value = f'<p class="ape-help">{text(said)}</p>'
            return
        spec = self._session.shown
        name = _NAME.sub("-", spec.protocol.name if spec else "run")
        file = f"ape-{name}-{self._session.run_id[:12]}.html"
        data = base64.b64encode(content).decode("ascii")
        self._outcome.value = (
            f'<a class="ape-download" download="{text(file)}" '
            f'href="data:text/html;charset=utf-8;base64,{data}">Download the report, '
            f"{max(1, round(len(content) / 1000)):,} kB</a>"
        )
