"""A kernel that opens runs, draws and makes pages again and again holds no more than at first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support.proof import rows_of
from widgets import cells


def test_nothing_accumulates_in_a_real_kernel():
    rows = rows_of("hygiene")
    assert [row for row in rows if row["outcome"] != "held"] == []
    assert len(rows) == 2


class Thing:
    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


@pytest.fixture
def run_cell(monkeypatch):
    """Make a thing in a cell, in one of its executions."""
    monkeypatch.setattr(cells, "_MADE", {})

    def run(cell, execution, **metadata):
        request = {"header": {"msg_id": execution}, "metadata": {"cellId": cell, **metadata}}
        shell = SimpleNamespace(get_parent=lambda: request)
        monkeypatch.setattr("IPython.get_ipython", lambda: shell)
        thing = Thing()
        cells.replace(thing)
        return thing

    return run


def test_a_cell_that_is_run_again_replaces_what_it_made(run_cell):
    first, beside, other = run_cell("a", "1"), run_cell("a", "1"), run_cell("b", "2")
    again = run_cell("a", "3")
    assert [first.closed, beside.closed, other.closed, again.closed] == [1, 1, 0, 0]


def test_what_a_deleted_cell_made_is_closed(run_cell):
    gone = run_cell("a", "1")
    run_cell("b", "2", deletedCells=["a", "never-run"])
    assert gone.closed == 1


def test_without_a_cell_nothing_is_closed(run_cell):
    things = [run_cell(None, str(i)) for i in range(3)]
    assert [thing.closed for thing in things] == [0, 0, 0]
    cells.replace(Thing())
