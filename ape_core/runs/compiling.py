"""Whether the simulator has to be compiled first: it takes minutes, once, and has to be said.

Several runs may be started before anything is compiled. One of their processes compiles then, and
the others wait for what it keeps: together they would take longer, as all compile the same.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from ape_core.errors import StoreError
from ape_core.storage.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from ape_core.spec.run_spec import RunSpec

COMPILING: Final = "compiling the simulator for this machine, once, which takes a minute or more"
"""Phase of a run whose first chunk has to wait for that."""

LOCK_FILE: Final = "compiling.lock"
"""In the folder of compiled code: held by the process that compiles."""

_LONGEST_WAIT_SECONDS: Final = 900.0
"""After that a process compiles for itself: whoever has the lock may be halted."""

_LOOK_SECONDS: Final = 0.1


def has_to_compile(spec: RunSpec) -> bool:
    """Whether what simulates and counts a run was never compiled here, from these sources."""
    from ape_core.simulation.clinics import run_clinic
    from ape_core.simulation.kernel import run_patients
    from ape_core.summaries.counting.loops import add_rows

    simulates = run_patients if spec.capacity is None else run_clinic
    return not (is_compiled(simulates) and is_compiled(add_rows))


def is_compiled(function: Any) -> bool:
    """Whether the code of a function is kept; one that is not to be compiled counts."""
    return bool(getattr(function, "is_kept", True))


class TurnToCompile:
    """Lets one process of this machine compile at a time; to be closed once it has compiled."""

    def __init__(self) -> None:
        self._lock: FileLock | None = None

    def wait(self, spec: RunSpec, goes_on: Callable[[], bool]) -> bool:
        """Wait while another process compiles what a run needs; return whether to go on.

        Parameters
        ----------
        spec
            The question of the run.
        goes_on
            Asked several times a second; false ends the waiting.
        """
        if not has_to_compile(spec):
            return True
        from ape_core.simulation.code_cache import cache_folder

        path, until = cache_folder() / LOCK_FILE, time.monotonic() + _LONGEST_WAIT_SECONDS
        while time.monotonic() < until:
            try:
                self._lock = FileLock.acquire(path)
            except StoreError:  # a file system without locks: everybody compiles
                return True
            if self._lock is not None:
                break
            if not goes_on():
                return False
            time.sleep(_LOOK_SECONDS)
        if not has_to_compile(spec):
            self.close()
        return True

    def close(self) -> None:
        """Let the next one compile, or load what was compiled."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
