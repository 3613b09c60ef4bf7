"""The kernel never writes beyond its columns; compiled code would not notice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.interpreted import letters_and_days


@pytest.fixture(scope="module")
def found():
    """What the kernel did in the interpreter."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.interpreted"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_protocol_makes_more_visits_than_there_is_room_for(found):
    assert found["interpreted"]


def test_too_little_room_would_be_noticed(found):
    assert found["control"]


def test_interpreted_and_compiled_kernel_give_the_same_rows(found):
    assert found["sums"] == {name: letters_and_days(name) for name in found["sums"]}
