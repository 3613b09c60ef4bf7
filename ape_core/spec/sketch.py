"""The visits a protocol plans for two imagined eyes, for a small picture of its schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ape_core.spec.checks import whole
from ape_core.spec.phases import (
    LAST_WEEK,
    FixedPhase,
    LabelPhase,
    Phase,
    PrnPhase,
    TreatAndExtendPhase,
)

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol


@dataclass(frozen=True, slots=True)
class EyeSchedule:
    """Weeks of the visits of one eye, apart by whether an injection is given."""

    injection_weeks: tuple[int, ...]
    visit_only_weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScheduleSketch:
    """Schedules of an eye that is dry from the second visit on and of one that stays active."""

    dry: EyeSchedule
    active: EyeSchedule


def sketch(protocol: Protocol, weeks: int) -> ScheduleSketch:
    """Lay out the planned visits up to and including week `weeks`, without stopping rules."""
    until = whole("weeks", weeks, 1, LAST_WEEK)
    return ScheduleSketch(
        _Eye(protocol, active=False).run(until), _Eye(protocol, active=True).run(until)
    )


class _Eye:
    """One imagined eye that attends every visit on time."""

    def __init__(self, protocol: Protocol, *, active: bool) -> None:
        self.protocol = protocol
        self.stays_active = active
        self.week = 0
        self.phase: Phase | None = None
        self.interval = 0
        self.assigning = False
        self.last_injection = -LAST_WEEK
        self.injections: list[int] = []
        self.visits: list[int] = []

    def run(self, until: int) -> EyeSchedule:
        """Visit after visit up to a week."""
        while self.week <= until:
            self.visit()
        return EyeSchedule(tuple(self.injections), tuple(self.visits))

    def visit(self) -> None:
        """Treat or not, and plan the next visit."""
        loading = self.protocol.loading
        if loading and self.week <= loading.last_week:
            self.record(injected=True)
            if self.week < loading.last_week:
                self.week += loading.interval_weeks
                return
            self.interval = self.enter(_phase_at(self.protocol, self.week))
        else:
            self.interval = self.decide(_phase_at(self.protocol, self.week))
        self.week += self.interval

    def record(self, *, injected: bool) -> None:
        """Note the visit."""
        (self.injections if injected else self.visits).append(self.week)
        if injected:
            self.last_injection = self.week

    @property
    def active(self) -> bool:
        """Every eye is active before its first injection."""
        return self.stays_active or not self.injections

    def enter(self, phase: Phase) -> int:
        """First interval of a phase that follows an injection."""
        self.phase = phase
        if isinstance(phase, TreatAndExtendPhase):
            return phase.first_interval_weeks
        if isinstance(phase, LabelPhase):
            self.assigning = bool(phase.assign_at_weeks)
            return (*phase.assign_at_weeks, phase.interval_weeks)[0]
        return _visit_interval(phase)

    def decide(self, phase: Phase) -> int:
        """Treat as the phase says and return the weeks to the next visit."""
        follows, self.phase = self.phase, phase
        if isinstance(phase, TreatAndExtendPhase):
            return self.treat_and_extend(phase, follows)
        if isinstance(phase, LabelPhase):
            return self.label(phase, follows)
        self.record(injected=self.is_due(phase))
        return _visit_interval(phase)

    def is_due(self, phase: Phase) -> bool:
        """Whether a phase with a schedule of its own injects today."""
        if isinstance(phase, PrnPhase):
            cap = phase.max_gap_weeks or LAST_WEEK
            return self.active or self.week + phase.visit_interval_weeks > (
                self.last_injection + cap
            )
        return isinstance(phase, FixedPhase)

    def treat_and_extend(self, phase: TreatAndExtendPhase, follows: Phase | None) -> int:
        """Inject and move the previous interval by a step."""
        active = self.active
        self.record(injected=True)
        if not isinstance(follows, TreatAndExtendPhase | FixedPhase | LabelPhase):
            return phase.first_interval_weeks
        step = -phase.shorten_by_weeks if active else phase.extend_by_weeks
        return min(max(self.interval + step, phase.min_interval_weeks), phase.max_interval_weeks)

    def label(self, phase: LabelPhase, follows: Phase | None) -> int:
        """Assess while the interval is being assigned, then inject and shorten when active."""
        if self.assigning:
            return self.assess(phase)
        active = self.active
        self.record(injected=True)
        if follows is not phase:
            return phase.interval_weeks
        shorter = [weeks for weeks in phase.shorten_to_weeks if weeks < self.interval]
        return shorter[0] if active and shorter else self.interval

    def assess(self, phase: LabelPhase) -> int:
        """Assign the interval when active or at the last chance, else wait for the next one."""
        since = self.week - self.last_injection
        later = [weeks for weeks in (*phase.assign_at_weeks, phase.interval_weeks) if weeks > since]
        self.assigning = bool(later) and not self.active
        self.record(injected=not self.assigning)
        return later[0] - since if self.assigning else since


def _visit_interval(phase: Phase) -> int:
    """Interval of a phase with a schedule of its own."""
    if isinstance(phase, FixedPhase):
        return phase.interval_weeks
    if isinstance(phase, TreatAndExtendPhase | LabelPhase):
        raise TypeError(f"{phase.regimen} has no schedule of its own")
    return phase.visit_interval_weeks


def _phase_at(protocol: Protocol, week: int) -> Phase:
    """Phase that decides at a week."""
    return next(
        phase for phase in protocol.phases if phase.until_week is None or week < phase.until_week
    )
