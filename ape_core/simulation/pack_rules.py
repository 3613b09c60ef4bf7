"""The protocol's words as the tables that the kernel decides by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ape_core.schema import DRUGS
from ape_core.simulation import parameters as p
from ape_core.spec.phases import (
    FixedPhase,
    LabelPhase,
    Phase,
    PrnPhase,
    TreatAndExtendPhase,
)
from ape_core.spec.protocol import Protocol, Stopping


def pack_rules(protocol: Protocol) -> p.Rules:
    """The protocol as a `Rules` tuple; rules that it lacks get bounds that are never reached."""
    futile_below, futile_visits = _futile_rule(protocol.stopping)
    stable_visits, stable_probability = _stable_rule(protocol.stopping)
    after = protocol.after_stopping
    loading = protocol.loading
    phases = np.array([_phase_row(phase) for phase in protocol.phases], dtype=np.int64)
    return p.Rules(
        drug=DRUGS.index(protocol.drug),
        n_loading=loading.n_injections if loading else 0,
        loading_interval=loading.interval_weeks if loading else 0,
        phases=phases,
        shorten_to=_table(protocol.phases, "shorten_to_weeks"),
        assign_at=_table(protocol.phases, "assign_at_weeks"),
        futile_below_letters=futile_below,
        futile_visits=futile_visits,
        stable_interval=_stable_interval(protocol.stopping, phases),
        stable_visits=stable_visits,
        stable_stop_probability=stable_probability,
        monitor_interval=_monitor_interval(protocol),
        retreats=after is not None and after.retreat_on_activity,
    )


def shortest_interval(rules: p.Rules) -> int:
    """Fewest weeks between two planned visits under these rules."""
    intervals = [rules.phases[:, p.MIN_INTERVAL], rules.phases[:, p.FIRST_INTERVAL]]
    steps = np.diff(rules.assign_at, prepend=0, axis=1).ravel()
    other = np.array([rules.loading_interval, rules.monitor_interval])
    # An eye inactive at the last assignment waits for the rest of the assigned interval.
    rest = (rules.phases[:, p.FIRST_INTERVAL, None] - rules.assign_at).ravel()
    every = np.concatenate([*intervals, steps, other, rest])
    return int(every[every > 0].min())


def _futile_rule(stopping: Stopping | None) -> tuple[int, int]:
    """Letters below which, and visits at which, treatment is futile."""
    if stopping is None or stopping.futile_below_letters is None:
        return 0, p.NEVER
    assert stopping.consecutive_visits is not None
    return stopping.futile_below_letters, stopping.consecutive_visits


def _stable_rule(stopping: Stopping | None) -> tuple[int, float]:
    """Visits after which, and chance with which, treatment of a stable eye stops."""
    if stopping is None or stopping.stable_at_max_interval_visits is None:
        return p.NEVER, 0.0
    assert stopping.stable_stop_probability is not None
    return stopping.stable_at_max_interval_visits, stopping.stable_stop_probability


def _stable_interval(stopping: Stopping | None, phases: p.IntArray) -> int:
    """Interval from which on an inactive visit counts as stable: the longest unless stated."""
    if stopping is not None and stopping.stable_interval_weeks is not None:
        return stopping.stable_interval_weeks
    return int(phases[:, p.MAX_INTERVAL].max())


def _monitor_interval(protocol: Protocol) -> int:
    """Weeks between visits once treatment has stopped; 0 where stopping ends the visits."""
    return protocol.after_stopping.monitor_interval_weeks if protocol.after_stopping else 0


def _phase_row(phase: Phase) -> list[int]:
    """A phase as a row of `Rules.phases`."""
    row = [0] * p.N_PHASE_FIELDS
    row[p.UNTIL_WEEK] = p.NEVER if phase.until_week is None else phase.until_week
    row[p.REGIMEN] = p.REGIMEN_CODES[phase.regimen]
    for field, value in _regimen_fields(phase).items():
        row[field] = value
    return row


def _regimen_fields(phase: Phase) -> dict[int, int]:
    """The fields that a regimen sets in its row."""
    if isinstance(phase, TreatAndExtendPhase):
        return _treat_and_extend_fields(phase)
    if isinstance(phase, LabelPhase):
        return _label_fields(phase)
    if isinstance(phase, FixedPhase):
        return _one_interval(phase.interval_weeks)
    fields = _one_interval(phase.visit_interval_weeks)
    if isinstance(phase, PrnPhase):
        fields[p.MAX_GAP] = phase.max_gap_weeks or p.NEVER
        # An eye that stays dry is not injected: it is never at a longest interval.
        fields[p.MAX_INTERVAL] = p.NEVER
    return fields


def _one_interval(weeks: int) -> dict[int, int]:
    """Fields of a regimen that knows one interval."""
    return {p.FIRST_INTERVAL: weeks, p.MIN_INTERVAL: weeks, p.MAX_INTERVAL: weeks}


def _treat_and_extend_fields(phase: TreatAndExtendPhase) -> dict[int, int]:
    """Fields of a treat-and-extend phase."""
    return {
        p.FIRST_INTERVAL: phase.first_interval_weeks,
        p.EXTEND_BY: phase.extend_by_weeks,
        p.SHORTEN_BY: phase.shorten_by_weeks,
        p.MIN_INTERVAL: phase.min_interval_weeks,
        p.MAX_INTERVAL: phase.max_interval_weeks,
        **_activity(phase.activity, phase.letters_lost),
    }


def _label_fields(phase: LabelPhase) -> dict[int, int]:
    """Fields of a label-style phase."""
    every = (phase.interval_weeks, *phase.shorten_to_weeks, *phase.assign_at_weeks)
    return {
        p.FIRST_INTERVAL: phase.interval_weeks,
        p.MIN_INTERVAL: min(every),
        p.MAX_INTERVAL: phase.interval_weeks,
        p.N_SHORTEN: len(phase.shorten_to_weeks),
        p.N_ASSIGN: len(phase.assign_at_weeks),
        **_activity(phase.criteria, phase.letters_lost),
    }


def _activity(criterion: str, letters_lost: int | None) -> dict[int, int]:
    """Fields of what counts as active."""
    return {p.ACTIVITY: p.ACTIVITY_CODES[criterion], p.LETTERS_LOST: letters_lost or 0}


def _table(phases: Sequence[Any], field: str) -> p.IntArray:
    """A list field of all phases as a table padded with zeros, at least one column wide."""
    lists = [getattr(phase, field, ()) for phase in phases]
    table = np.zeros((len(lists), max(1, *(len(weeks) for weeks in lists))), dtype=np.int64)
    for row, weeks in zip(table, lists, strict=True):
        row[: len(weeks)] = weeks
    return table
