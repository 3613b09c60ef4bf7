"""The runs under drawn models that a page of economics asks for, and how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ape_core.analysis.drawn_runs import LEAST_DRAWS
from ape_core.analysis.economic_draws import FIRST_DRAWS, FIRST_PATIENTS, EconomicDraws
from ape_core.errors import ApeError
from widgets.format import count, parse_count
from widgets.question import LEAST_PATIENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ape_core.analysis.point_runs import SeriesProgress
    from ape_core.spec.run_spec import RunSpec
    from ape_core.storage.store import Store

MOST_DRAWS: Final = 200
MOST_PATIENTS: Final = 50_000
"""Draws, and patients of each run: there are as many runs as draws for each protocol."""


class DrawsStudy:
    """What is asked of draws of the disease, and the runs that answer.

    Parameters
    ----------
    store
        Folder of the runs.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.n_draws, self.n_patients = str(FIRST_DRAWS), count(FIRST_PATIENTS)
        self.runs: EconomicDraws | None = None
        self.state: SeriesProgress | None = None
        self.n_complete = 0

    def look(self, questions: Mapping[str, RunSpec]) -> None:
        """Take what is known of other protocols, if their draws were asked for before."""
        if self.runs is not None:
            self.runs.stop(at_once=False)
        self.forget()
        if not questions:
            return
        self.n_draws = str(FIRST_DRAWS)
        n_patients = next(iter(questions.values())).cohort.n_patients
        self.n_patients = count(min(FIRST_PATIENTS, n_patients))
        try:
            runs = self._made(questions)
        except ApeError:
            return  # pressing the button says why
        known = runs.progress()
        n_complete = len(runs.complete_draws)
        if known.status == "running" or runs.was_begun or n_complete == runs.n_draws:
            self.runs = runs
        elif n_complete >= LEAST_DRAWS:  # fewer were asked for, and all of these are there
            self.n_draws = str(n_complete)
            self.runs = self._made(questions)
        self.refresh()

    def begin(self, questions: Mapping[str, RunSpec]) -> None:
        """Have the draws simulated that the fields ask for."""
        runs = self._made(questions)
        if self.runs is not None and self.runs.specs != runs.specs:
            self.runs.stop(at_once=False)
        self.runs, self.state, self.n_complete = runs, None, 0
        runs.start()
        self.refresh()

    def stop(self) -> None:
        """Begin no further run."""
        if self.runs is not None:
            self.runs.stop()
            self.refresh()

    def go_on(self) -> None:
        """Go on with what is not complete."""
        if self.runs is not None:
            self.state = None
            self.runs.start()
            self.refresh()

    def refresh(self) -> None:
        """Read the runs that have become complete."""
        if self.runs is None or (self.state is not None and self.state.status == "complete"):
            return
        self.state = self.runs.progress()
        self.n_complete = len(self.runs.complete_draws)

    def forget(self) -> None:
        """Let go of the runs, which go on."""
        self.runs, self.state, self.n_complete = None, None, 0

    @property
    def has_draws(self) -> bool:
        """Whether there are enough draws to tell of a spread."""
        return self.n_complete >= LEAST_DRAWS

    def _made(self, questions: Mapping[str, RunSpec]) -> EconomicDraws:
        """The runs that the fields ask for; none is started."""
        n: dict[str, Any] = {
            "n": parse_count(self.n_draws, "Draws", LEAST_DRAWS, MOST_DRAWS),
            "n_patients": parse_count(
                self.n_patients, "Patients of each run", LEAST_PATIENTS, MOST_PATIENTS
            ),
        }
        return EconomicDraws(questions, store=self._store, **n)
