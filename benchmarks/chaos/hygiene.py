"""Nothing accumulates in the kernel of a page: memory, widgets, threads, files, processes.

Each check runs in a real kernel of its own, through the messages that a notebook sends. What the
kernel holds is counted after a quarter of the steps, when all that is made once is made, and again
at the end.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.common import Row, row, workplace

SHORT: Final = 0.05
"""Part of the steps that the short version takes."""

WARM: Final = 8
"""Steps at least until what is made once is made, and what is given back is used again."""

STEPS_PER_CELL: Final = 50

MEMORY_MB: Final = 4.0
"""Growth of the resident memory that the allocator alone accounts for."""

MAKE_RUNS: Final = """
import sys
import ape_core as ape
store, number = sys.argv[1], int(sys.argv[2])
for seed in range(number):
    protocol = ape.load_protocol("aflibercept-2mg-treat-and-extend")
    cohort = ape.Cohort(n_patients=100 + 20 * (seed % 10))
    spec = ape.RunSpec(protocol=protocol, cohort=cohort, years=1 + seed % 5, seed=seed)
    ape.run(spec, store, progress=False)
"""

COUNT: Final = """
import ctypes, gc, os, threading
import psutil
from ipywidgets.widgets.widget import _instances

def held():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    process = psutil.Process()
    return {
        "memory": round(process.memory_info().rss / 2**20, 1),
        "widgets": len(_instances),
        "threads": threading.active_count(),
        "files": process.num_fds(),
        "children": len(process.children(recursive=True)),
    }
"""

ONE_PAGE: Final = """
from widgets.dashboard import Dashboard
page = Dashboard(run_id="", store=STORE)
page.refresh()
ids = [run.run_id for run in page.session.runs]
"""


@dataclass(frozen=True)
class Check:
    """Steps that are repeated in one kernel."""

    name: str
    n: int
    before: str
    step: str
    same_cell: bool = False
    in_short: bool = True


def checks(share: float = 1.0) -> list[Check]:
    """All checks, or a share of their steps."""

    def times(number: int) -> int:
        return max(2 * WARM, round(number * share))

    return [
        Check(
            "runs opened one after another",
            times(50),
            ONE_PAGE,
            "page.session.open(ids[i % len(ids)]); page.draw(); page.refresh()",
        ),
        Check(
            "updates of all charts",
            times(2_000),
            ONE_PAGE
            + """
several = []
for run_id in ids[:4]:
    page.session.open(run_id)
    several.append(page.session.summary)
""",
            "page.session.summary = several[i % 4]; page._drawn = (); page._pulse.play.value += 1",
            in_short=False,  # every run that is opened is drawn, too
        ),
        Check(
            "dashboards created and closed",
            times(200),
            "from widgets.dashboard import Dashboard",
            'Dashboard(run_id="", store=STORE).close()',
            in_short=False,  # a cell that is executed again closes what it made before
        ),
        Check(
            "one cell executed again and again",
            times(200),
            "from widgets.dashboard import Dashboard",
            'Dashboard(run_id="", store=STORE)',
            same_cell=True,
        ),
    ]


class Kernel:
    """A kernel that does what the cells of a notebook ask."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str, *, cell: str = "", wanted: str = "None") -> Any:
        """Run a cell; return the value of an expression after it."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {"wanted": wanted},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        metadata = {"cellId": cell} if cell else {}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        while True:
            reply = self._client.shell_channel.get_msg(timeout=300)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                break
        answer = reply["content"]
        if answer["status"] != "ok":
            raise RuntimeError("\n".join(answer["traceback"]))
        return ast.literal_eval(answer["user_expressions"]["wanted"]["data"]["text/plain"])


@contextmanager
def kernel() -> Iterator[Kernel]:
    """Start a kernel; end it with the block."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager()
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=300)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def held(check: Check, store: Path) -> tuple[dict[str, float], dict[str, float]]:
    """What the kernel holds after a quarter of the steps, and after all."""
    with kernel() as running:
        running.run(f"STORE = {str(store)!r}\n{COUNT}\n{check.before}")
        early: dict[str, float] = {}
        warm = max(WARM, check.n // 4)
        for i in range(check.n):
            if check.same_cell:
                running.run(f"i = {i}\n{check.step}", cell="the-cell")
            if i in (warm, check.n - 1):
                if not check.same_cell:
                    _take_steps(running, check.step, warm + 1 if early else 0, i + 1)
                now = running.run("", wanted="held()")
                if early:
                    return early, now
                early = now
    raise AssertionError("there were too few steps")


def _take_steps(running: Kernel, step: str, first: int, stop: int) -> None:
    """Take some steps, a few in each cell: a slow machine needs long for all of them."""
    for start in range(first, stop, STEPS_PER_CELL):
        end = min(start + STEPS_PER_CELL, stop)
        running.run(f"for i in range({start}, {end}):\n    {step}")


def grown(early: dict[str, float], late: dict[str, float]) -> list[str]:
    """Names of what has grown."""
    return [
        name
        for name, value in late.items()
        if value - early[name] > (MEMORY_MB if name == "memory" else 0)
    ]


def told(early: dict[str, float], late: dict[str, float]) -> str:
    """Both counts, side by side."""
    return ", ".join(
        f"{name} {early[name]:g} -> {late[name]:g}{' MB' if name == 'memory' else ''}"
        for name in late
    )


def rows(*, short: bool = False) -> list[Row]:
    """Run every check; return what came of each."""
    share = SHORT if short else 1.0
    found = []
    with workplace() as folder:
        store = folder / "store"
        number = str(max(8, round(50 * share)))
        subprocess.run([sys.executable, "-c", MAKE_RUNS, str(store), number], check=True)
        for check in (each for each in checks(share) if each.in_short or not short):
            early, late = held(check, store)
            outcome = "failed" if grown(early, late) else "held"
            found.append(row(check.name, check.n, told(early, late), outcome))
    return found
