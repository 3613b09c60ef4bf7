"""Runs: asked for, waited for, simulated, stopped, resumed.

Every name is imported when it is first used: a worker that waits in the queue and a page's kernel
load only what they need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.on_first_use import on_first_use

if TYPE_CHECKING:
    from ape_core.runs.estimating import Estimate, estimate
    from ape_core.runs.handle import Run
    from ape_core.runs.importing import import_run
    from ape_core.runs.memory import MemoryStatus, check_memory
    from ape_core.runs.progress import Progress
    from ape_core.runs.starting import list_runs, open_run, run, submit

__all__ = [
    "Estimate",
    "MemoryStatus",
    "Progress",
    "Run",
    "check_memory",
    "estimate",
    "import_run",
    "list_runs",
    "open_run",
    "run",
    "submit",
]

_HOMES: Final = {
    "ape_core.runs.estimating": ("Estimate", "estimate"),
    "ape_core.runs.handle": ("Run",),
    "ape_core.runs.importing": ("import_run",),
    "ape_core.runs.memory": ("MemoryStatus", "check_memory"),
    "ape_core.runs.progress": ("Progress",),
    "ape_core.runs.starting": ("list_runs", "open_run", "run", "submit"),
}

__getattr__ = on_first_use(__name__, _HOMES)
