"""A run that has to wait for the compiler says so; one that need not, does not."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from ape_core.runs import compiling
from ape_core.runs.compiling import COMPILING, is_compiled
from ape_core.runs.starting import run
from support.runs import small_spec


def _fake(folder, name="run_patients"):
    about = SimpleNamespace(__module__="ape_core.simulation.kernel", __qualname__=name)
    return SimpleNamespace(stats=SimpleNamespace(cache_path=str(folder)), py_func=about)


def test_compiled_code_of_this_python_is_found_by_its_function(tmp_path):
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    assert not is_compiled(_fake(tmp_path))
    (tmp_path / "kernel.run_patients-104.py30.nbi").touch()
    (tmp_path / f"kernel.other-104.{version}.nbi").touch()
    assert not is_compiled(_fake(tmp_path))
    (tmp_path / f"kernel.run_patients-104.{version}.nbi").touch()
    assert is_compiled(_fake(tmp_path))
    assert is_compiled(len)  # which is not to be compiled


@pytest.mark.parametrize("first", [True, False])
def test_a_run_says_that_it_compiles(first, store, monkeypatch):
    said = []
    monkeypatch.setattr("ape_core.runs.runner.has_to_compile", lambda _: first)
    monkeypatch.setattr(
        "ape_core.runs.progress.ProgressReporter.enter", lambda _, phase: said.append(phase)
    )
    run(small_spec(50, years=1), store, progress=False)
    assert (COMPILING in said) == first
    assert "simulating" in said
    if first:
        assert said.index(COMPILING) < said.index("simulating")


def test_what_was_run_here_need_not_be_compiled_again(store):
    spec = small_spec(50, years=1)
    run(spec, store, progress=False)
    assert not compiling.has_to_compile(spec)
