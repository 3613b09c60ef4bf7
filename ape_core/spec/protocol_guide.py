"""The fields of a protocol in words, for forms and for telling two protocols apart."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from ape_core.schema import DRUGS
from ape_core.spec.field_guide import Field
from ape_core.spec.phases import (
    ACTIVITY_CRITERIA,
    LAST_WEEK,
    MAX_INTERVAL_WEEKS,
    MAX_LETTERS_LOST,
    MAX_LOADING_INJECTIONS,
    FixedPhase,
    LabelPhase,
    Loading,
    NoTreatmentPhase,
    PrnPhase,
    TreatAndExtendPhase,
)
from ape_core.spec.protocol import (
    MAX_CONSECUTIVE_VISITS,
    MAX_FUTILE_LETTERS,
    AfterStopping,
    Stopping,
)

_DRUG_TITLES: Final = {
    "aflibercept-2mg": "Aflibercept 2 mg",
    "aflibercept-8mg": "Aflibercept 8 mg",
    "ranibizumab-0.5mg": "Ranibizumab 0.5 mg",
    "ranibizumab-0.3mg": "Ranibizumab 0.3 mg",
    "faricimab-6mg": "Faricimab 6 mg",
    "bevacizumab-1.25mg": "Bevacizumab 1.25 mg",
    "none": "No drug",
}
_ACTIVITY_TITLES: Final = {
    "fluid": "Fluid on the scan",
    "fluid-or-letters": "Fluid, or letters lost",
    "fluid-and-letters": "Fluid and letters lost",
}
REGIMEN_TITLES: Final = {
    "fixed": "Fixed interval",
    "prn": "As needed (PRN)",
    "treat-and-extend": "Treat-and-extend",
    "label": "As on the label",
    "none": "No treatment",
}

DRUG: Final = Field(
    "drug",
    "Drug",
    "What is injected at every injection.",
    "choice",
    choices=tuple((name, _DRUG_TITLES[name]) for name in DRUGS),
)
_IN_BRIEF: Final = {"fixed": "fixed", "prn": "PRN", "treat-and-extend": "T&E", "label": "label"}
"""What ophthalmologists call a regimen where there is little room."""

REGIMEN: Final = Field(
    "regimen",
    "Regimen",
    "How the next visit is planned.",
    "choice",
    choices=tuple(REGIMEN_TITLES.items()),
)


def brief_title(drug: str, regimen: str) -> str:
    """What a protocol is called beside the line of a chart: "Aflibercept 2 mg T&E"."""
    if regimen == "none":
        return REGIMEN_TITLES[regimen]
    return f"{_DRUG_TITLES[drug]} {_IN_BRIEF[regimen]}"


def _weeks(name: str, title: str, help_words: str, **more: Any) -> Field:
    """Field that is an interval in weeks."""
    return Field(name, title, help_words, unit="weeks", low=1, high=MAX_INTERVAL_WEEKS, **more)


def _criterion(name: str) -> tuple[Field, Field]:
    """What counts as active, and the letters that go with it."""
    with_letters = tuple(criterion for criterion in ACTIVITY_CRITERIA if criterion != "fluid")
    choices = tuple((item, _ACTIVITY_TITLES[item]) for item in ACTIVITY_CRITERIA)
    return (
        Field(name, "Active means", "What the clinic takes for activity.", "choice",
              choices=choices),
        Field("letters_lost", "Letters lost",
              "A loss of so many letters since the visit before counts as activity.",
              unit="letters", low=1, high=MAX_LETTERS_LOST, only_when=(name, with_letters)),
    )  # fmt: skip


UNTIL_WEEK: Final = Field(
    "until_week",
    "Ends in week",
    "The next phase decides from this week on, counted from the first visit.",
    unit="weeks",
    low=1,
    high=LAST_WEEK,
)
_LOOK = "The eye is seen so often."

GUIDE: Final[Mapping[type, tuple[Field, ...]]] = MappingProxyType(
    {
        Loading: (
            Field(
                "n_injections",
                "Injections",
                "Given at the start whatever is seen, the first on day 0.",
                unit="injections",
                low=1,
                high=MAX_LOADING_INJECTIONS,
            ),
            _weeks("interval_weeks", "Apart", "Time between two loading injections."),
        ),
        FixedPhase: (
            _weeks("interval_weeks", "Interval", "An injection so often, whatever is seen."),
        ),
        PrnPhase: (
            _weeks("visit_interval_weeks", "Time between visits", _LOOK),
            _weeks(
                "max_gap_weeks",
                "Longest gap",
                "An injection is given after so long without one, active or not.",
                is_optional=True,
            ),
        ),
        TreatAndExtendPhase: (
            _weeks(
                "first_interval_weeks",
                "First interval",
                "From the last loading injection to the next visit.",
            ),
            _weeks(
                "extend_by_weeks",
                "Extend by",
                "The next interval is so much longer when the eye is inactive.",
            ),
            _weeks(
                "shorten_by_weeks",
                "Shorten by",
                "The next interval is so much shorter when the eye is active.",
            ),
            _weeks("min_interval_weeks", "Shortest interval", "An active eye comes no more often."),
            _weeks(
                "max_interval_weeks", "Longest interval", "An inactive eye comes no less often."
            ),
            *_criterion("activity"),
        ),
        LabelPhase: (
            _weeks("interval_weeks", "Interval", "Time between injections of an inactive eye."),
            _weeks(
                "shorten_to_weeks",
                "Shorten to",
                "An active eye falls to the next of these intervals, from long to short.",
                kind="weeks",
                is_optional=True,
            ),
            _weeks(
                "assign_at_weeks",
                "Assess at",
                "Weeks after loading at which an active eye is given that interval for good.",
                kind="weeks",
                is_optional=True,
            ),
            *_criterion("criteria"),
        ),
        NoTreatmentPhase: (_weeks("visit_interval_weeks", "Time between visits", _LOOK),),
        Stopping: (
            Field(
                "futile_below_letters",
                "Futile below",
                "Acuity below this can end treatment for good.",
                unit="letters",
                low=1,
                high=MAX_FUTILE_LETTERS,
                is_optional=True,
            ),
            Field(
                "consecutive_visits",
                "Visits running",
                "So many such visits one after another end it.",
                unit="visits",
                low=1,
                high=MAX_CONSECUTIVE_VISITS,
                is_optional=True,
            ),
            Field(
                "stable_at_max_interval_visits",
                "Stable after",
                "Inactive visits running at the longest interval before treatment may stop.",
                unit="visits",
                low=1,
                high=MAX_CONSECUTIVE_VISITS,
                is_optional=True,
            ),
            Field(
                "stable_stop_probability",
                "Chance of stopping",
                "At each further inactive visit, treatment stops with this probability.",
                "number",
                low=0,
                high=1,
                is_optional=True,
            ),
            _weeks(
                "stable_interval_weeks",
                "Stable from interval",
                "Inactive visits count from this interval on, instead of the longest.",
                is_optional=True,
            ),
        ),
        AfterStopping: (
            _weeks(
                "monitor_interval_weeks",
                "Time between visits",
                "An eye whose treatment has stopped is seen so often.",
            ),
            Field(
                "retreat_on_activity",
                "Treat again when active",
                "Whether activity starts treatment again.",
                "switch",
            ),
        ),
    }
)
"""The fields of each part; those of a phase without `until_week`, which all but the last have."""
