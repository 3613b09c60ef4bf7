"""Questions that one process answers one after another, and that outlives whoever asked.

Each is an ordinary run: it waits for its turn in the queue, is joined where somebody computes it
already, and has its answer at once where it was asked before. What is not begun yet costs nothing:
it is a line in a file. A worker for each of them would load the simulator each time, which takes
longer than to simulate a few thousand patients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ape_core.errors import CorruptRunError
from ape_core.runs.spawning import start_detached
from ape_core.spec.canonical import canonical_json, sha256_text
from ape_core.storage.files import make_folder, read_json, write_json
from ape_core.storage.locks import FileLock, is_locked
from ape_core.storage.of_study import is_of_study, mark_of_study
from ape_core.storage.store import Store

if TYPE_CHECKING:
    from ape_core.runs.progress import Progress
    from ape_core.spec.run_spec import RunSpec

FOLDER: Final = "series"
"""Folder of a store that holds what processes were asked to answer."""


class Series:
    """Questions of a store in the order in which they are answered.

    Parameters
    ----------
    specs
        The questions.
    store
        Folder of the runs; by default the user's.
    """

    def __init__(self, specs: Sequence[RunSpec], store: Store | str | Path | None = None) -> None:
        self.specs = tuple(specs)
        self.store = store if isinstance(store, Store) else Store(store)
        self.key = sha256_text(canonical_json([spec.run_id for spec in self.specs]))

    @property
    def is_at_work(self) -> bool:
        """Whether a process answers the questions now."""
        return is_locked(self._path("lock"))

    @property
    def is_stopping(self) -> bool:
        """Whether the process was asked to stop and has not yet."""
        return self._path("stop").exists() and self.is_at_work

    @property
    def was_stopped(self) -> bool:
        """Whether somebody asked to stop since it was last started."""
        return self._path("stop").exists()

    @property
    def was_begun(self) -> bool:
        """Whether just these questions were asked together, and not all of them answered."""
        return self._path("json").is_file()

    @property
    def failure(self) -> dict[str, Any] | None:
        """Why the last attempt ended early: error and hint; None when it did not."""
        path = self._path("failure")
        return read_json(path) if path.is_file() else None

    def start(self) -> None:
        """Answer what is not answered yet in a process of its own, unless one is at it.

        Raises
        ------
        RunFailedError
            No process can be started.
        StoreError
            The store cannot be written.
        """
        make_folder(self.store.path / FOLDER)
        lock = FileLock.acquire(self._path("lock"))
        if lock is None:
            return
        with lock:
            for name in ("failure", "stop"):
                self._path(name).unlink(missing_ok=True)
            # A file of the store, as thousands of questions do not fit into a command.
            write_json(self._path("json"), {"specs": [spec.to_json() for spec in self.specs]})
            self._spawn(lock)

    def stop(self, *, at_once: bool = True) -> None:
        """Begin no further run.

        Parameters
        ----------
        at_once
            Stop the one that is simulated, too, at its next commit; else it is finished, as
            somebody else may want it.
        """
        if not self.is_at_work:
            return
        self._path("stop").write_text("at once" if at_once else "")
        if at_once:
            self.cancel_runs()

    @property
    def ends_at_once(self) -> bool:
        """Whether the run that is simulated is to stop, too."""
        path = self._path("stop")
        return path.exists() and path.read_text() == "at once"

    def cancel_runs(self) -> None:
        """Ask the run that is simulated to stop at its next commit."""
        for spec in self.specs:
            if spec.run_id in self.store:
                folder = self.store.folder(spec.run_id)
                if folder.is_locked():
                    folder.request_cancel()

    def forget(self) -> None:
        """Remove what is kept of the series, once all is answered: the runs say the rest."""
        for name in ("json", "log", "lock"):
            self._path(name).unlink(missing_ok=True)

    def keep_failure(self, error: str, hint: str) -> None:
        """Keep why the attempt ended early."""
        write_json(self._path("failure"), {"error": error, "hint": hint})

    def _spawn(self, lock: FileLock) -> None:
        """Start the process and hand it the lock."""
        words = ["--store", str(self.store.path), "--questions", str(self._path("json"))]
        module = "ape_core.runs.series_worker"
        start_detached(module, words, lock, self._path("log"), "The process of these runs")

    def _path(self, ending: str) -> Path:
        """Path of a file of the series."""
        return self.store.path / FOLDER / f"{self.key[:24]}.{ending}"


def answer_one(
    spec: RunSpec, store: Store, observe: Callable[[Progress], None] | None = None
) -> None:
    """Bring the run of a question to its end in this process, or follow whoever does.

    What is damaged is simulated again.

    Raises
    ------
    RunFailedError
        It was cancelled, or failed in the process that was followed.
    """
    from ape_core.runs.completing import complete
    from ape_core.runs.starting import ask

    was_asked = spec.run_id in store and not is_of_study(store.folder(spec.run_id))
    run = ask(spec, store)
    if not was_asked:
        mark_of_study(run.folder)
    try:
        complete(run, observe=observe)
        run.summary()
    except CorruptRunError:
        complete(run, observe=observe, check=True)
