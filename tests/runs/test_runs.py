"""Runs in workers of their own: submitted, followed, cancelled, failed and resumed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import ape_core as ape
from ape_core.errors import CorruptRunError, NoSuchRunError, RunFailedError, StoreError
from ape_core.runs.slots import wait_for_slot
from ape_core.runs.starting import ask, list_runs, open_run, run, submit
from ape_core.simulation.simulate import simulate
from ape_core.storage.digest import digest_chunks
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import (
    is_simulating,
    kill_workers,
    submit_when_told,
    suspend_at,
    until,
    workers_of,
)

N_LONG = 20_000
LONG = {"workers": 1, "chunk_size": 500}
"""A run of so many patients in such pieces is still going on when its first piece is committed."""

TESTS = str(Path(__file__).parents[1])


def digest_of(spec):
    n_patients = spec.cohort.n_patients
    starts = range(0, n_patients, 20_000)
    return digest_chunks(simulate(spec, a, min(a + 20_000, n_patients)) for a in starts)


def attempts(found):
    until(lambda: not found.folder.is_locked())  # an attempt is noted after the last commit
    return found.folder.read_provenance().get("attempts", [])


def test_submit_returns_at_once_and_the_worker_finishes(store, monkeypatch):
    monkeypatch.setenv("APE_MAX_CONCURRENT_SIMULATIONS", "1")
    monkeypatch.setattr("ape_core.limits.MAX_CONCURRENT_SIMULATIONS", 1)
    spec = small_spec(3_000, years=1)
    with wait_for_slot(store.path, "somebody", 0.0, lambda _: False):
        found = submit(spec, store)
        assert found.status in {"running", "queued"}
    assert found.wait(PATIENCE) == "complete"
    assert found.results().get_summary_statistics()["n_patients"] == 3_000
    assert found.digest() == digest_of(spec)
    assert open_run(found.run_id[:8], store).summary() == found.summary()
    assert open_run("latest", store).run_id == found.run_id


def test_a_finished_worker_is_nobodys_zombie(store):
    found = submit(small_spec(500, years=1), store)
    assert found.wait(PATIENCE) == "complete"
    until(lambda: not workers_of(found))
    assert psutil.Process().children(recursive=True) == []


def test_the_worker_survives_whoever_asked_for_it(store):
    code = (
        f"import os, signal, sys; sys.path.insert(0, {TESTS!r})\n"
        "from support.runs import small_spec; from ape_core.runs.starting import submit\n"
        f"submit(small_spec({N_LONG}, years=2), {str(store.path)!r}, workers=1, chunk_size=500)\n"
        "os.killpg(0, signal.SIGKILL)"
    )
    asked = subprocess.run([sys.executable, "-c", code], start_new_session=True, check=False)
    assert asked.returncode == -signal.SIGKILL
    assert ask(small_spec(N_LONG, years=2), store).wait(PATIENCE) == "complete"


def test_the_same_question_at_once_has_one_worker(store):
    context = multiprocessing.get_context("spawn")
    start = context.Event()
    askers = [
        context.Process(
            target=submit_when_told, args=(store.path, small_spec(20_000, years=1), start)
        )
        for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    start.set()
    for asker in askers:
        asker.join(PATIENCE)
        assert asker.exitcode == 0
    [found] = list_runs(store)
    assert found.wait(PATIENCE) == "complete"
    assert [attempt["patients"] for attempt in attempts(found)] == [20_000]


def test_runs_queue_for_one_slot_in_order(store, monkeypatch):
    monkeypatch.setenv("APE_MAX_CONCURRENT_SIMULATIONS", "1")
    monkeypatch.setattr("ape_core.limits.MAX_CONCURRENT_SIMULATIONS", 1)
    first, second = small_spec(500, years=1, seed=1), small_spec(500, years=1, seed=2)
    slot = wait_for_slot(store.path, "somebody", 0.0, lambda _: False)
    runs = []
    for place, spec in enumerate((first, second), start=1):
        runs.append(submit(spec, store))
        until(lambda place=place: runs[-1].progress().queue_place == place)
    assert [found.status for found in runs] == ["queued", "queued"]
    assert runs[1].progress().phase == "waiting in the queue"
    [waiting] = workers_of(runs[1])
    assert waiting.memory_info().rss < 40e6
    assert submit(first, store).status == "queued"
    slot.close()
    assert [found.wait(PATIENCE) for found in runs] == ["complete", "complete"]
    assert attempts(runs[0])[0]["ended"] <= attempts(runs[1])[0]["started"]


def test_a_queued_run_can_be_cancelled(store, monkeypatch):
    monkeypatch.setenv("APE_MAX_CONCURRENT_SIMULATIONS", "1")
    monkeypatch.setattr("ape_core.limits.MAX_CONCURRENT_SIMULATIONS", 1)
    with wait_for_slot(store.path, "somebody", 0.0, lambda _: False):
        found = submit(small_spec(500, years=1), store)
        until(lambda: found.status == "queued")
        found.cancel()
        assert found.wait(PATIENCE) == "interrupted"
    assert attempts(found) == []
    assert found.resume().wait(PATIENCE) == "complete"


def test_cancel_keeps_what_is_done_and_resume_goes_on(store):
    spec = small_spec(N_LONG, years=2)
    found = submit(spec, store, **LONG)
    worker = suspend_at(found, 0)
    found.cancel()
    worker.resume()
    assert found.wait(PATIENCE) == "interrupted"
    kept = found.progress().patients_done
    assert 0 < kept < N_LONG
    assert found.summary().n_patients == kept
    assert attempts(found)[-1]["outcome"] == "stopped"
    assert found.resume().wait(PATIENCE) == "complete"
    assert found.digest() == digest_of(spec)
    assert sum(attempt["patients"] for attempt in attempts(found)) == N_LONG


def test_asking_again_while_a_worker_stops_starts_anew(store):
    spec = small_spec(N_LONG, years=2)
    found = submit(spec, store, **LONG)
    worker = suspend_at(found, 0)
    found.cancel()
    worker.resume()
    assert submit(spec, store).wait(PATIENCE) == "complete"


def test_sigterm_stops_a_worker_at_a_commit(store):
    found = submit(small_spec(N_LONG, years=2), store, **LONG)
    worker = suspend_at(found, 0)
    worker.terminate()
    worker.resume()
    assert found.wait(PATIENCE) == "interrupted"
    assert attempts(found)[-1]["outcome"] == "stopped"
    assert found.progress().patients_done == attempts(found)[-1]["patients"]


def test_run_follows_another_process_and_joins_its_answer(store, capfd):
    spec = small_spec(20_000, years=2)
    found = submit(spec, store, **LONG)
    results = run(spec, store)
    assert results.n_patients == 20_000
    assert len(attempts(found)) == 1


def test_run_takes_over_from_a_killed_worker(store):
    spec = small_spec(N_LONG, years=2)
    found = submit(spec, store, **LONG)
    suspend_at(found, 0)
    kill_workers(found)
    assert run(spec, store, progress=False).n_patients == N_LONG
    assert [attempt["outcome"] for attempt in attempts(found)] == ["complete"]


def test_ctrl_c_commits_and_says_how_to_go_on(store):
    code = (
        f"import sys; sys.path.insert(0, {TESTS!r})\n"
        "from support.runs import small_spec; from ape_core.runs.starting import run\n"
        f"run(small_spec({N_LONG}, years=2), {str(store.path)!r}, 1, 500)"
    )
    asker = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    found = ask(small_spec(N_LONG, years=2), store, 500)
    until(lambda: is_simulating(found))
    asker.send_signal(signal.SIGINT)
    _, said = asker.communicate(timeout=PATIENCE)
    assert (
        f"KeyboardInterrupt: Stopped; what was done is kept. `ape resume {found.run_id[:12]}`"
        in said
    )
    assert found.status == "interrupted"
    assert found.summary().n_patients == found.progress().patients_done > 0
    assert run(small_spec(N_LONG, years=2), store, progress=False).n_patients == N_LONG


def test_a_failing_chunk_is_told_and_the_rest_is_kept(store, monkeypatch):
    spec = small_spec(2_000, years=1)

    def simulate_some(asked, first, stop):
        if first >= 1_000:
            raise MemoryError("no room for the chunk")
        return simulate(asked, first, stop)

    with monkeypatch.context() as patch:
        patch.setattr("ape_core.runs.chunks.simulate", simulate_some)
        with pytest.raises(RunFailedError, match="MemoryError: no room for the chunk"):
            run(spec, store, 1, 250, progress=False)
    found = ask(spec, store)
    progress = found.progress()
    assert (progress.status, progress.patients_done) == ("failed", 1_000)
    assert "no room for the chunk" in progress.error
    assert "ape resume" in progress.hint
    with pytest.raises(RunFailedError, match="no room"):
        found.results()
    assert run(spec, store, progress=False).n_patients == 2_000
    assert found.progress().error == ""
    assert found.digest() == digest_of(spec)


def test_a_worker_that_cannot_write_says_so(store):
    found = ask(small_spec(1_000, years=1), store)
    (found.folder.path / "visits").rmdir()
    (found.folder.path / "visits").write_text("in the way")
    assert submit(small_spec(1_000, years=1), store).wait(PATIENCE) == "failed"
    assert "a file stands where a folder is needed" in found.progress().error
    (found.folder.path / "visits").unlink()
    assert found.resume().wait(PATIENCE) == "complete"
    assert found.progress().error == ""


def test_a_cancelled_run_in_this_process_is_an_error(store, monkeypatch):
    spec = small_spec(2_000, years=1)
    found = ask(spec, store, 250)

    def simulate_and_cancel(asked, first, stop):
        found.cancel()
        return simulate(asked, first, stop)

    monkeypatch.setattr("ape_core.runs.chunks.simulate", simulate_and_cancel)
    with pytest.raises(RunFailedError, match="was cancelled"):
        run(spec, store, 1, progress=False)
    assert found.status == "interrupted"
    assert 0 < found.progress().patients_done < 2_000


def test_resume_repairs_what_is_damaged(store):
    spec = small_spec(2_000, years=1)
    run(spec, store, 2, 500, progress=False)
    found = ask(spec, store)
    sound = found.digest()
    damaged = sorted((found.folder.path / "visits").iterdir())[1]
    damaged.write_bytes(damaged.read_bytes()[:-100] + bytes(100))
    sorted((found.folder.path / "patients").iterdir())[2].unlink()
    (found.folder.path / found.folder.checkpoint().summary_file).write_bytes(b"nothing")
    problems = {problem.file for problem in found.verify()}
    assert problems == {
        "visits/part-000001.parquet",
        "patients/part-000002.parquet",
        "summary-4.npz",
    }
    with pytest.raises(CorruptRunError, match="its checksum is not the one"):
        found.summary() if found._summary is None else open_run(found.run_id, store).summary()
    found.resume()
    until(lambda: not found.folder.is_locked())
    assert found.verify() == []
    assert found.digest() == sound


def test_resume_makes_a_lost_checkpoint_again(store):
    spec = small_spec(1_000, years=1)
    run(spec, store, 1, 500, progress=False)
    found = ask(spec, store)
    (found.folder.path / "checkpoint.json").write_text("{}")
    assert found.status == "failed"
    assert "checkpoint.json is damaged" in found.progress().error
    with pytest.raises(CorruptRunError, match="ape resume"):
        run(spec, store, progress=False)
    found.resume()
    assert found.wait(PATIENCE) == "complete"
    assert found.verify() == []
    assert found.digest() == digest_of(spec)


def test_an_edited_question_is_noticed_and_put_back(store):
    spec = small_spec(1_000, years=1)
    path = ask(spec, store).folder.path / "spec.json"
    sound = path.read_text()
    for again in (
        lambda _: run(spec, store, progress=False),
        lambda _: submit(spec, store),
        lambda edited: edited.resume(),
    ):
        path.write_text(sound.replace('"seed": 1', '"seed": 2'))
        edited = open_run(spec.run_id, store)
        assert edited.status == "failed"
        assert "was edited or damaged" in edited.progress().error
        with pytest.raises(CorruptRunError, match="ape resume"):
            edited.results()
        again(edited)
        assert path.read_text() == sound
        assert edited.wait(PATIENCE) == "complete"


def test_a_question_of_which_no_copy_is_left_has_to_be_asked_again(store):
    spec = small_spec(1_000, years=1)
    found = ask(spec, store)
    for name in ("spec.json", "checkpoint.json"):
        (found.folder.path / name).write_text("{}")
    lost = open_run(spec.run_id, store)
    with pytest.raises(CorruptRunError, match="Ask the same question again.*ape delete"):
        lost.resume()
    assert run(spec, store, progress=False).n_patients == 1_000
    assert lost.verify() == []


def test_a_run_that_does_not_fit_is_refused_with_what_would(store, monkeypatch):
    usage = type("Usage", (), {"free": 200 * 1024 * 1024})
    monkeypatch.setattr("ape_core.runs.estimating.shutil.disk_usage", lambda _: usage)
    with pytest.raises(
        StoreError,
        match=r"has room for 100 MB: 200 MB are free, and 100 MB are kept free\. About",
    ) as big:
        submit(small_spec(100_000_000, years=5), store)
    assert "patients of this question would fit" in big.value.hint
    assert list_runs(store) == []


def test_a_store_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        submit(small_spec(100, years=1), tmp_path / "file")


def test_a_missing_run_is_named(store):
    with pytest.raises(NoSuchRunError, match="There is no run abcdef"):
        open_run("abcdef", store)
    with pytest.raises(NoSuchRunError, match="There is no run in"):
        open_run("latest", store)


def test_asking_again_reads_the_answer(store):
    spec = small_spec(1_000, years=1)
    run(spec, store, progress=False)
    before = attempts(ask(spec, store))
    run(spec, store, progress=False)
    assert submit(spec, store).status == "complete"
    assert attempts(ask(spec, store)) == before


def test_results_of_a_run_in_progress_are_refused(store):
    found = ask(small_spec(1_000, years=1), store)
    with pytest.raises(ape.InvalidInputError, match="is interrupted: 0 of 1,000 patients are done"):
        found.results()


def test_wait_gives_up_in_time(store, monkeypatch):
    monkeypatch.setattr("ape_core.limits.MAX_CONCURRENT_SIMULATIONS", 1)
    monkeypatch.setenv("APE_MAX_CONCURRENT_SIMULATIONS", "1")
    with wait_for_slot(store.path, "somebody", 0.0, lambda _: False):
        found = submit(small_spec(500, years=1), store)
        assert found.wait(0.3) in {"running", "queued"}
        found.cancel()
        assert found.wait(PATIENCE) == "interrupted"


def test_the_worker_leaves_no_trace_of_the_notebook(store, monkeypatch):
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))
    found = submit(small_spec(N_LONG, years=2), store, **LONG)
    worker = suspend_at(found, 0)
    assert "JPY_PARENT_PID" not in worker.environ()
    assert os.getsid(worker.pid) != os.getsid(0)
    kill_workers(found)
