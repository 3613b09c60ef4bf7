"""The state of a page of a clinic's work: the run, the staffing, and what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from ape_core.errors import ApeError, InvalidInputError, InvalidSpecError
from ape_core.runs import Run, submit
from ape_core.schema import DAYS_PER_WEEK
from ape_core.spec.checks import shown
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.service_calendar import service_window
from ape_core.spec.staffing import Staffing
from ape_core.spec.staffing_yaml import load_staffing
from ape_core.summaries.slots import SlippingCost, SlotUse, slipping_cost, slot_use
from ape_core.summaries.staff_plan import StaffPlan, staff_plan
from ape_core.summaries.staffing import Workload, workload
from widgets.question import Question, protocol_of
from widgets.service import question as asking
from widgets.session import Session

ALL_WEEKS: Final = "weeks"
"""The choice to look at all weeks; others are "year 2", for its weeks, and "days 3", for the days
of the weeks of a quarter."""

WEEKS_OF_DAYS: Final = 13
"""Weeks whose days are looked at together: a quarter."""


class ServiceSession(Session):
    """One page's view of a run as a clinic."""

    first_question: ClassVar[Mapping[str, Any]] = asking.FIRST_QUESTION
    numbers: ClassVar[Mapping[str, tuple[int, int]]] = asking.NUMBERS

    def __init__(self, store: Any = None) -> None:
        self.shipped: Staffing = load_staffing()
        self.staffing = self.shipped
        self.on_duty: dict[str, int] = {}
        self.work: Workload | None = None
        self.plan: StaffPlan | None = None
        self.year = 0
        self.looked_at = ALL_WEEKS
        self.version = 0
        self.slots: SlotUse | None = None
        self.cost: SlippingCost | None = None
        self._unlimited: Run | None = None
        self.peer_trouble = ""
        self._compared_for = ""
        self._worked_out_for: tuple[Any, ...] = ()
        super().__init__(store)

    def arrive(self, run_id: str = "") -> None:
        """Begin with the run that a link names, else with the first question of a service."""
        self.runs = self._listing.read()
        trouble = self._try_to_open(run_id) if run_id else None
        self._check()
        if self._run is None and self.broken is None:
            self.start()
        if trouble is not None:
            self.report(trouble.message, trouble.hint)

    def question_of(self, spec: RunSpec) -> Question:
        """Give the form that asks what a run answers."""
        return asking.question_of(spec, self.store)

    def spec_asked(self) -> RunSpec:
        """Give the question as a spec; the first field that is wrong is remembered."""
        try:
            self.protocol = protocol_of(self.question, self.store)
            return asking.spec_of(self.question, self.store)
        except InvalidSpecError as error:
            self.wrong_field = error.field
            raise

    def refresh(self) -> None:
        """Read anew what may have changed, and work out what follows."""
        super().refresh()
        self._work_out()

    @property
    def unlimited(self) -> Run | None:
        """The run of the same patients without a limit on slots."""
        return self._unlimited

    def set_numbers(self, values: Mapping[str, float]) -> None:
        """Use other numbers of the staffing; nothing is simulated."""
        self.use(self.staffing.with_values(values))

    def set_on_duty(self, role: str, sessions: int | None) -> None:
        """Fix the sessions of a role on duty on each open day; None lets them be planned."""
        on_duty = {name: own for name, own in self.on_duty.items() if name != role}
        if sessions is not None:
            on_duty[role] = sessions
        if self.work is not None:
            staff_plan(self.work, on_duty)  # refuses what cannot be
        self.on_duty = on_duty
        self._work_out()

    def use(self, staffing: Staffing) -> None:
        """Use another staffing; nothing is simulated."""
        self.staffing = staffing
        self._work_out()

    def reset_staffing(self) -> None:
        """Go back to the staffing that ships."""
        self.on_duty = {}
        self.use(self.shipped)

    def look_at(self, place: str) -> None:
        """Look at one of `places`."""
        if place not in dict(self.places()).values():
            raise InvalidInputError(f"{shown(place)} cannot be looked at.", "Choose from the list.")
        self.looked_at = place

    def choose_year(self, year: int) -> None:
        """Look at a year, where one is looked at by itself."""
        if self.work is not None:
            self.work.year(year)  # refuses one that is not there
            self.year = year

    @property
    def by_day(self) -> bool:
        """Whether single days are looked at."""
        return self.looked_at.startswith("days")

    @property
    def seen(self) -> Workload | None:
        """The part of the work that is looked at, and whose weeks or days are drawn."""
        if self.work is None or self.looked_at == ALL_WEEKS:
            return self.work
        place = int(self.looked_at.split()[1])
        if self.by_day:
            first = place * WEEKS_OF_DAYS * DAYS_PER_WEEK
            return self.work.within(first, first + WEEKS_OF_DAYS * DAYS_PER_WEEK)
        return self.work.year(place)

    @property
    def of_year(self) -> Workload | None:
        """The work of the year that is looked at."""
        return None if self.work is None else self.work.year(self.year)

    def places(self) -> list[tuple[str, str]]:
        """What can be looked at: its name, and what `look_at` takes."""
        if self.work is None:
            return [("all weeks", ALL_WEEKS)]
        n_years, n_weeks = self.work.n_years, self.work.n_weeks
        whole = f"weeks of all {n_years} years" if n_years > 1 else "all weeks"
        found = [(whole, ALL_WEEKS)]
        if n_years > 1:
            found += [(f"weeks of year {year}", f"year {year}") for year in range(1, n_years + 1)]
        for place, first in enumerate(range(0, n_weeks, WEEKS_OF_DAYS)):
            last = min(first + WEEKS_OF_DAYS, n_weeks)
            found.append((f"days of weeks {first + 1} to {last}", f"days {place}"))
        return found

    def close(self) -> None:
        """Let go of everything that is held in memory; runs go on."""
        super().close()
        self.work = self.plan = self.slots = self.cost = self._unlimited = None

    def _follow_peer(self) -> None:
        """Have the same patients simulated without a limit, and compare when both are complete."""
        if self.run_id != self._compared_for:
            self._compared_for = self.run_id
            self._unlimited, self.cost, self.peer_trouble = None, None, ""
            self._without_trouble(self._ask_unlimited)
        if self._unlimited is not None and self.cost is None and not self.peer_trouble:
            self._without_trouble(self._compare)

    def _ask_unlimited(self) -> None:
        """Ask for the run of the same patients without a limit on slots, if there is one here."""
        spec = self.shown
        if spec is None or spec.capacity is None:
            return
        if not spec.is_current:
            raise InvalidInputError(
                "This run is of another version of the model: nothing can be simulated beside it."
            )
        self._unlimited = submit(spec.replace(capacity=None), self._store)

    def _compare(self) -> None:
        """Compare both runs, if they are complete."""
        done = self.progress is not None and self.progress.status == "complete"
        if not done or self.summary is None or self._unlimited is None:
            return
        if self._unlimited.status == "complete" and (other := self._unlimited.summary()):
            self.cost = slipping_cost(self.summary, other)

    def _without_trouble(self, step: Callable[[], None]) -> None:
        """Do something that may fail without harm to the rest of the page."""
        try:
            step()
        except ApeError as error:
            self.peer_trouble = error.message

    def _work_out(self) -> None:
        """Work out what the clinic does, and who is needed, unless it is known."""
        patients = self.summary.n_patients if self.summary else 0
        self._follow_peer()
        known = (
            self.run_id, patients, self.staffing, tuple(sorted(self.on_duty.items())),
            self.cost is not None, self.peer_trouble,
        )  # fmt: skip
        if known == self._worked_out_for:
            return
        self._worked_out_for = known
        self.version += 1
        self.work = self.plan = self.slots = None
        if self.summary is None or self.shown is None or not patients:
            return
        opening, n_days = service_window(self.shown)
        self.work = workload(self.summary, self.staffing, n_days, opening_day=opening)
        self.plan = staff_plan(self.work, self.on_duty)
        if self.shown.capacity is not None:
            self.slots = slot_use(self.summary, self.shown)
        years = self.work.n_years
        if not 1 <= self.year <= years:
            self.year = years
        if self.looked_at not in [place for _, place in self.places()]:
            self.looked_at = ALL_WEEKS
