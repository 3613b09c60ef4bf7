"""The state of a page of sensitivity: the base case, and three ways to vary it.

It knows of no widget. All of it can be found again in the store: the same runs, asked again, and
what was last asked of a base case.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar, Final

from ape_core.analysis.drawn_runs import DRAW_SEED, LEAST_DRAWS, DrawnRuns
from ape_core.analysis.places import MOST_VALUES, Place, places_of, uncertain_places
from ape_core.analysis.point_figures import Estimate, estimate_of
from ape_core.analysis.point_runs import PointRuns, SeriesProgress
from ape_core.analysis.sweep import Sweep, points_of
from ape_core.analysis.swept_outcomes import FIRST_OUTCOME
from ape_core.analysis.tornado import INFLUENTIAL, Tornado, tornado_points
from ape_core.errors import ApeError, InvalidSpecError
from ape_core.limits import MAX_SEED, MAX_YEARS
from ape_core.runs import Run, list_runs, open_run
from ape_core.spec.field_guide import read_number, write_number
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.asked_studies import AskedStudies
from widgets.format import count, parse_count
from widgets.question import FIRST_QUESTION, LEAST_PATIENTS
from widgets.session import Session
from widgets.several.usual import is_usual

TORNADO, RESPONSE, DRAWS = "tornado", "response", "draws"
KINDS: Final = (TORNADO, RESPONSE, DRAWS)

FEW, ALL = "few", "all"
BREADTHS: Final = {FEW: f"{len(INFLUENTIAL)} influential ones", ALL: "all uncertain ones"}
"""How many numbers a tornado varies."""

MOST_PATIENTS: Final = 50_000
"""Patients of one run: there are dozens of them."""
MOST_DRAWS: Final = 200
FIRST_DRAWS: Final = "40"
FIRST_VALUES: Final = "5"
"""Draws, and values over a range, that are asked for unless somebody asks for others."""
_ADOPTED_PATIENTS: Final = 10_000
_FEWER: Final = 2_000
"""A run of more patients is taken as the question with so few."""

_SHOWN_UNASKED: Final = ("complete", "running", "stopping")
"""What is shown of runs though nobody is known to have asked for them together."""
_MOST_LOOKED_AT: Final = 40
"""Newest runs among which one looks for a base case."""

_LAST_VARIED: Final = (
    "This is the base case that was last varied in this store. To ask about another, choose it in "
    "the form."
)
_NEWEST: Final = (
    "The base case is the newest run in this store. To ask about another, choose it in the form."
)
_AN_EXAMPLE: Final = (
    "This is an example on few patients, as no run in this store could be varied yet. To ask your "
    "own question, choose a base case in the form."
)
"""Why a page shows what its visitor did not ask for."""

_FIRST_VARIED: Final = (
    "protocol.phases.0.max_interval_weeks",
    "protocol.phases.1.max_interval_weeks",
    "protocol.phases.0.interval_weeks",
    "protocol.phases.0.visit_interval_weeks",
)
"""What a response begins with: the first of these that a protocol has."""


class SensitivitySession(Session):
    """One page's view of a base case and of what is varied."""

    first_question: ClassVar[Mapping[str, Any]] = {
        **FIRST_QUESTION, "patients": "1,000", "years": "3",
    }  # fmt: skip
    numbers: ClassVar[Mapping[str, tuple[int, int]]] = {
        "patients": (LEAST_PATIENTS, MOST_PATIENTS), "years": (1, MAX_YEARS), "seed": (0, MAX_SEED),
    }  # fmt: skip

    def __init__(self, store: Any = None) -> None:
        super().__init__(store)
        self.base: RunSpec | None = None
        self.outcome = FIRST_OUTCOME
        self.wanted_year = 0
        self.breadth = FEW
        self.response = {"path": "", "low": "", "high": "", "n": FIRST_VALUES}
        self.n_draws = FIRST_DRAWS
        self._places: tuple[str, dict[str, Place]] = ("", {})
        self.studies: dict[str, PointRuns] = {}
        self.states: dict[str, SeriesProgress] = {}
        self.why = self._fewer = ""
        self._kept = AskedStudies(self._store.path)
        self._own: PointRuns | None = None

    @property
    def run_id(self) -> str:
        """The run of the base case; empty when there is none."""
        return self.base.run_id if self.base else ""

    @property
    def years(self) -> int:
        """Length of the runs; 0 when there are none."""
        return self.base.years if self.base else 0

    @property
    def year(self) -> int:
        """Year at whose end the outcome is shown."""
        return self.wanted_year if 1 <= self.wanted_year <= self.years else self.years

    @property
    def tornado(self) -> Tornado | None:
        """The numbers at their ends, if that was asked."""
        found = self.studies.get(TORNADO)
        return found if isinstance(found, Tornado) else None

    @property
    def sweep(self) -> Sweep | None:
        """One thing over a range, if that was asked."""
        found = self.studies.get(RESPONSE)
        return found if isinstance(found, Sweep) else None

    @property
    def drawn(self) -> DrawnRuns | None:
        """All numbers drawn together, if that was asked."""
        found = self.studies.get(DRAWS)
        return found if isinstance(found, DrawnRuns) else None

    @property
    def base_estimate(self) -> Estimate | None:
        """The outcome of the base case; None until its run is complete."""
        found = self._own.figures(self.base) if self._own and self.base else None
        return None if found is None else estimate_of(found, self.outcome, self.year)

    @property
    def is_busy(self) -> bool:
        """Whether anything is simulated."""
        return any(state.status in ("running", "stopping") for state in self.states.values())

    def state(self, kind: str) -> SeriesProgress | None:
        """How far one of the three is; None when it was not asked."""
        return self.states.get(kind)

    def was_stopped(self, kind: str) -> bool:
        """Whether somebody stopped one of the three."""
        return kind in self.studies and self.studies[kind].was_stopped

    def arrive(self, run_id: str = "") -> None:
        """Begin with the run of a link, else with what was last varied, else with the newest run.

        What was asked before is shown, and goes on where its process was lost; nothing else is
        simulated before somebody presses a button. Only where the store holds nothing that could
        be shown is a small example simulated, and `why` says so.
        """
        trouble: ApeError | None = None
        if run_id:
            try:
                self._adopt(open_run(run_id, self._store).spec)
            except ApeError as error:
                trouble = error
        found = "" if run_id and trouble is None else self._adopt_usual()
        self._check()
        if found or (run_id and trouble is None):
            self._look()
            self.why = f"{found} {self._fewer}".strip()
        else:
            self.start()
            self.why = _AN_EXAMPLE
        if trouble is not None:
            self.report(trouble.message, trouble.hint)

    def start(self) -> None:
        """Ask the question: have its numbers varied, and see what is known of the rest."""
        self._look()
        self.begin(TORNADO)

    def begin(self, kind: str) -> None:
        """Ask for one of the three, as its fields say."""
        self.notice = None
        self._begin(kind, self._made(kind))
        asked = {TORNADO: self.breadth, RESPONSE: dict(self.response), DRAWS: self.n_draws}
        self._kept.keep(self.run_id, {kind: asked[kind]})
        self.refresh()

    def stop(self, kind: str) -> None:
        """Begin no further run of one of the three."""
        if kind in self.studies:
            self.studies[kind].stop()
            self.refresh()

    def go_on(self, kind: str) -> None:
        """Go on with one of the three."""
        self.notice = None
        if kind in self.studies:
            self.studies[kind].start()
            self.refresh()

    def choose_breadth(self, breadth: str) -> None:
        """Vary few numbers or all; what is known of the runs already stays."""
        if breadth == self.breadth or self.base is None:
            return
        self.breadth = breadth
        if TORNADO in self.studies:
            self.begin(TORNADO)

    def choose_path(self, path: str) -> None:
        """Look at another thing over a range; its usual range is offered."""
        place = self.places()[path]
        low, high = place.span
        self.response |= {"path": path, "low": write_number(low), "high": write_number(high)}

    def places(self) -> dict[str, Place]:
        """Numbers of the base case that can be varied over a range, by path."""
        if self.base is None:
            return {}
        if self._places[0] != self.run_id:  # or every look would put them together anew
            uncertain = uncertain_places(self.base)
            found = {
                path: place
                for path, place in places_of(self.base).items()
                if place.is_number and (path in uncertain or not path.startswith("model."))
            }
            self._places = (self.run_id, found)
        return self._places[1]

    def refresh(self) -> None:
        """Read anew how far the runs are, until all are there."""
        if self._ticks % 2 == 0:
            self.read_protocols()
        self._ticks += 1
        if self._own is not None:
            self._own.read()
        for kind, runs in self.studies.items():
            known = self.states.get(kind)
            if known is None or known.status != "complete":
                self.states[kind] = runs.progress()

    def spec_asked(self) -> RunSpec:
        """Give the question as a spec, of no more patients than dozens of runs can have."""
        spec = super().spec_asked()
        if spec.cohort.n_patients > MOST_PATIENTS:
            self.wrong_field = "patients"
            raise InvalidSpecError(
                f"Patients: {spec.cohort.n_patients:,} in each of dozens of runs are too many; "
                f"allowed are {LEAST_PATIENTS:,} to {MOST_PATIENTS:,}.",
                field="patients",
            )
        return spec

    def _release(self) -> None:
        """Forget the base case, and all that was read of its runs."""
        super()._release()
        self.base, self._own, self.why = None, None, ""
        self.studies, self.states = {}, {}

    def _look(self) -> None:
        """Show the question that is asked, and what is known of it; begin nothing.

        What was asked of it before goes on, unless somebody stopped it or it failed.
        """
        if self.asked is None:
            raise InvalidSpecError(self.problem or "Nothing is asked yet.")
        for runs in self.studies.values():
            runs.stop(at_once=False)
        self._release()
        self.base, self.notice = self.asked, None
        self._own = PointRuns([self.base], self._store)
        asked = self._recall()
        self._offer_response()
        for kind in KINDS:
            try:
                runs = self._made(kind)
            except InvalidSpecError:
                continue  # a field of it does not say what is meant: it is asked when it does
            status = runs.progress().status
            if kind in asked or runs.was_begun or status in _SHOWN_UNASKED:
                self.studies[kind] = runs
            elif isinstance(runs, DrawnRuns):
                self._show_fewer_draws(runs)
            if kind in asked and status == "interrupted" and runs.was_lost:
                runs.start()
        self.refresh()

    def _recall(self) -> dict[str, Any]:
        """Write what was last asked of the base case into the fields; return what can be read."""
        kept = self._kept.read(self.run_id)
        asked: dict[str, Any] = {}
        if kept.get(TORNADO) in BREADTHS:
            self.breadth = asked[TORNADO] = kept[TORNADO]
        if isinstance(kept.get(DRAWS), str):
            self.n_draws = asked[DRAWS] = kept[DRAWS]
        response = kept.get(RESPONSE)
        if isinstance(response, dict) and response.get("path") in self.places():
            asked[RESPONSE] = response
            self.response |= {name: str(response.get(name, "")) for name in self.response}
        return asked

    def _show_fewer_draws(self, runs: DrawnRuns) -> None:
        """Where nobody is known to have asked for as many draws, show those that are there."""
        there = [runs.figures(spec) is not None for spec in runs.specs]
        n = [*there, False].index(False)
        if n >= LEAST_DRAWS:
            self.n_draws = str(n)
            self.studies[DRAWS] = self._draws()

    def _made(self, kind: str) -> PointRuns:
        """The runs of one of the three, as its fields say."""
        makers = {TORNADO: self._tornado, RESPONSE: self._sweep, DRAWS: self._draws}
        return makers[kind]()

    def _begin(self, kind: str, runs: PointRuns) -> None:
        """Show runs in place of those before, and have simulated what is missing."""
        before = self.studies.get(kind)
        if before is not None and before.specs != runs.specs:
            before.stop(at_once=False)
        self.studies[kind] = runs
        self.states.pop(kind, None)
        runs.start()

    def _tornado(self) -> Tornado:
        """Numbers of the model at both ends."""
        base = self._base()
        paths = [p for p in INFLUENTIAL if p in uncertain_places(base)]
        points = tornado_points(base, paths if self.breadth == FEW else None)
        return Tornado(base, points, self._store)

    def _sweep(self) -> Sweep:
        """One thing over a range."""
        base, path = self._base(), self.response["path"]
        low, high = (_number(self.response[name], name) for name in ("low", "high"))
        n = parse_count(self.response["n"], "Values", 2, MOST_VALUES)
        values = self.places()[path].values(low, high, n)
        return Sweep(base, points_of(base, {path: values}), self._store)

    def _draws(self) -> DrawnRuns:
        """All uncertain numbers drawn together."""
        n = parse_count(self.n_draws, "Draws", LEAST_DRAWS, MOST_DRAWS)
        return DrawnRuns(self._base(), n, DRAW_SEED, self._store)

    def _base(self) -> RunSpec:
        """The base case, which there must be."""
        if self.base is None:
            raise InvalidSpecError("Nothing is asked yet.", "Press Start.")
        return self.base

    def _offer_response(self) -> None:
        """Begin with what a protocol is known for, unless what was chosen can still be varied."""
        places = self.places()
        if self.response["path"] not in places:
            first = next((path for path in _FIRST_VARIED if path in places), next(iter(places)))
            self.choose_path(first)

    def _adopt_usual(self) -> str:
        """Take the question that was last varied, or of the newest usual run; say why, or ""."""
        for run_id in self._kept.newest():
            if run_id in self._store and self._try_to_adopt(open_run(run_id, self._store)):
                return _LAST_VARIED
        for run in list_runs(self._store)[:_MOST_LOOKED_AT]:
            if self._try_to_adopt(run):
                return _NEWEST
        return ""

    def _try_to_adopt(self, run: Run) -> bool:
        """Take the question of a complete run of the shipped model, unless it cannot be varied."""
        try:
            if not is_usual(run, self._store) or run.status != "complete":
                return False
            self._adopt(run.spec)
            self.spec_asked()
        except ApeError:
            self.question = deepcopy(dict(self.first_question))
            return False
        return True

    def _adopt(self, spec: RunSpec) -> None:
        """Take the question of a run; of a large one, with fewer patients."""
        self.question, self._fewer = self.question_of(spec), ""
        if spec.cohort.n_patients > _ADOPTED_PATIENTS:
            self.question["patients"] = count(_FEWER)
            self._fewer = (
                f"It has {_FEWER:,} patients instead of the {spec.cohort.n_patients:,} of that "
                "run, as dozens of runs are simulated."
            )


def _number(words: str, name: str) -> float:
    """Number that a field of the range means."""
    found = read_number(words)
    if isinstance(found, str):
        title = {"low": "From", "high": "To"}[name]
        raise InvalidSpecError(f"{title}: {words.strip()!r} is not a number, such as 8 or 0.25.")
    return found
