"""Signals that end a process are held back until a run is at a commit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from ape_core.runs.stopping import StopSignals


def interrupted(times, message=""):
    """Interrupt this process that often in a block that holds signals back; return what it did."""
    reached = []

    def interrupt():
        with StopSignals(message) as held:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
                reached.append(held.requested)

    with pytest.raises(KeyboardInterrupt, match=message or None):
        interrupt()
    return reached


def test_ctrl_c_is_held_back_and_then_raised():
    assert interrupted(1, "go on later") == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_acts_at_once():
    assert interrupted(2) == [True]


def test_the_end_of_the_process_is_held_back_and_then_comes():
    code = (
        "import os, signal; from ape_core.runs.stopping import StopSignals\n"
        "with StopSignals(''):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('committed', flush=True)\n"
        "print('too far')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGTERM
    assert done.stdout == "committed\n"


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals("") as held:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not held.requested
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_leave_signals_alone():
    found = []

    def hold():
        with StopSignals(""):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
