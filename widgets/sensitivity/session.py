"""The state of a page of sensitivity: the base case, and three ways to vary it.

It knows of no widget. All of it can be found again in the store: the same runs, asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from ape_core.analysis.drawn_runs import DRAW_SEED, LEAST_DRAWS, DrawnRuns
from ape_core.analysis.places import MOST_VALUES, Place, places_of, uncertain_places
from ape_core.analysis.point_figures import Estimate
from ape_core.analysis.point_runs import PointRuns, SeriesProgress
from ape_core.analysis.sweep import Sweep, points_of
from ape_core.analysis.swept_outcomes import FIRST_OUTCOME
from ape_core.analysis.tornado import INFLUENTIAL, Tornado, tornado_points
from ape_core.errors import ApeError, InvalidSpecError
from ape_core.limits import MAX_SEED, MAX_YEARS
from ape_core.runs import open_run
from ape_core.spec.field_guide import read_number, write_number
from ape_core.spec.run_spec import RunSpec
from widgets.format import count, parse_count
from widgets.question import FIRST_QUESTION, LEAST_PATIENTS
from widgets.session import Session

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
"""A larger run is taken as the question, with as many patients as a first question has."""

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
        **FIRST_QUESTION, "patients": "2,000", "years": "3",
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
        found = self.tornado
        if found is None or found.figures(found.base) is None:
            return None
        return found.base_estimate(self.outcome, self.year)

    @property
    def is_busy(self) -> bool:
        """Whether anything is simulated."""
        return any(state.status in ("running", "stopping") for state in self.states.values())

    def state(self, kind: str) -> SeriesProgress | None:
        """How far one of the three is; None when it was not asked."""
        return self.states.get(kind)

    def arrive(self, run_id: str = "") -> None:
        """Begin with the question of a run that a link names, else with a first question."""
        trouble: ApeError | None = None
        if run_id:
            try:
                self._adopt(open_run(run_id, self._store).spec)
            except ApeError as error:
                trouble = error
        self._check()
        self.start()
        if trouble is not None:
            self.report(trouble.message, trouble.hint)

    def start(self) -> None:
        """Ask the question: have its numbers varied, and see what is known of the rest."""
        if self.asked is None:
            raise InvalidSpecError(self.problem or "Nothing is asked yet.")
        for runs in self.studies.values():
            runs.stop(at_once=False)
        self._release()
        self.base, self.notice = self.asked, None
        self._offer_response()
        self._begin(TORNADO, self._tornado())
        # What was asked of the same question before is there at once.
        for kind, runs in ((RESPONSE, self._sweep()), (DRAWS, self._draws())):
            known = runs.progress()
            if known.n_done > 1 or known.status == "running":
                self.studies[kind] = runs
        self.refresh()

    def begin(self, kind: str) -> None:
        """Ask for one of the three, as its fields say."""
        self.notice = None
        makers = {TORNADO: self._tornado, RESPONSE: self._sweep, DRAWS: self._draws}
        self._begin(kind, makers[kind]())
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
        if breadth != self.breadth and self.base is not None:
            self.breadth = breadth
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
        self.base = None
        self.studies, self.states = {}, {}

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

    def _adopt(self, spec: RunSpec) -> None:
        """Take the question of a run; of a large one, with fewer patients."""
        self.question = self.question_of(spec)
        if spec.cohort.n_patients > _ADOPTED_PATIENTS:
            self.question["patients"] = count(parse_count(self.first_question["patients"], "", 1,
                                                          MOST_PATIENTS))  # fmt: skip


def _number(words: str, name: str) -> float:
    """Number that a field of the range means."""
    found = read_number(words)
    if isinstance(found, str):
        title = {"low": "From", "high": "To"}[name]
        raise InvalidSpecError(f"{title}: {words.strip()!r} is not a number, such as 8 or 0.25.")
    return found
