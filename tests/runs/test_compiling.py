"""A run that has to wait for the compiler says so; one that need not, does not."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from ape_core.errors import StoreError
from ape_core.runs import compiling
from ape_core.runs.compiling import COMPILING, LOCK_FILE, TurnToCompile, is_compiled
from ape_core.runs.starting import run
from ape_core.storage.locks import FileLock
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


@pytest.fixture
def cold(tmp_path, monkeypatch):
    """A folder of compiled code that holds none; whether it does can be set."""
    state = SimpleNamespace(is_cold=True, path=tmp_path / LOCK_FILE)
    monkeypatch.setattr("ape_core.simulation.compiled.cache_folder", lambda: tmp_path)
    monkeypatch.setattr(compiling, "has_to_compile", lambda _: state.is_cold)
    monkeypatch.setattr(compiling, "_LOOK_SECONDS", 0.0)
    return state


def test_the_first_that_has_to_compile_keeps_the_others_waiting_until_it_has(cold):
    with TurnToCompile() as turn:
        assert turn.wait(small_spec(50, years=1), lambda: pytest.fail("nobody is before it"))
        assert FileLock.acquire(cold.path) is None
        turn.close()
        with FileLock.acquire(cold.path) as next_one:
            assert next_one is not None


def test_who_waits_goes_on_with_what_the_other_compiled(cold):
    holder, looks = FileLock.acquire(cold.path), []

    def goes_on():
        looks.append(1)
        if len(looks) == 3:
            cold.is_cold = False
            holder.close()
        return True

    with TurnToCompile() as turn:
        assert turn.wait(small_spec(50, years=1), goes_on)
        assert len(looks) == 3
        FileLock.acquire(cold.path).close()  # which is free: nothing is left to compile


def test_who_waits_can_be_stopped(cold):
    with FileLock.acquire(cold.path), TurnToCompile() as turn:
        assert not turn.wait(small_spec(50, years=1), lambda: False)


def test_without_locks_everybody_compiles(cold, monkeypatch):
    def refuse(_):
        raise StoreError("No locks.", "")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with TurnToCompile() as turn:
        assert turn.wait(small_spec(50, years=1), lambda: pytest.fail("nobody can be waited for"))
