"""How much memory the workers, this page and everything together take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets import format as words
from widgets.html import html, text

if TYPE_CHECKING:
    from widgets.session import Session


class MemoryPanel:
    """A meter of the container or machine; below it this page and the workers of all runs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.view = html()

    def refresh(self) -> None:
        """Show the memory that the session has measured."""
        memory = self._session.memory
        workers = sum(run.worker_mb for run in self._session.runs)
        share = 100 * memory.used_mb / memory.limit_mb
        in_use = f"{words.megabytes(memory.used_mb)} of {words.megabytes(memory.limit_mb)}"
        warning = "" if memory.state == "ok" else f"<p>{text(memory.message)}</p>"
        self.view.value = (
            '<div class="ape-memory">'
            f'<div class="ape-row"><h2>This machine</h2><b>{text(in_use)}</b></div>'
            f'<div class="ape-bar is-{text(memory.state)}" role="meter" '
            'aria-label="Memory in use" aria-valuemin="0" aria-valuemax="100" '
            f'aria-valuenow="{share:.0f}"><i style="width:{share:.1f}%"></i></div>'
            f'<div class="ape-row">{_part("This page", memory.process_mb)}'
            f"{_part('Workers of runs', workers)}</div>{warning}</div>"
        )


def _part(name: str, size_mb: float) -> str:
    """Memory of some processes, if there are any."""
    size = words.megabytes(size_mb) if size_mb else "none"
    return f"<span>{text(name)} <b>{text(size)}</b></span>"
