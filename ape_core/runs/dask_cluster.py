"""The connection to a Dask scheduler: one that is there, or one of this process's own.

The only module that imports distributed, which takes half a second and 50 MB.
"""

from __future__ import annotations

import logging
import math
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Final, Self

import distributed
from distributed.core import CommClosedError
from distributed.scheduler import KilledWorker

from ape_core.errors import ApeError, InvalidInputError, RunFailedError
from ape_core.runs.engine import Engine
from ape_core.runs.threads import THRIFTY_ENVIRONMENT

CONNECT_SECONDS: Final = 10.0
"""A scheduler that does not answer for so long is not there."""

LOST_SECONDS: Final = 600.0
"""A scheduler that was there is waited for so long: it may be started again elsewhere."""

LOOK_SECONDS: Final = 1.0
CLOSE_SECONDS: Final = 5.0
RETRIES: Final = 2
"""A chunk that fails is tried again so often, perhaps on another machine, before the run fails."""

GONE: Final = (OSError, TimeoutError, CommClosedError)
"""What is raised when a scheduler or a worker is not there any more."""


class Cluster:
    """Workers of a scheduler, connected to again when the connection is lost.

    Parameters
    ----------
    engine
        Which scheduler; without an address, worker processes of this machine are started.
    n_workers
        How many of them then.
    clock
        Monotonic seconds.

    Attributes
    ----------
    n_threads
        Threads of all workers together, as far as known.
    most_threads
        The most that there have been.
    words
        What is waited for; empty when nothing is.
    """

    def __init__(
        self, engine: Engine, n_workers: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.n_threads = 0
        self.most_threads = 1
        self.words = ""
        self._engine = engine
        self._n_workers = n_workers
        self._clock = clock
        self._opened = ExitStack()
        self._address = engine.scheduler or ""
        self._client: Any = None
        self._look_due = -math.inf
        self._lost_since: float | None = None

    def __enter__(self) -> Self:
        """Connect.

        Raises
        ------
        RunFailedError
            When there is no scheduler at the address.
        """
        for name in (
            "distributed",
            "distributed.client",
            "distributed.scheduler",
            "distributed.worker",
        ):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            if not self._address:
                self._start_workers()
            self._client = self._connect()
        except GONE as error:
            self._opened.close()
            raise RunFailedError(
                f"There is no Dask scheduler at {self._address}: nothing answered within "
                f"{CONNECT_SECONDS:.0f} seconds.",
                "Start one with `dask scheduler`, or see whether a firewall is in the way; what "
                "was done is kept.",
            ) from error
        except BaseException:
            self._opened.close()
            raise
        self.look()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._disconnect()
        self._opened.close()

    @property
    def is_connected(self) -> bool:
        """Whether tasks can be sent."""
        return self._client is not None and self._client.status == "running"

    def look(self) -> None:
        """See how many workers there are; connect again if the scheduler is gone.

        Raises
        ------
        RunFailedError
            When it has been gone for too long.
        """
        now = self._clock()
        if now < self._look_due:
            return
        if not self.is_connected:
            self._reconnect()
        if self.is_connected:
            with suppress(*GONE):
                said = self._client.sync(
                    self._client.scheduler.identity, n_workers=0, callback_timeout=CONNECT_SECONDS
                )
                self.n_threads = int(said["total_threads"])
                self.most_threads = max(self.most_threads, self.n_threads)
                self._lost_since = None
        if self._lost_since is not None:
            self._give_up_in_time()
        elif self.n_threads == 0:
            self.words = f"waiting for workers of {self._address}"
        else:
            self.words = ""
        self._look_due = self._clock() + LOOK_SECONDS

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Send a task; return its future. None when the scheduler is gone."""
        with suppress(*GONE):
            if self.is_connected:
                return self._client.submit(work, *arguments, pure=False, retries=RETRIES)
        return None

    def cancel(self, futures: list[Any]) -> None:
        """Forget about tasks; what workers are doing they do to its end."""
        if futures and self.is_connected:
            with suppress(*GONE):
                self._client.cancel(futures, force=True)

    def _start_workers(self) -> None:
        """Start worker processes of one thread, which end with this process."""
        scratch = self._opened.enter_context(
            tempfile.TemporaryDirectory(prefix="ape-dask-", ignore_cleanup_errors=True)
        )
        cluster = distributed.LocalCluster(
            n_workers=self._n_workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,  # a worker's memory is flat, and the coordinator looks at what is left
            local_directory=scratch,
            preload="ape_core.runs.dask_preload",
            env=dict(THRIFTY_ENVIRONMENT),
            silence_logs=logging.CRITICAL,
        )
        self._opened.callback(cluster.close, timeout=CLOSE_SECONDS)
        self._address = cluster.scheduler_address

    def _connect(self) -> Any:
        """A new client."""
        return distributed.Client(
            self._address, timeout=CONNECT_SECONDS, set_as_default=False, name="ape"
        )

    def _disconnect(self) -> None:
        """Close the client, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(*GONE):
                client.close(timeout=CLOSE_SECONDS)

    def _reconnect(self) -> None:
        """Connect again, unless the client still tries to do so by itself."""
        self.n_threads = 0
        if self._lost_since is None:
            self._lost_since = self._clock()
        self.words = f"the scheduler at {self._address} is gone; connecting again"
        if self._client is not None and self._client.status == "connecting":
            return
        self._disconnect()
        with suppress(*GONE):
            self._client = self._connect()

    def _give_up_in_time(self) -> None:
        """Fail when the scheduler has been gone for too long."""
        assert self._lost_since is not None
        if self._clock() - self._lost_since >= LOST_SECONDS:
            raise RunFailedError(
                f"The scheduler at {self._address} has been gone for {LOST_SECONDS:.0f} seconds.",
                "What was done is kept. Start it again, or go on on this machine by resuming "
                "without --executor dask.",
            )


def check_answers(engine: Engine) -> None:
    """Refuse a scheduler that does not answer, before anything is created for it.

    Raises
    ------
    InvalidInputError
        When there is none at the address.
    """
    try:
        with Cluster(engine, 0):
            pass
    except RunFailedError as error:
        raise InvalidInputError(error.message, error.hint) from None


def why_failed(error: BaseException, first: int, stop: int) -> ApeError:
    """The error of a task as an error of the run."""
    if isinstance(error, ApeError):
        return error
    failed = _in_words(error, first, stop)
    failed.__cause__ = error
    return failed


def _in_words(error: BaseException, first: int, stop: int) -> RunFailedError:
    """What happened to a task, in words."""
    patients = f"Patients {first:,} to {stop - 1:,} could not be simulated"
    if isinstance(error, KilledWorker):
        return RunFailedError(
            f"{patients}: {error.allowed_failures + 1} workers in turn died of it.",
            "What was done is kept. Workers may have too little memory: see docs/scale.md for "
            "what they need, or ask for smaller chunks with --chunk-size in a new run.",
        )
    if "No module named 'ape_core" in f"{error} {error.__cause__}":
        return RunFailedError(
            f"{patients}: APE is not installed where the scheduler or a worker runs.",
            "Install the same APE with the same list of packages on all machines.",
        )
    return RunFailedError(
        f"{patients}: {type(error).__name__}: {str(error)[:500]}",
        "What was done is kept; resume the run to go on from there.",
    )
