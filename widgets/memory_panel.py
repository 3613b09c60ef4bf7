"""How much memory the workers, this page and everything together take, and whether it is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from widgets import format as words
from widgets.html import html, text

if TYPE_CHECKING:
    from widgets.session import Session


_STATES: Final = {
    "ok": "enough",
    "warning": "more than half in use",
    "critical": "nearly full",
}
_PLACES: Final = {
    "container": "This container",
    "MEM_LIMIT": "Set aside for APE",
    "physical memory": "This machine",
}


class MemoryPanel:
    """A meter of the container or machine; below it this page, its worker and those of others."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.view = html()

    def refresh(self) -> None:
        """Show the memory that the session has measured."""
        memory = self._session.memory
        mine, others = self._workers()
        share = min(100.0, 100 * memory.used_mb / memory.limit_mb)
        in_use = f"{words.megabytes(memory.used_mb)} of {words.megabytes(memory.limit_mb)}"
        state = _STATES[memory.state]
        warning = "" if memory.state == "ok" else f"<p>{text(memory.message)}</p>"
        self.view.value = (
            '<div class="ape-memory">'
            f'<div class="ape-row"><h2>{text(_PLACES[memory.limit_source])}</h2>'
            f"<b>{text(in_use)}</b></div>"
            f'<div class="ape-bar is-{text(memory.state)}" role="meter" '
            'aria-label="Memory in use" aria-valuemin="0" aria-valuemax="100" '
            f'aria-valuenow="{share:.0f}" aria-valuetext="{text(f"{in_use}: {state}")}">'
            f'<i style="width:{share:.1f}%"></i></div>'
            f'<div class="ape-row">{_part("This page", memory.process_mb)}'
            f"{_part('Worker', mine)}</div>"
            f'<div class="ape-row"><span>Memory <b>{text(state)}</b></span>'
            f"{_part('Other workers', others)}</div>{warning}</div>"
        )

    def _workers(self) -> tuple[float, float]:
        """Memory of the worker of the run that is shown, and of those of other runs."""
        mine = others = 0.0
        for run in self._session.runs:
            if run.run_id == self._session.run_id:
                mine += run.worker_mb
            else:
                others += run.worker_mb
        return mine, others


def _part(name: str, size_mb: float) -> str:
    """Memory of some processes, if there are any."""
    size = words.megabytes(size_mb) if size_mb else "none"
    return f"<span>{text(name)} <b>{text(size)}</b></span>"
