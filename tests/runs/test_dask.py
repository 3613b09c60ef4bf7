"""A run that workers of a Dask cluster simulate is the run that threads would have simulated."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from ape_core.errors import InvalidInputError, RunFailedError, StoreError
from ape_core.runs import dask_cluster, dask_tasks, engine
from ape_core.runs.committing import Committer
from ape_core.runs.completing import complete
from ape_core.runs.dask_cluster import Cluster, why_failed
from ape_core.runs.dask_tasks import DaskTasks, errand_of
from ape_core.runs.dask_work import count_there, finish_there
from ape_core.runs.engine import DASK, Engine
from ape_core.runs.starting import ask, engine_of, list_runs, run, submit
from ape_core.simulation.simulate import simulate
from ape_core.storage.digest import digest_chunks
from benchmarks.servers.clusters import cluster_at
from benchmarks.servers.ports import free_port
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import kill_workers, until

CHUNK = 500


def expected(spec):
    """Digest of a run in one piece, in memory, never on disk."""
    return digest_chunks([simulate(spec, 0, spec.cohort.n_patients)])


@pytest.fixture
def ape_cluster():
    """A scheduler with a worker, which are there."""
    port = free_port()
    with cluster_at(port):
        yield Engine(DASK, f"tcp://127.0.0.1:{port}")


def committed(found):
    return found.progress().patients_committed


def test_a_killed_worker_of_this_machine_changes_nothing(store, monkeypatch):
    asked = ask(small_spec(12_000, years=2), store, CHUNK)
    killed, add = [], Committer.add

    def kill_then_add(committer, finished):
        """As the first chunk comes, kill a worker as the system would."""
        if not killed:
            children = psutil.Process().children()
            killed.extend(p for p in children if "--multiprocessing-fork" in p.cmdline()[-1:])
            os.kill(killed[0].pid, signal.SIGKILL)
        add(committer, finished)

    monkeypatch.setattr(Committer, "add", kill_then_add)
    complete(asked, 2, engine=Engine(DASK))
    assert len(killed) == 2
    assert asked.digest() == expected(asked.spec)
    assert asked.verify() == []
    assert asked.folder.clean_temporary() == []
    [attempt] = asked.folder.read_provenance()["attempts"]
    assert (attempt["executor"], attempt["threads"]) == (DASK, 2)
    assert not any(process.is_running() for process in killed)


def test_lost_schedulers_and_coordinators_lose_nothing_that_is_committed(store):
    spec = small_spec(100_000, years=2)
    port = free_port()
    where = {"executor": DASK, "scheduler": f"tcp://127.0.0.1:{port}"}
    with cluster_at(port) as cluster:
        found = submit(spec, store, chunk_size=CHUNK, **where)
        until(lambda: committed(found) > 0)
        cluster.kill()
        until(lambda: "is gone; connecting again" in found.progress().phase)
    before = committed(found)
    with cluster_at(port):
        until(lambda: committed(found) > before)
        kill_workers(found)  # the coordinator; what the cluster still writes, nobody commits
        kept = committed(found)
        assert found.status in {"interrupted", "complete"}
    assert run(spec, store, progress=False).n_patients == 100_000
    assert found.digest() == expected(spec)
    assert found.verify() == []
    assert found.folder.clean_temporary() == []
    attempts = found.folder.read_provenance()["attempts"]
    assert sum(attempt["patients"] for attempt in attempts) <= 100_000 - kept


def test_the_damaged_part_of_a_run_is_simulated_again_on_a_cluster(store, ape_cluster):
    spec = small_spec(900, years=1)
    run(spec, store, chunk_size=300, progress=False)
    found = ask(spec, store)
    before = found.digest()
    (found.folder.path / "visits" / "part-000001.parquet").write_bytes(b"PAR1")
    complete(found, check=True, engine=ape_cluster)
    assert found.verify() == []
    assert found.digest() == before
    [summary] = found.folder.path.glob("summary-*.npz")
    whole = summary.read_bytes()
    summary.write_bytes(whole[:-1])
    complete(found, check=True, engine=ape_cluster)
    assert summary.read_bytes() == whole, "counted again on the cluster"


def test_what_cannot_be_is_refused_in_a_sentence(monkeypatch):
    for words, said in (
        (("spark",), "The executor is 'spark'; it can be local or dask."),
        (("local", "tcp://host:8786"), "but the executor is local"),
        ((DASK, "host"), "'host' is not the address of a Dask scheduler."),
        ((DASK, "tcp://user@host:1"), "is not the address of a Dask scheduler."),
        ((DASK, "tcp://host:8786", 2), "tcp://host:8786 decides how many it has"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            engine_of(*words)
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    with pytest.raises(InvalidInputError, match="pip install 'ape-protocol-explorer.scale.'"):
        Engine(DASK)


def test_a_scheduler_that_is_not_there_fails_the_run_in_a_sentence(store, monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.5)
    asked = ask(small_spec(900, years=1), store)
    with pytest.raises(RunFailedError, match="There is no Dask scheduler at tcp://127.0.0.1:"):
        complete(asked, engine=Engine(DASK, f"tcp://127.0.0.1:{free_port()}"))
    assert asked.status == "failed"
    assert "dask scheduler" in asked.progress().hint
    submit(asked.spec, store).wait(PATIENCE)
    assert asked.status == "complete"


def test_a_scheduler_that_is_not_there_leaves_no_run(store, monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.5)
    nowhere = {"executor": DASK, "scheduler": f"tcp://127.0.0.1:{free_port()}"}
    spec = small_spec(900, years=1)
    for begin in (run, submit):
        with pytest.raises(InvalidInputError, match="There is no Dask scheduler at tcp://127.0.0"):
            begin(spec, store, **nowhere)
    assert list_runs(store) == []
    run(spec, store, progress=False)
    assert run(spec, store, progress=False, **nowhere).n_patients == 900, "nobody needs it now"


def test_a_worker_refuses_another_version_and_a_store_that_it_does_not_see(store, tmp_path):
    asked = ask(small_spec(900, years=1), store, 300)
    errand = errand_of(asked.folder)
    others = tuple((n, "0" if n == "numpy" else v) for n, v in errand.versions)
    other = dask_tasks.Errand(errand.question, errand.folder, 300, "", others)
    for work in (finish_there, count_there):
        with pytest.raises(RunFailedError, match="has version .* of numpy, but .* has 0"):
            work(other, 0, 300)
    away = dask_tasks.Errand(errand.question, str(tmp_path / "away"), 300, "", errand.versions)
    with pytest.raises(StoreError, match="does not see the run in .*away"):
        finish_there(away, 0, 300)
    assert not (tmp_path / "away").exists()


class Future:
    """A task whose fate the test decides."""

    def __init__(self, answer):
        self.status, self.answer = "pending", answer

    def add_done_callback(self, _):
        pass

    def result(self, timeout):
        return self.answer

    def exception(self, timeout):
        return self.answer


class Workers:
    """A cluster whose workers do what the test says."""

    n_threads, words, is_connected = 1, "", True

    def __init__(self):
        self.sent, self.cancelled = [], []

    def look(self):
        pass

    def submit(self, _work, _errand, first, _stop):
        self.sent.append(Future(first))
        return self.sent[-1]

    def cancel(self, futures):
        self.cancelled += futures


def tasks_on(workers, n_ranges=3):
    ranges = [(i * 10, i * 10 + 10) for i in range(n_ranges)]
    return DaskTasks(workers, finish_there, None, ranges, lambda first: first + 1)


def test_what_a_lost_scheduler_had_is_sent_again_and_taken_once():
    workers = Workers()
    tasks = tasks_on(workers)
    tasks.allow(2)
    assert tasks.take(0.01) is None
    assert [f.answer for f in workers.sent] == [0, 10], "no more than are allowed"
    workers.sent[0].status = "cancelled"
    workers.sent[1].status = "finished"
    assert tasks.take(0.01) == 11
    tasks.take(0.01)
    assert [f.answer for f in workers.sent] == [0, 10, 0, 20]
    for future in workers.sent[2:]:
        future.status = "finished"
    assert {tasks.take(0.01), tasks.take(0.01)} == {1, 21}
    assert not tasks.active
    tasks.raise_failure()


def test_a_task_that_fails_stops_the_rest_and_what_is_in_work_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(dask_tasks, "STOP_SECONDS", 0.0)
    workers = Workers()
    with tasks_on(workers) as tasks:
        tasks.take(0.01)
        workers.sent[0].status, workers.sent[0].answer = "error", StoreError("The disk is full.")
        tasks.take(0.01)
        assert not tasks.active
        assert workers.cancelled == workers.sent[1:]
        with pytest.raises(StoreError, match="The disk is full."):
            tasks.raise_failure()


def test_a_scheduler_that_stays_away_fails_the_run():
    now = [0.0]
    cluster = Cluster(Engine(DASK, "tcp://127.0.0.1:1"), 1, clock=lambda: now[0])
    cluster._connect = lambda: (_ for _ in ()).throw(OSError("refused"))
    cluster.look()
    assert "is gone; connecting again" in cluster.words
    tasks = tasks_on(cluster)
    now[0] = dask_cluster.LOST_SECONDS + 1
    assert tasks.take(0.01) is None
    with pytest.raises(RunFailedError, match="has been gone for 600 seconds"):
        tasks.raise_failure()
    assert not tasks.active


def test_errors_of_workers_are_told_in_words():
    from distributed.scheduler import KilledWorker

    killed = KilledWorker("task", None, 3)
    assert "Patients 0 to 299 could not be simulated: 4 workers" in str(why_failed(killed, 0, 300))
    lacking = ModuleNotFoundError("No module named 'ape_core'")
    assert "APE is not installed where" in str(why_failed(lacking, 0, 300))
    assert "ValueError: odd" in str(why_failed(ValueError("odd"), 0, 300))
