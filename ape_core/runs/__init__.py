"""Runs: asked for, waited for, simulated, stopped, resumed.

Every name is imported when it is first used: a worker that waits in the queue and a page's kernel
load only what they need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ape_core.runs.estimating import Estimate, estimate
    from ape_core.runs.handle import Run
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
    "list_runs",
    "open_run",
    "run",
    "submit",
]

_HOMES: Final = {
    "estimating": ("Estimate", "estimate"),
    "handle": ("Run",),
    "memory": ("MemoryStatus", "check_memory"),
    "progress": ("Progress",),
    "starting": ("list_runs", "open_run", "run", "submit"),
}
_HOME: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, and keep it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
