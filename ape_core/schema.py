"""Columns of the tables, the clock and the categories: the only place that defines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# The clock. A study year is 52 weeks, as the trials count it, so that yearly, 4-weekly and
# weekly grids meet; only the life table uses calendar years.
DAYS_PER_WEEK: Final = 7
WEEKS_PER_YEAR: Final = 52
DAYS_PER_YEAR: Final = DAYS_PER_WEEK * WEEKS_PER_YEAR
WEEKS_PER_PERIOD: Final = 4
DAYS_PER_PERIOD: Final = DAYS_PER_WEEK * WEEKS_PER_PERIOD
PERIODS_PER_YEAR: Final = WEEKS_PER_YEAR // WEEKS_PER_PERIOD
DAYS_PER_CALENDAR_YEAR: Final = 365.25

MAX_LETTERS: Final = 100
NOT_ASSESSED: Final = -1
"""Marks an assessment that does not exist: the patient has died, or the eye has no disease yet."""

# Categories are stored as small integer codes: the position in these tuples. Append, never reorder.
DRUGS: Final = (
    "none",
    "aflibercept-2mg",
    "aflibercept-8mg",
    "ranibizumab-0.5mg",
    "ranibizumab-0.3mg",
    "faricimab-6mg",
    "bevacizumab-1.25mg",
)
PHASES: Final = ("loading", "maintenance", "monitoring", "retreatment")
SEXES: Final = ("female", "male")
END_REASONS: Final = (
    "on treatment",
    "discharged stable",
    "discharged futile",
    "lost",
    "transferred",
    "died",
)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `dtype` is the NumPy type of the values, or of the codes when `categories` is set.
    A column with `every_weeks` holds a list in each cell: one value at week 0 and at every
    multiple of that many weeks up to the end of the run.
    """

    name: str
    dtype: str
    unit: str
    meaning: str
    categories: tuple[str, ...] | None = None
    every_weeks: int | None = None


VISITS: Final = (
    Column("patient_id", "int64", "", "patient, 0 to n_patients - 1"),
    Column("eye", "int8", "", "0 the first eye treated, 1 the fellow eye"),
    Column("day", "int32", "days", "since the patient's first visit"),
    Column("calendar_day", "int32", "days", "since the first patient of the run was recruited"),
    Column("letters", "int8", "ETDRS letters", "acuity as measured"),
    Column("fluid", "bool", "", "the scan was read as active"),
    Column("injected", "bool", "", "an injection was given"),
    Column("drug", "int8", "", "the drug given", DRUGS),
    Column("phase", "int8", "", "treatment phase in which the visit was made", PHASES),
    Column("interval_days", "int16", "days", "to the next planned visit; 0 when none is planned"),
    Column("delay_days", "int16", "days", "by which this visit was later than planned"),
)
PATIENTS: Final = (
    Column("patient_id", "int64", "", "patient, 0 to n_patients - 1"),
    Column("eye", "int8", "", "0 the first eye treated, 1 the fellow eye"),
    Column("age_years", "int16", "years", "age at the patient's first visit"),
    Column("sex", "int8", "", "sex in the life table", SEXES),
    Column("baseline_letters", "int8", "ETDRS letters", "acuity measured at the eye's first visit"),
    Column("first_day", "int32", "days", "calendar day of the patient's first visit"),
    Column("onset_day", "int32", "days", "day of the eye's first visit, since the patient's"),
    Column("n_visits", "int16", "visits", "visits of the eye"),
    Column("n_injections", "int16", "injections", "injections into the eye"),
    Column("last_letters", "int8", "ETDRS letters", "acuity measured at the eye's last visit"),
    Column("end_day", "int32", "days", "day on which follow-up of the eye ended"),
    Column("end_reason", "int8", "", "why follow-up ended", END_REASONS),
    Column(
        "death_day", "int32", "days", "day of death since the first visit; -1 if alive at the end"
    ),
    Column(
        "assessed_letters",
        "int8",
        "ETDRS letters",
        "acuity as it would be measured on that day, whether or not a clinic sees the eye",
        every_weeks=52,
    ),
)


def column_names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Names of the columns, in table order."""
    return tuple(column.name for column in columns)
