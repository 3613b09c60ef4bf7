"""What happened to a run that stopped, in one sentence."""

from __future__ import annotations

import signal

import pytest

from ape_core.runs import story
from ape_core.runs.chunks import finish_chunk
from ape_core.runs.completing import complete
from ape_core.runs.handle import Run
from ape_core.runs.progress import ProgressReporter
from ape_core.runs.starting import ask, submit
from ape_core.storage.run_folder import RunFolder
from support.patience import PATIENCE
from support.runs import small_spec
from support.workers import is_simulating, kill_workers, until, workers_of

LONG = {"workers": 1, "chunk_size": 200}


@pytest.fixture
def half(store):
    """A run of which 20 of 60 patients are committed."""
    spec = small_spec(60, 1)
    run = ask(spec, store, 20)
    done = finish_chunk(spec, run.folder.path, 20)((0, 20))
    run.folder.committed.save_progress([done.record], done.summary.to_arrays())
    return run


def say(run, phase="simulating", **more):
    reporter = ProgressReporter(lambda said: run.folder.write_progress({**said, **more}))
    reporter.enter(phase)


def told(run):
    return Run(RunFolder(run.folder.path)).progress().story


def test_a_killed_worker(store):
    run = submit(small_spec(60_000, 2), store, **LONG)
    until(lambda: is_simulating(run) and run.progress().patients_committed > 0)
    kill_workers(run)
    progress = run.progress()
    assert progress.status == "interrupted"
    assert progress.story == (
        f"The system ended the worker of this run at {progress.patients_done:,} of 60,000 "
        "patients; nothing that was committed is lost, and it goes on from there when it is "
        "resumed."
    )


def test_a_worker_that_was_told_to_stop(store):
    run = submit(small_spec(60_000, 2), store, **LONG)
    until(lambda: is_simulating(run))
    [worker] = workers_of(run)
    worker.send_signal(signal.SIGTERM)
    assert run.wait(PATIENCE) == "interrupted"
    assert run.progress().story.startswith("This run was told to stop at ")
    assert "as when a machine shuts down" in run.progress().story


def test_a_run_that_was_cancelled(half):
    say(half)
    half.folder.request_cancel()
    assert told(half) == (
        "This run was cancelled at 20 of 60 patients; nothing that was committed is lost, and it "
        "can go on from there."
    )


def test_a_restarted_machine(half):
    say(half, boot_id="another start")
    assert told(half).startswith(
        "The machine was restarted while this run was at 20 of 60 patients; nothing"
    )
    assert story.boot_id()


def test_a_run_that_never_began(store):
    run = ask(small_spec(60, 1), store, 20)
    assert told(run) == "This run was asked for but never began; it does so when it is resumed."


def test_a_run_that_was_killed_before_its_first_commit(store):
    run = ask(small_spec(60, 1), store, 20)
    say(run, "loading the simulator")
    assert "at 0 of 60 patients; nothing had been committed yet" in told(run)


def test_a_run_that_failed(half):
    half.folder.write_error("Could not write part 2: the disk is full.", "Free some space.")
    progress = Run(RunFolder(half.folder.path)).progress()
    assert progress.status == "failed"
    assert progress.story.startswith("This run failed at 20 of 60 patients; nothing that was")
    assert progress.error == "Could not write part 2: the disk is full."


@pytest.mark.parametrize(
    ("flag", "free", "words"),
    [
        (story.os.ST_RDONLY, 10**9, "once the store can be written to again"),
        (0, 10, "once there is room on the disk again"),
        (0, 10**9, "when it is resumed."),
    ],
)
def test_what_has_to_be_done_first(half, monkeypatch, flag, free, words):
    state = type("State", (), {"f_flag": flag, "f_bavail": free, "f_frsize": 1})
    monkeypatch.setattr(story.os, "statvfs", lambda _: state)
    say(half)
    assert words in told(half)
    assert told(half).startswith("The disk is full, and this run stopped at 20") == (free == 10)


def test_nothing_is_told_of_a_run_that_goes_on_or_is_complete(half):
    with half.folder.acquire():
        assert told(half) == ""
    complete(half, 1)
    assert told(half) == ""


@pytest.mark.parametrize("said", ["[]", "{}", '{"phase": 5, "boot_id": []}', '{"phase": null}', ""])
def test_nonsense_in_the_words_of_a_worker_does_no_harm(half, said):
    (half.folder.path / "progress.json").write_text(said)
    assert "at 20 of 60 patients" in told(half)


@pytest.mark.parametrize("value", ["null", '"many"', "-1", "NaN", "1e400", "[]", "true", "{}"])
def test_nonsense_in_the_numbers_of_a_worker_does_no_harm(half, value):
    names = ("patients_done", "n_patients", "per_second", "seconds_left", "memory_mb")
    said = ", ".join(f'"{name}": {value}' for name in names)
    (half.folder.path / "progress.json").write_text("{" + said + "}")
    with half.folder.acquire():
        progress = Run(RunFolder(half.folder.path)).progress()
    assert (progress.status, progress.patients_done, progress.n_patients) == ("running", 20, 60)
    assert progress.seconds_left in (None, 1)
