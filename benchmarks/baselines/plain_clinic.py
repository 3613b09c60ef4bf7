"""What a clinic decides about one eye under treat-and-extend, in plain Python."""

from __future__ import annotations

from random import Random

from ape_core.simulation.clinic import LOADING, MAINTENANCE, MONITORING, RETREATMENT
from benchmarks.baselines.inputs import Inputs


class Clinic:
    """The care of one eye."""

    def __init__(self, inputs: Inputs, rng: Random) -> None:
        self.rules, self.phase, self.rng = inputs.rules, inputs.phase, rng
        self.stage = LOADING
        self.interval = self.n_loaded = self.n_low = self.n_quiet = 0
        self.is_futile = self.is_stable = False

    def decide(self, letters: int, *, active: bool) -> tuple[bool, int]:
        """Whether to inject, and the weeks to the next visit, 0 for none."""
        self.is_stable = False
        if self.stage == LOADING:
            return True, self.load()
        if self.stage == MONITORING:
            return self.monitor(active=active)
        if self.stops(letters, active=active):
            self.stage = MONITORING
            return False, 0 if self.is_futile else self.rules.monitor_interval
        step = -self.phase.shorten_by_weeks if active else self.phase.extend_by_weeks
        self.interval = max(self.interval + step, self.phase.min_interval_weeks)
        self.interval = min(self.interval, self.phase.max_interval_weeks)
        return True, self.interval

    def load(self) -> int:
        """Give a loading dose: weeks to the next visit."""
        self.n_loaded += 1
        if self.n_loaded < self.rules.n_loading:
            return self.rules.loading_interval
        self.stage = MAINTENANCE
        self.interval = self.phase.first_interval_weeks
        return self.interval

    def monitor(self, *, active: bool) -> tuple[bool, int]:
        """Watch an eye whose treatment has stopped, and treat it again when it is active."""
        if not (active and self.rules.retreats):
            return False, self.rules.monitor_interval
        self.stage = RETREATMENT
        self.interval = self.phase.min_interval_weeks
        return True, self.interval

    def stops(self, letters: int, *, active: bool) -> bool:
        """Whether treatment stops: it is futile, or the eye is stable."""
        rules = self.rules
        self.n_low = self.n_low + 1 if letters < rules.futile_below_letters else 0
        self.is_futile = self.n_low >= rules.futile_visits
        if self.is_futile:
            return True
        quiet = not active and self.interval >= rules.stable_interval
        self.n_quiet = self.n_quiet + 1 if quiet else 0
        if self.n_quiet > rules.stable_visits:
            self.is_stable = self.rng.random() < rules.stable_stop_probability
        if self.is_stable:
            self.n_low = self.n_quiet = 0
        return self.is_stable
