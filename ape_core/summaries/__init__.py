"""Exact, mergeable aggregates of a run, and the figures that charts and tables read from them."""

from __future__ import annotations

from ape_core.summaries.acuity import (
    AcuityOverTime,
    BaselineRelation,
    LettersChange,
    acuity_in_care,
    acuity_over_time,
    baseline_relation,
    letters_change,
    letters_change_at_week,
    letters_change_carried,
)
from ape_core.summaries.courses import (
    BandsOverTime,
    ShareOverTime,
    TreatmentAround,
    change_bands,
    driving_vision,
    interval_bands,
    treatment_around,
)
from ape_core.summaries.economics import COSTS, HealthEconomics, drug_of, health_economics
from ape_core.summaries.retention import (
    Moves,
    StatusFlow,
    StatusOverTime,
    moves,
    status_flow,
    status_over_time,
)
from ape_core.summaries.slipping import (
    SlipLengths,
    Slips,
    slip_lengths,
    slips_per_day,
    slips_per_week,
)
from ape_core.summaries.statistics import Headline, headline, statistics
from ape_core.summaries.summary import Summary
from ape_core.summaries.table import Table
from ape_core.summaries.treatment import (
    CumulativeInjections,
    FluidFree,
    InjectionsPerYear,
    Intervals,
    PlannedIntervalsOverTime,
    cumulative_injections,
    dry_at_last_scan,
    fluid_free,
    injection_intervals,
    injections_per_year,
    planned_intervals,
    planned_intervals_over_time,
)
from ape_core.summaries.workload import Activity, activity_per_day, activity_per_week

__all__ = [
    "COSTS",
    "Activity",
    "AcuityOverTime",
    "BandsOverTime",
    "BaselineRelation",
    "CumulativeInjections",
    "FluidFree",
    "Headline",
    "HealthEconomics",
    "InjectionsPerYear",
    "Intervals",
    "LettersChange",
    "Moves",
    "PlannedIntervalsOverTime",
    "ShareOverTime",
    "SlipLengths",
    "Slips",
    "StatusFlow",
    "StatusOverTime",
    "Summary",
    "Table",
    "TreatmentAround",
    "activity_per_day",
    "activity_per_week",
    "acuity_in_care",
    "acuity_over_time",
    "baseline_relation",
    "change_bands",
    "cumulative_injections",
    "driving_vision",
    "drug_of",
    "dry_at_last_scan",
    "fluid_free",
    "headline",
    "health_economics",
    "injection_intervals",
    "injections_per_year",
    "interval_bands",
    "letters_change",
    "letters_change_at_week",
    "letters_change_carried",
    "moves",
    "planned_intervals",
    "planned_intervals_over_time",
    "slip_lengths",
    "slips_per_day",
    "slips_per_week",
    "statistics",
    "status_flow",
    "status_over_time",
    "treatment_around",
]
