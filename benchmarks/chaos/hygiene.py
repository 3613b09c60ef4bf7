"""Nothing accumulates in the kernel of a page: memory, objects, widgets, threads, files, processes.

Each check runs in a real kernel of its own, through the messages that a notebook sends. What the
kernel holds is counted after the first quarter of the steps, in which all is made that is made
once, and after each third of the others: what every step leaves behind grows in each of them.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.common import Row, row, tell, workplace
from benchmarks.chaos.slopes import N_PARTS, Counts, growth

SHORT: Final = 0.05
"""Part of the steps that the short version takes."""

WARM: Final = 8
"""Steps at least until what is made once is made, and what is given back is used again."""

STEPS_PER_CELL: Final = 20
CELL_SECONDS: Final = 900.0
"""Patience with one cell, on a machine that has much else to do."""

MEMORY_MB: Final = 4.0
"""Steady growth of the resident memory that the allocator alone accounts for."""

OBJECTS_PER_STEP: Final = 0.5
"""Python objects: a step that leaves a single one behind is beyond this."""

OBJECTS_PER_CELL: Final = 2.0
"""What the kernel itself keeps of a cell that it has run."""

OBJECTS_SHOWN: Final = 12.0
"""What it keeps besides of one that shows a page, which is in its history, though it is closed."""

LESS_THAN_ONE: Final = 0.9
"""Of anything else that is counted."""

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
    psutil.process_iter.cache_clear()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    process = psutil.Process()
    return {
        "memory": round(process.memory_info().rss / 2**20, 1),
        "objects": len(gc.get_objects()),
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


OTHER_PAGES: Final = """
from widgets.compare.page import ComparePage
from widgets.economics.page import EconomicsPage
from widgets.patients import PatientsPage
from widgets.sensitivity.page import SensitivityPage
from widgets.service.page import ServicePage
from widgets.validation.page import ValidationPage
from widgets.validation.session import ValidationSession

def make_all():
    yield from (page(store=STORE) for page in (
        ComparePage, EconomicsPage, PatientsPage, SensitivityPage, ServicePage
    ))
    yield ValidationPage(ValidationSession(200, store=STORE))
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
        Check(
            "the six other pages created and closed",
            times(40),
            OTHER_PAGES,
            "[page.close() for page in make_all()]",
            in_short=False,
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
            reply = self._client.shell_channel.get_msg(timeout=CELL_SECONDS)
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


def held(check: Check, store: Path) -> dict[int, Counts]:
    """What the kernel holds, by the number of steps until then, from a quarter of them on."""
    warm = max(WARM, check.n // 4)
    counted = [warm + round((check.n - warm) * part / N_PARTS) for part in range(N_PARTS + 1)]
    samples: dict[int, Counts] = {}
    with kernel() as running:
        running.run(f"STORE = {str(store)!r}\n{COUNT}\n{check.before}")
        for start, stop in pairwise([0, *counted]):
            _take_steps(running, check, start, stop)
            samples[stop] = running.run("", wanted="held()")
    return samples


def _take_steps(running: Kernel, check: Check, first: int, end: int) -> None:
    """Take some steps, a few in each cell: a slow machine needs long for all of them."""
    size = 1 if check.same_cell else STEPS_PER_CELL
    for start in range(first, end, size):
        steps = range(start, min(start + size, end))
        if check.same_cell:
            running.run(f"i = {start}\n{check.step}", cell="the-cell")
        else:
            running.run(f"for i in {steps!r}:\n    {check.step}")


def allowed(check: Check, samples: dict[int, Counts]) -> Counts:
    """How much each count may have grown from the first sample to the last."""
    most = dict.fromkeys(samples[min(samples)], LESS_THAN_ONE)
    steps = max(samples) - min(samples)
    n_cells = N_PARTS * (1 + ceil(steps / N_PARTS / STEPS_PER_CELL))
    in_history = steps * OBJECTS_SHOWN if check.same_cell else n_cells * OBJECTS_PER_CELL
    return most | {"memory": MEMORY_MB, "objects": steps * OBJECTS_PER_STEP + in_history}


def grown(check: Check, samples: dict[int, Counts]) -> list[str]:
    """Names of what grows with the steps."""
    most = allowed(check, samples)
    return [name for name, value in growth(samples).items() if value > most[name]]


def told(check: Check, samples: dict[int, Counts]) -> str:
    """First and last counts, and how much of their growth is steady."""
    early, late = samples[min(samples)], samples[max(samples)]
    found, most = growth(samples), allowed(check, samples)
    counts = [
        f"{name} {early[name]:g} -> {late[name]:g}{' MB' if name == 'memory' else ''}"
        + (f" ({found[name]:+.1f} steadily, allowed {most[name]:g})" if most[name] >= 1 else "")
        for name in late
    ]
    return f"steps {min(samples)} -> {max(samples)}: {', '.join(counts)}"


def rows(*, short: bool = False) -> list[Row]:
    """Run every check; return what came of each."""
    share = SHORT if short else 1.0
    found = []
    with workplace() as folder:
        store = folder / "store"
        number = str(max(8, round(50 * share)))
        subprocess.run([sys.executable, "-c", MAKE_RUNS, str(store), number], check=True)
        for check in (each for each in checks(share) if each.in_short or not short):
            tell(f"{check.name} ...")
            samples = held(check, store)
            outcome = "failed" if grown(check, samples) else "held"
            found.append(row(check.name, check.n, told(check, samples), outcome))
    return found
