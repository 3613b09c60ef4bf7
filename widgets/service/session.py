"""The state of a page of a clinic's work: the run, the staffing, and what is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.schema import DAYS_PER_WEEK, DAYS_PER_YEAR
from ape_core.spec.checks import shown
from ape_core.spec.run_spec import RunSpec
from ape_core.spec.service_calendar import service_window
from ape_core.spec.staffing import Staffing
from ape_core.spec.staffing_yaml import load_staffing
from ape_core.summaries.slots import SlotUse, slot_use
from ape_core.summaries.slots_needed import SlotsNeeded, Wish, slots_needed
from ape_core.summaries.staff_plan import StaffPlan, staff_plan
from ape_core.summaries.staffing import Workload, workload
from widgets.format import count
from widgets.question import Question, protocol_of
from widgets.service import question as asking
from widgets.service.beside import Beside
from widgets.session import Session

if TYPE_CHECKING:
    from ape_core.summaries.summary import Summary

ALL_WEEKS: Final = "weeks"
"""The choice to look at all weeks; others are "year 2", for its weeks, and "days 3", for the days
of the weeks of a quarter."""

WEEKS_OF_DAYS: Final = 13
"""Weeks whose days are looked at together: a quarter."""

FIRST_WISH: Final = (5.0, 7)
"""Percentage of visits that may slip by more than so many days, until a reader says otherwise."""


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
        self.most_percent, self.late_days = FIRST_WISH
        self._worked_out_for: tuple[Any, ...] = ()
        super().__init__(store)
        self.beside = Beside(self._store)

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
    def has_stopped(self) -> bool:
        """Whether nothing more comes of the run by itself."""
        stopped = self.progress is not None and self.progress.status in ("failed", "interrupted")
        return stopped or self.damage is not None or self.broken is not None

    @property
    def wanted(self) -> SlotsNeeded | None:
        """Slots with which few visits of the year that is looked at slip far."""
        summary, spec = self._demand(), self.shown
        if summary is None or spec is None or self.work is None:
            return None
        opening, n_days = service_window(spec)
        first = DAYS_PER_YEAR * (self.year - 1)
        days = opening + first, opening + min(first + DAYS_PER_YEAR, n_days)
        wish = Wish(self.most_percent, self.late_days, asking.SLOT_DAYS)
        return slots_needed(summary, wish, *days)

    def wish(self, most_percent: float, late_days: int) -> None:
        """Let at most so many percent of visits slip by more than so many days."""
        Wish(most_percent, late_days, asking.SLOT_DAYS)  # refuses what cannot be
        self.most_percent, self.late_days = most_percent, late_days

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
        self.beside.close()
        self.work = self.plan = self.slots = None

    def start_with_slots(self, slots: int) -> None:
        """Have the service that is shown simulated with so many slots each weekday."""
        if self.shown is None:
            raise InvalidInputError("No service is shown.", "Open a run, or ask a question.")
        self.question = self.question_of(self.shown)
        self.edit("slots", count(slots))
        self.start()

    def _demand(self) -> Summary | None:
        """Summary of all patients without a limit on slots, once it is there."""
        if self.shown is None or self.shown.capacity is not None:
            return self.beside.summary
        whole = self.summary and self.summary.n_patients == self.shown.cohort.n_patients
        return self.summary if whole else None

    def _work_out(self) -> None:
        """Work out what the clinic does, and who is needed, unless it is known."""
        patients = self.summary.n_patients if self.summary else 0
        complete = self.progress is not None and self.progress.status == "complete"
        self.beside.follow(self.run_id, self.shown, complete=complete)
        known = (
            self.run_id, patients, complete, self.has_stopped, self.staffing,
            tuple(sorted(self.on_duty.items())), self.beside.version,
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
