"""Every page says in the same words that the simulator is compiled first."""

from __future__ import annotations

from ape_core.analysis.point_runs import SeriesProgress
from ape_core.runs import Progress
from ape_core.runs.compiling import COMPILING
from widgets.progress import compiling_words, progress_markup, time_words
from widgets.several.progress import progress_markup as several_markup
from widgets.study_progress import progress_markup as study_markup

_COMPILES = Progress("a", "running", COMPILING, 0, 0, 100)
_WAITS = Progress("b", "queued", "", 0, 0, 100, queue_place=1)
_SIMULATES = Progress("c", "running", "simulating", 10, 10, 100)


def test_a_run_several_runs_and_a_study_say_it_alike():
    said = f"C{COMPILING[1:]}"
    assert said in progress_markup(_COMPILES)
    assert f"{said}." in several_markup((_COMPILES, _WAITS), ("A", "B"))
    assert COMPILING in study_markup(SeriesProgress("running", 0, 3, is_compiling=True))


def test_nothing_is_said_once_patients_are_simulated():
    assert compiling_words((_SIMULATES, _WAITS)) == ""
    assert "ompiling" not in several_markup((_SIMULATES, _WAITS), ("A", "B"))
    assert "ompiling" not in study_markup(SeriesProgress("running", 0, 3))


def test_the_time_of_a_run_says_that_compiling_comes_first():
    assert time_words(2.2, compiles=True).endswith("2\N{NARROW NO-BREAK SPACE}s, after compiling")
    assert "compiling" not in time_words(2.2, compiles=False)
