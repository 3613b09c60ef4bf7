"""Every program loads only what it uses; told by the modules that it has, not by its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ape_core.runs.starting import run, submit
from support.patience import PATIENCE
from support.runs import small_spec
from widgets.navigation import PAGES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
COMPUTING = {"numba", "llvmlite", "pyarrow", "pandas", "duckdb", "dask", "distributed"}
DRAWING = {"IPython", "bqplot", "ipywidgets", "matplotlib", "tornado", "traitlets", "voila", "zmq"}

SHARED = {"charts", "several"}
"""Packages of widgets that several pages are made of."""
OWN = {page: {page} for page in PAGES} | {"dashboard": {"editor"}}
"""Packages of widgets that each page loads besides."""


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """A store with a run, and the modules that its worker loaded, in this order.

    What it runs is compiled before.
    """
    run(small_spec(200, 1), tmp_path_factory.mktemp("compiled") / "store", progress=False)
    store = tmp_path_factory.mktemp("started") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPROFILEIMPORTTIME", "1")
        worker = submit(small_spec(200, 1), store)
    assert worker.wait(PATIENCE) == "complete"
    lines = (worker.folder.path / "worker.log").read_text(encoding="utf-8").splitlines()
    times = [line for line in lines if line.startswith("import time:")]
    return store, [line.rpartition("|")[2].strip() for line in times]


def loaded_by(*words):
    """Modules that a command of the shell has loaded when it ends."""
    code = (
        "import sys\nfrom ape_core.cli import main\n"
        "try:\n    status = main(sys.argv[1:])\nexcept SystemExit as end:\n    status = end.code\n"
        "assert not status\nprint()\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_a_worker_loads_what_simulates_and_writes_and_nothing_that_draws_or_reads(worked):
    _, modules = worked
    found = {name.partition(".")[0] for name in modules}
    assert {"llvmlite", "numpy", "pyarrow"} <= found
    never = {"numba", "scipy", "pandas", "duckdb", "dask", "distributed", "widgets"}
    assert found.isdisjoint(DRAWING | never)
    ours = {".".join(name.split(".")[:2]) for name in modules if name.startswith("ape_core.")}
    assert ours.isdisjoint({"ape_core.analysis", "ape_core.cli", "ape_core.commands"})
    assert ours >= {"ape_core.simulation", "ape_core.storage", "ape_core.summaries"}


def test_a_worker_that_waits_for_its_turn_has_loaded_neither_compiler_nor_tables(worked):
    _, modules = worked
    before = modules[: modules.index("ape_core.runs.execution")]
    waiting = set(before[: before.index("ape_core.runs.slots") + 1])
    assert {"numpy", "llvmlite", "pyarrow", "yaml"}.isdisjoint(waiting)


@pytest.mark.parametrize("command", ["list", "progress", "protocols"])
def test_commands_that_tell_load_nothing_that_computes_or_draws(worked, command):
    store, _ = worked
    words = {"progress": ["latest", "--store", str(store)], "list": ["--store", str(store)]}
    modules = loaded_by(command, *words.get(command, []))
    tops = {name.partition(".")[0] for name in modules}
    assert "ape_core" in tops
    assert tops.isdisjoint(COMPUTING | DRAWING | {"scipy", "widgets"})
    assert not [name for name in modules if name.startswith("ape_core.analysis")]


@pytest.mark.parametrize("command", ["run", "list", "compare", "query", "dashboard"])
def test_help_of_a_command_loads_nothing_but_the_words(command):
    tops = {name.partition(".")[0] for name in loaded_by(command, "--help")}
    assert tops.isdisjoint(COMPUTING | DRAWING | {"numpy", "yaml", "widgets"})


FORKS = """
import json, os, sys
from pathlib import Path
from ipykernel import kernelapp
import widgets.frame
for name in sys.argv[2:]:
    sys.stdout.flush()
    if not (child := os.fork()):
        cells = json.loads(Path(sys.argv[1], name + ".ipynb").read_text())["cells"]
        code = "\\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        exec("\\n".join(line for line in code.splitlines() if "import " in line), {})
        packages = [m for m in sys.modules if m.startswith("widgets.")
                    and hasattr(sys.modules[m], "__path__")]
        print(json.dumps([name, [m.split(".")[1] for m in packages], sorted(sys.modules)]))
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.fixture(scope="module")
def kernels():
    """By page: packages of widgets and modules that its notebook imports."""
    done = subprocess.run(
        [sys.executable, "-c", FORKS, str(NOTEBOOKS), *PAGES],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SERVER_SOFTWARE": "voila/0.5.13"},
    )
    found = map(json.loads, done.stdout.splitlines())
    return {name: (set(packages), set(modules)) for name, packages, modules in found}


@pytest.mark.parametrize("page", PAGES)
def test_the_kernel_of_a_page_loads_its_own_panels_and_those_that_are_shared(kernels, page):
    packages, modules = kernels[page]
    assert packages - SHARED <= OWN[page]
    tops = {name.partition(".")[0] for name in modules}
    assert tops.isdisjoint(COMPUTING | {"matplotlib", "scipy", "voila"})


def test_the_check_sees_a_panel_of_another_page(kernels):
    assert kernels["economics"][0] - SHARED - OWN["dashboard"] == {"economics"}


def test_a_command_ends_without_looking_through_all_that_it_has_loaded():
    code = (
        "import atexit, gc\nfrom ape_core.cli import main\n"
        "atexit.register(lambda: print(gc.get_freeze_count()))\nmain(['protocols'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) > 10_000
