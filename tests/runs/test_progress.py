"""What is said of a run's progress, to programs and to people."""

from __future__ import annotations

import io

import pytest

from ape_core.runs.console import ProgressLine, describe, duration
from ape_core.runs.progress import Progress, ProgressReporter, Rate


def progress(**changes):
    known = {
        "run_id": "ab" * 32,
        "status": "running",
        "phase": "simulating",
        "patients_done": 45_000,
        "patients_committed": 40_000,
        "n_patients": 100_000,
    }
    return Progress(**known | changes)


def test_rate_is_that_of_the_last_seconds():
    rate = Rate(window_seconds=5)
    assert rate.per_second() is None
    for second in range(20):
        rate.add(second, 100 * second if second < 10 else 1_000 + 10 * (second - 10))
    assert rate.per_second() == pytest.approx(10)


def test_rate_is_unknown_until_something_is_done():
    rate = Rate()
    rate.add(0, 5_000)
    rate.add(1, 5_000)
    assert rate.per_second() is None
    rate.add(2, 6_000)
    assert rate.per_second() == pytest.approx(500)


def test_reporter_writes_twice_a_second_and_each_new_phase():
    written = []
    now = [0.0]
    reporter = ProgressReporter(written.append, clock=lambda: now[0])
    reporter.n_patients = 1_000
    for _ in range(100):
        now[0] += 0.02
        reporter.report()
    assert len(written) == 4
    reporter.enter("simulating")
    reporter.enter("simulating")
    assert len(written) == 5
    reporter.start_from(200)
    now[0] += 2
    reporter.add(100)
    reporter.report(now=True)
    said = written[-1]
    assert said["patients_done"] == 300
    assert said["per_second"] == pytest.approx(50)
    assert said["seconds_left"] == pytest.approx(14)
    assert said["memory_mb"] <= said["peak_memory_mb"]
    reporter.is_halted = True
    reporter.report(now=True)
    assert written[-1]["per_second"] is None
    assert written[-1]["seconds_left"] is None


def test_progress_is_said_in_plain_words():
    shown = describe(progress(per_second=12_345.6, seconds_left=200, memory_mb=210.4))
    assert shown == (
        "simulating: 45,000 of 100,000 patients (45%), 12,346 per second, 3 min 20 s left, 210 MB"
    )
    queued = progress(status="queued", phase="waiting in the queue", queue_place=2)
    assert describe(queued).startswith("waiting in the queue: 45,000 of")
    assert describe(queued).endswith("place 2 in the queue")
    behind = progress(status="queued", queue_place=1, ahead=("0123456789abcdef",))
    assert describe(behind).endswith("place 1 in the queue, after 0123456789ab")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.96, "10.0 s"), (59, "59 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min")],
)
def test_durations_are_said_as_people_do(seconds, words):
    assert duration(seconds) == words


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_one_line_that_is_replaced(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    line = ProgressLine(stream)
    line.show(progress(memory_mb=210, per_second=1_234, seconds_left=3))
    line.show(progress(patients_done=46_000))
    line.close()
    shown = stream.getvalue()
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    assert all(len(part) < 60 for part in shown.rstrip("\n").split("\r"))
    assert len(set(map(len, shown.rstrip("\n").split("\r")[1:]))) == 1


def test_a_log_has_a_line_now_and_then(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("ape_core.runs.console.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    line = ProgressLine(stream)
    for _ in range(250):
        now[0] += 0.1
        line.show(progress())
    line.close()
    assert stream.getvalue().count("\n") == 2
    assert "\r" not in stream.getvalue()


def test_a_reader_that_has_gone_does_no_harm():
    tried = []

    class Closed(Terminal):
        def write(self, text):
            tried.append(text)
            raise BrokenPipeError

    line = ProgressLine(Closed())
    line.show(progress())
    line.show(progress())
    line.close()
    assert len(tried) == 1


def test_share_of_a_run_that_cannot_be_read_is_nothing():
    assert progress(patients_done=0, n_patients=0).share == 0.0
