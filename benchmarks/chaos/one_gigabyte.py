"""The whole of APE in one gigabyte, as the system itself counts it.

In a control group with a limit of 1 GB run the server, three open pages and their kernels, and the
workers of three runs of 100,000 patients and one of 1,000,000 over 5 years. Then so many more
visitors come that one is refused; where the runs would end before that, more are asked for, so that
there is a worker beside the pages all the time. The browser is outside of the group. Where a
machine does not allow such a group, APE is told the limit by MEM_LIMIT and counts for itself.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psutil

from ape_core.runs.handle import Run
from ape_core.runs.slots import n_running, queued_runs
from ape_core.storage.store import Store
from benchmarks.chaos.common import PROTOCOL, Row, await_that, demand, row, tell, workplace
from benchmarks.chaos.memory_groups import MB, MemoryGroup, memory_group
from benchmarks.chaos.visiting import PAGE_SECONDS, knock, open_page, see_that_pages_live

LIMIT_MB: Final = 1024
N_PAGES: Final = 3
LEAST_BESIDE_A_WORKER: Final = 4
MOST_PAGES: Final = 20
SIZES: Final = (100_000, 100_000, 100_000, 1_000_000)
SHORT_SIZES: Final = (20_000, 20_000, 20_000, 100_000)
YEARS: Final = 5
PATIENCE_SECONDS: Final = 1_800.0
ROOT: Final = Path(__file__).parents[2]

_FIRST_SEED: Final = 100
_AHEAD: Final = 2
"""Runs that are not complete while pages are opened: one that is simulated, and the next."""

_FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@dataclass
class Found:
    """What was seen."""

    held_mb: float = 0.0
    workers_at_once: int = 0
    pages_at_once: int = 0
    pages_beside_a_worker: int = 0
    kernels: set[int] = field(default_factory=set)
    reloads: list[str] = field(default_factory=list)
    refusal: str = ""
    worker_mb: float = 0.0
    waiting_mb: float = 0.0


class Watch:
    """Looks at the memory, the workers and the kernels several times a second, until it is left.

    Parameters
    ----------
    group
        The group; None where APE only counts for itself.
    store
        The store.
    """

    def __init__(self, group: MemoryGroup | None, store: Path) -> None:
        self.found = Found()
        self._group = group
        self._store = store
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        """Note the most of everything."""
        found = self.found
        while not self._ended.wait(0.2):
            if self._group is not None:
                found.held_mb = max(found.held_mb, self._group.held_mb())
            found.workers_at_once = max(found.workers_at_once, n_running(self._store))
            waiting = queued_runs(self._store)
            for run_id, process in workers(self._store).items():
                with suppress(psutil.Error):
                    megabytes = process.memory_info().rss / MB
                    found.worker_mb = max(found.worker_mb, megabytes)
                    if run_id in waiting and run_id in queued_runs(self._store):
                        found.waiting_mb = max(found.waiting_mb, megabytes)


class Shell:
    """Asks questions from within the limit, each another one.

    Parameters
    ----------
    group
        The group; None where APE only counts for itself.
    store
        The store.
    """

    def __init__(self, group: MemoryGroup | None, store: Path) -> None:
        self.store = store
        self.runs: list[Run] = []
        self._group = group

    def submit(self, sizes: Sequence[int]) -> None:
        """Ask for runs of so many patients."""
        for size in sizes:
            words = [sys.executable, "-m", "ape_core.cli", "run", PROTOCOL, "--detach", "--json"]
            words += ["--patients", str(size), "--years", str(YEARS)]
            words += ["--seed", str(_FIRST_SEED + len(self.runs))]
            asked = subprocess.run(
                self._group.command(words) if self._group else words,
                cwd=ROOT, env=_environment(self._group, self.store), stdout=subprocess.PIPE,
                check=True,
            )  # fmt: skip
            self.runs.append(Run(Store(self.store).find(json.loads(asked.stdout)["run_id"])))

    def keep_a_worker(self) -> None:
        """See that a worker is running, and another run waits to take its place."""
        while sum(run.status != "complete" for run in self.runs) < _AHEAD:
            tell("few runs are left: one more is asked for")
            self.submit(SIZES[-1:])
        await_that(lambda: n_running(self.store) > 0, "a worker is running", PAGE_SECONDS)


def rows(*, short: bool = False) -> list[Row]:
    """Rows of the table."""
    if shutil.which("chromium") is None:
        return [row("one gigabyte", 0, "needs Chromium: apt-get install chromium", "skipped")]
    sizes = SHORT_SIZES if short else SIZES
    with workplace() as folder, memory_group(LIMIT_MB) as group:
        if group is None:
            tell("this machine allows no control group: APE is told the limit, and counts itself")
        try:
            return _prove(group, folder, sizes)
        finally:
            _end_workers(folder / "store")


def workers(store: Path) -> dict[str, psutil.Process]:
    """Workers on the runs of a store, at work or waiting, by the id of the run."""
    found = {}
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "ape_core.runs.worker" in command:
            folder = Path(command[command.index("ape_core.runs.worker") + 1])
            if folder.is_relative_to(store):
                found[folder.name] = process
    return found


def _end_workers(store: Path) -> None:
    """End what is left on the runs of the store, which is about to be removed."""
    for process in workers(store).values():
        with suppress(psutil.Error):
            process.kill()
            process.wait(20)


def _prove(group: MemoryGroup | None, folder: Path, sizes: tuple[int, ...]) -> list[Row]:
    """Serve, open pages, submit, fill up with pages, wait for all, and look at the counters."""
    from playwright.sync_api import sync_playwright

    store = folder / "store"
    subprocess.run([sys.executable, "-m", "ape_core.summaries.warm_cache"], check=True, cwd=ROOT)
    _copy_libraries(folder / "libraries")
    tell("copied the libraries: the group is charged for all it loads, as a container is")
    with (
        Watch(group, store) as watch,
        _server(group, folder) as (address, server),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        pages = [open_page(browser, address, watch.found.reloads) for _ in range(N_PAGES)]
        tell(f"{N_PAGES} pages are open")
        shell = Shell(group, store)
        shell.submit(sizes)
        await_that(lambda: n_running(store) > 0, "a worker begins")
        found = watch.found
        _fill(browser, address, shell, pages, found)
        await_that(lambda: len(server.children()) == len(pages), "each page has one kernel")
        found.kernels = {kernel.pid for kernel in server.children()}
        for run in shell.runs:
            await_that(lambda run=run: run.wait(5) == "complete", "all runs end", PATIENCE_SECONDS)
        tell("all runs are complete")
        alive = {kernel.pid for kernel in server.children()}
        demand(found.kernels == alive, "no kernel has ended")
        see_that_pages_live(pages)
        browser.close()
        return _rows(group, found, sizes, len(shell.runs) - len(sizes))


def _fill(browser: Any, address: str, shell: Shell, pages: list[Any], found: Found) -> None:
    """Open pages beside a worker, one after another, until a visitor is refused."""
    while len(pages) < MOST_PAGES and not found.refusal:
        shell.keep_a_worker()
        status, answer = knock(browser, address, found.reloads)
        if status == 503:
            found.refusal = answer
        else:
            pages.append(answer)
            tell(f"{len(pages)} pages are open")
        if n_running(shell.store):
            found.pages_beside_a_worker = len(pages)
    found.pages_at_once = len(pages)
    demand(found.refusal, f"the visitor after {len(pages)} pages is refused")
    demand(
        found.pages_beside_a_worker >= LEAST_BESIDE_A_WORKER,
        f"{LEAST_BESIDE_A_WORKER} pages fit beside a worker, not {found.pages_beside_a_worker}",
    )


def _rows(
    group: MemoryGroup | None, found: Found, sizes: tuple[int, ...], n_more: int
) -> list[Row]:
    """What is to be said."""
    asked = f"runs of {', '.join(f'{size:,}' for size in sizes)} patients x {YEARS} years"
    if n_more:
        asked += f" and {n_more} more of {SIZES[-1]:,}"
    workers_said = (
        f"at most {found.workers_at_once} workers at once, the largest {found.worker_mb:.0f} MB "
        f"RSS; one that waits {found.waiting_mb:.0f} MB"
    )
    pages = (
        f"{found.pages_beside_a_worker} pages beside a running worker; the next visitor reads "
        f"{found.refusal!r}; every kernel lived on; {len(found.reloads)} pages had to be reloaded"
    )
    if group is None:
        limit = "no control group is allowed here: MEM_LIMIT=1G, APE's own count"
        memory_row = row("1 GB: nothing killed", len(sizes), f"{limit}; {asked}; {workers_said}")
    else:
        killed = group.n_killed()
        said = (
            f"control group version {group.version}; {asked}, all complete; killed by the system "
            f"{killed}; peak {found.held_mb:.0f} MB without file pages that can be dropped, "
            f"{group.peak_mb():.0f} MB with them ({group.n_reclaims():,} times at the limit); "
            f"{workers_said}"
        )
        memory_row = row("1 GB: nothing killed", len(sizes), said, "failed" if killed else "held")
    return [memory_row, row("1 GB: pages", found.pages_at_once, pages)]


@contextmanager
def _server(group: MemoryGroup | None, folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve the pages in the group; yield the address and the process."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "widgets.server", "--no-browser", "--port", str(port)]
    environment = _environment(group, folder / "store")
    log = folder / "server.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            group.command(words) if group else words,
            cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        address = f"http://localhost:{port}/"
        await_that(lambda: _answers(address), f"the server answers; see {log}", PAGE_SECONDS)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _environment(group: MemoryGroup | None, store: Path) -> dict[str, str]:
    """Environment of everything that is within the limit."""
    limit = {} if group else {"MEM_LIMIT": f"{LIMIT_MB}M"}
    paths = os.pathsep.join([str(ROOT), str(store.with_name("libraries"))])
    return {**os.environ, "APE_STORE": str(store), "PYTHONPATH": paths, **limit}


def _answers(address: str) -> bool:
    """Whether the server answers anything at all."""
    try:
        urllib.request.urlopen(f"{address}api/kernels/x", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _copy_libraries(folder: Path) -> Path:
    """Give the group libraries of its own, whose pages nobody else has in memory already.

    Files other than libraries are only linked.
    """
    for source in map(Path, site.getsitepackages()):
        shutil.copytree(source, folder, copy_function=_copy_library, dirs_exist_ok=True)
    os.sync()
    for path in (path for path in folder.rglob("*.so*") if path.is_file()):
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
    return folder


def _copy_library(source: str, target: str) -> str:
    """Copy a library, link anything else if that can be."""
    if ".so" not in Path(source).name:
        with suppress(OSError):
            os.link(source, target)
            return target
    return shutil.copy2(source, target)
