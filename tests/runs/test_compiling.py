"""A run that has to wait for the compiler says so; one that need not, does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ape_core.errors import StoreError
from ape_core.runs import compiling
from ape_core.runs.compiling import COMPILING, LOCK_FILE, TurnToCompile, is_compiled
from ape_core.runs.starting import run
from ape_core.storage.locks import FileLock
from support.runs import small_spec


def test_what_is_not_to_be_compiled_counts_as_compiled():
    assert is_compiled(SimpleNamespace(is_kept=True))
    assert not is_compiled(SimpleNamespace(is_kept=False))
    assert is_compiled(len)


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
    monkeypatch.setattr("ape_core.simulation.code_cache.cache_folder", lambda: tmp_path)
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
