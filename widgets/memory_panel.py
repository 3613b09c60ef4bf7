"""How much memory the worker, this page and everything together take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets import format as words
from widgets.html import html, text

if TYPE_CHECKING:
    from widgets.session import Session


class MemoryPanel:
    """A meter of the container or machine, and two rows below it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.view = html()

    def refresh(self) -> None:
        """Show the memory that the session has measured."""
        memory, progress = self._session.memory, self._session.progress
        worker = progress.memory_mb if progress and progress.status == "running" else None
        share = 100 * memory.used_mb / memory.limit_mb
        rows = (
            ("Worker", words.megabytes(worker) if worker else "not running"),
            ("This page", words.megabytes(memory.process_mb)),
        )
        warning = "" if memory.state == "ok" else f"<p>{text(memory.message)}</p>"
        in_use = f"{words.megabytes(memory.used_mb)} of {words.megabytes(memory.limit_mb)}"
        self.view.value = (
            '<div class="ape-memory"><h2>Memory</h2>'
            + _row("In use", in_use)
            + f'<div class="ape-bar is-{text(memory.state)}" role="meter" '
            'aria-label="Memory in use" aria-valuemin="0" aria-valuemax="100" '
            f'aria-valuenow="{share:.0f}"><i style="width:{share:.1f}%"></i></div>'
            + "".join(_row(*row) for row in rows)
            + f"{warning}</div>"
        )


def _row(name: str, value: str) -> str:
    """One line of the panel."""
    return f'<div class="ape-row"><span>{text(name)}</span><b>{text(value)}</b></div>'
