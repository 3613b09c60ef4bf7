"""Where chunks are simulated: on threads of this process, or by workers of a Dask cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from ape_core.errors import InvalidInputError

LOCAL: Final = "local"
DASK: Final = "dask"
EXECUTORS: Final = (LOCAL, DASK)

_ADDRESS: Final = re.compile(r"(tcp|tls)://[^\s/@:]+:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5}")
_INSTALL: Final = "Install what it needs with: pip install 'ape-protocol-explorer[scale]'"


@dataclass(frozen=True)
class Engine:
    """What simulates the chunks of a run. No row depends on it.

    Parameters
    ----------
    executor
        "local" for threads of one process, "dask" for workers of a cluster.
    scheduler
        Address of a Dask scheduler, as tcp://host:8786. Without it, "dask" starts worker processes
        on this machine.

    Raises
    ------
    InvalidInputError
        When there is no such executor, the address is none, or Dask is not installed.
    """

    executor: str = LOCAL
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.executor not in EXECUTORS:
            raise InvalidInputError(
                f"The executor is {str(self.executor)[:60]!r}; it can be {' or '.join(EXECUTORS)}.",
                "Leave it out for threads of this machine.",
            )
        if self.scheduler is not None:
            self._check_scheduler(self.scheduler)
        if self.executor == DASK and find_spec("distributed") is None:
            raise InvalidInputError(
                "The executor dask needs Dask, which is missing here.", _INSTALL
            )

    @property
    def is_remote(self) -> bool:
        """Whether others than this machine's processes simulate."""
        return self.scheduler is not None

    def check_workers(self, workers: int | None) -> None:
        """Refuse a number of workers where the cluster decides it."""
        if workers is not None and self.is_remote:
            raise InvalidInputError(
                f"{workers} workers were asked for, but {self.scheduler} decides how many it has.",
                "Leave out --workers, and start as many workers as you want on the cluster.",
            )

    def _check_scheduler(self, address: str) -> None:
        """Refuse what is no address, or one that nothing would use."""
        if self.executor != DASK:
            raise InvalidInputError(
                f"A scheduler is given ({address[:80]!r}), but the executor is {self.executor}.",
                "Add --executor dask, or leave out the scheduler.",
            )
        if not _ADDRESS.fullmatch(address):
            raise InvalidInputError(
                f"{address[:80]!r} is not the address of a Dask scheduler.",
                "It is what `dask scheduler` prints when it starts, such as tcp://10.0.0.5:8786.",
            )


THREADS: Final = Engine()
"""Threads of one process."""
