"""What clinics decide about eyes under treat-and-extend, many at a time, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ape_core.simulation.clinic import LOADING, MAINTENANCE, MONITORING, RETREATMENT
from ape_core.simulation.parameters import IntArray
from benchmarks.baselines.inputs import Inputs


class Clinics:
    """The care of all eyes."""

    def __init__(self, inputs: Inputs, rng: Generator) -> None:
        self.rules, self.phase, self.rng = inputs.rules, inputs.phase, rng
        n = inputs.n_patients
        self.stage = np.full(n, LOADING)
        self.interval, self.n_loaded = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
        self.n_low, self.n_quiet = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
        self.is_futile = np.zeros(n, dtype=bool)
        self.stopped_day = np.full(n, -1)

    def decide(
        self, eyes: IntArray, days: IntArray, letters: IntArray, active: np.ndarray
    ) -> tuple[np.ndarray, IntArray]:
        """Whether to inject some eyes, and weeks to their next visits, 0 for none."""
        stage = self.stage[eyes]
        inject, weeks = np.ones(len(eyes), dtype=bool), np.zeros(len(eyes), dtype=int)
        loading, watched = stage == LOADING, stage == MONITORING
        weeks[loading] = self.load(eyes[loading])
        weeks[watched] = self.monitor(eyes[watched], active[watched])
        inject[watched] = self.stage[eyes[watched]] == RETREATMENT
        treated = np.flatnonzero(~loading & ~watched)
        stops = self.stops(eyes[treated], days[treated], letters[treated], active[treated])
        on = treated[~stops]
        weeks[on] = self.extend(eyes[on], active[on])
        off = treated[stops]
        inject[off] = False
        weeks[off] = np.where(self.is_futile[eyes[off]], 0, self.rules.monitor_interval)
        self.stage[eyes[off]] = MONITORING
        self.stopped_day[eyes[inject]] = -1
        return inject, weeks

    def load(self, eyes: IntArray) -> IntArray:
        """Give loading doses: weeks to the next visits."""
        self.n_loaded[eyes] += 1
        done = eyes[self.n_loaded[eyes] >= self.rules.n_loading]
        self.stage[done] = MAINTENANCE
        self.interval[done] = self.phase.first_interval_weeks
        loading = self.rules.loading_interval
        return np.where(self.stage[eyes] == LOADING, loading, self.interval[eyes])

    def extend(self, eyes: IntArray, active: np.ndarray) -> IntArray:
        """Treat, and extend or shorten: weeks to the next visits."""
        phase = self.phase
        step = np.where(active, -phase.shorten_by_weeks, phase.extend_by_weeks)
        weeks = self.interval[eyes] + step
        self.interval[eyes] = np.clip(weeks, phase.min_interval_weeks, phase.max_interval_weeks)
        return self.interval[eyes]

    def monitor(self, eyes: IntArray, active: np.ndarray) -> IntArray:
        """Watch eyes whose treatment has stopped, and treat those again that are active."""
        again = eyes[active] if self.rules.retreats else eyes[:0]
        self.stage[again] = RETREATMENT
        self.interval[again] = self.phase.min_interval_weeks
        watched = self.stage[eyes] == MONITORING
        return np.where(watched, self.rules.monitor_interval, self.interval[eyes])

    def stops(
        self, eyes: IntArray, days: IntArray, letters: IntArray, active: np.ndarray
    ) -> np.ndarray:
        """Whether treatment of some eyes stops: it is futile, or they are stable."""
        rules = self.rules
        low = letters < rules.futile_below_letters
        self.n_low[eyes] = np.where(low, self.n_low[eyes] + 1, 0)
        futile = self.n_low[eyes] >= rules.futile_visits
        self.is_futile[eyes] = futile
        quiet = ~active & (self.interval[eyes] >= rules.stable_interval)
        n_quiet = np.where(quiet, self.n_quiet[eyes] + 1, 0)
        self.n_quiet[eyes] = np.where(futile, self.n_quiet[eyes], n_quiet)
        chance = self.rng.random(len(eyes)) < rules.stable_stop_probability
        stable = ~futile & (n_quiet > rules.stable_visits) & chance
        self.n_low[eyes[stable]] = self.n_quiet[eyes[stable]] = 0
        self.stopped_day[eyes[stable]] = days[stable]
        return futile | stable
