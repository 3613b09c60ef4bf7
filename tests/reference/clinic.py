"""What a clinic does at a visit, regimen by regimen, as a clinician would say it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from ape_core.spec.phases import FixedPhase, LabelPhase, PrnPhase, TreatAndExtendPhase


@dataclass
class Plan:
    """Inject now or not, come back in so many weeks, and the treatment interval then in force."""

    inject: bool
    weeks: int | None
    interval: int | None = None


@dataclass
class Chart:
    """What the clinic has written down about an eye."""

    stage: str
    interval: int | None = None
    loading_doses: int = 0
    looks_to_assign: int = 0
    low_visits_running: int = 0
    quiet_visits_running: int = 0
    last_injection_day: int = 0
    last_letters: int | None = None
    last_phase: object = None


class Clinic:
    """The care of one eye under a protocol."""

    def __init__(self, protocol):
        self.protocol = protocol
        stage = "loading" if protocol.loading else "maintenance"
        self.chart = Chart("monitoring" if protocol.drug == "none" else stage)

    def visit(self, day, letters, fluid, chance):
        """See the eye: (plan, why treatment stopped or None)."""
        phase = phase_at(self.protocol, day // 7)
        chart = self.chart
        active = is_active(phase, fluid, letters, chart.last_letters)
        if isinstance(phase, LabelPhase) and chart.last_phase not in (None, phase):
            chart.interval = None
        plan, stopped = self.decide(phase, day, letters, active, chance)
        chart.interval = plan.interval
        if plan.inject:
            chart.last_injection_day = day
        chart.last_letters = letters
        chart.last_phase = phase
        return plan, stopped

    def decide(self, phase, day, letters, active, chance):
        if phase.regimen == "none":
            return Plan(False, phase.visit_interval_weeks), None
        if self.chart.stage == "loading":
            return self.load(phase), None
        if self.chart.stage == "monitoring":
            return self.monitor(phase, active), None
        stopped = self.why_stop(letters, active, chance)
        if stopped is None:
            return treat(phase, self.chart, day, active), None
        return self.stop(stopped), stopped

    def load(self, phase):
        loading = self.protocol.loading
        self.chart.loading_doses += 1
        if self.chart.loading_doses < loading.n_injections:
            return Plan(True, loading.interval_weeks)
        self.chart.stage = "maintenance"
        return after_loading(phase)

    def monitor(self, phase, active):
        after = self.protocol.after_stopping
        if not (active and after.retreat_on_activity):
            return Plan(False, after.monitor_interval_weeks, self.chart.interval)
        self.chart.stage = "retreatment"
        return resume(phase)

    def why_stop(self, letters, active, chance):
        rules, chart = self.protocol.stopping, self.chart
        if rules is None:
            return None
        if rules.futile_below_letters is not None:
            low = letters < rules.futile_below_letters
            chart.low_visits_running = chart.low_visits_running + 1 if low else 0
            if chart.low_visits_running >= rules.consecutive_visits:
                return "futile"
        if rules.stable_at_max_interval_visits is not None:
            longest = rules.stable_interval_weeks or longest_interval(self.protocol)
            quiet = (
                not active
                and longest is not None
                and chart.interval is not None
                and chart.interval >= longest
            )
            chart.quiet_visits_running = chart.quiet_visits_running + 1 if quiet else 0
            if (
                chart.quiet_visits_running > rules.stable_at_max_interval_visits
                and chance < rules.stable_stop_probability
            ):
                return "stable"
        return None

    def stop(self, why):
        self.chart.low_visits_running = self.chart.quiet_visits_running = 0
        self.chart.stage = "monitoring"
        if why == "futile" or self.protocol.after_stopping is None:
            return Plan(False, None)
        return Plan(False, self.protocol.after_stopping.monitor_interval_weeks, self.chart.interval)


def phase_at(protocol, week):
    return next(
        phase for phase in protocol.phases if phase.until_week is None or week < phase.until_week
    )


def is_active(phase, fluid, letters, letters_before):
    """Fluid, or what the phase says of fluid and letters."""
    criterion = getattr(phase, "activity", None) or getattr(phase, "criteria", "fluid")
    if criterion == "fluid":
        return fluid
    lost = letters_before is not None and letters <= letters_before - phase.letters_lost
    return {"fluid-or-letters": fluid or lost, "fluid-and-letters": fluid and lost}[criterion]


@singledispatch
def treat(phase, chart, day, active):
    """A visit while treatment goes on."""
    raise TypeError(phase)


@treat.register
def _(phase: FixedPhase, chart, day, active):
    return Plan(True, phase.interval_weeks, phase.interval_weeks)


@treat.register
def _(phase: PrnPhase, chart, day, active):
    next_day = day + 7 * phase.visit_interval_weeks
    cap = phase.max_gap_weeks
    too_long = cap is not None and next_day - chart.last_injection_day > 7 * cap
    return Plan(active or too_long, phase.visit_interval_weeks)


@treat.register
def _(phase: TreatAndExtendPhase, chart, day, active):
    if chart.interval is None:
        weeks = phase.first_interval_weeks
    elif active:
        weeks = chart.interval - phase.shorten_by_weeks
    else:
        weeks = chart.interval + phase.extend_by_weeks
    weeks = min(max(weeks, phase.min_interval_weeks), phase.max_interval_weeks)
    return Plan(True, weeks, weeks)


@treat.register
def _(phase: LabelPhase, chart, day, active):
    looks = phase.assign_at_weeks
    if chart.interval is None and chart.looks_to_assign < len(looks):
        return look_to_assign(phase, chart, active)
    if chart.interval is None:
        weeks = phase.interval_weeks
    else:
        shorter = [w for w in phase.shorten_to_weeks if w < chart.interval]
        weeks = shorter[0] if active and shorter else chart.interval
    return Plan(True, weeks, weeks)


def look_to_assign(phase, chart, active):
    """Look, and treat only an active eye, which keeps the interval at which it was active."""
    since_loading = phase.assign_at_weeks[chart.looks_to_assign]
    chart.looks_to_assign += 1
    if active:
        return Plan(True, since_loading, since_loading)
    later = [*phase.assign_at_weeks[chart.looks_to_assign :], phase.interval_weeks]
    return Plan(False, later[0] - since_loading)


def after_loading(phase):
    """The last loading dose, and the first interval after it."""
    if isinstance(phase, PrnPhase):
        return Plan(True, phase.visit_interval_weeks)
    if isinstance(phase, LabelPhase) and phase.assign_at_weeks:
        return Plan(True, phase.assign_at_weeks[0])
    is_extending = isinstance(phase, TreatAndExtendPhase)
    weeks = phase.first_interval_weeks if is_extending else phase.interval_weeks
    return Plan(True, weeks, weeks)


def resume(phase):
    """The first injection after treatment had stopped: back to the shortest interval."""
    if isinstance(phase, PrnPhase):
        return Plan(True, phase.visit_interval_weeks)
    if isinstance(phase, TreatAndExtendPhase):
        weeks = phase.min_interval_weeks
    elif isinstance(phase, LabelPhase):
        weeks = min(phase.interval_weeks, *phase.shorten_to_weeks, *phase.assign_at_weeks)
    else:
        weeks = phase.interval_weeks
    return Plan(True, weeks, weeks)


def longest_interval(protocol):
    """None with treatment as needed, which has no interval."""
    if any(isinstance(phase, PrnPhase) for phase in protocol.phases):
        return None
    return max(
        phase.max_interval_weeks if isinstance(phase, TreatAndExtendPhase) else phase.interval_weeks
        for phase in protocol.phases
    )
