"""A treatment protocol: when the clinic sees, treats, extends, stops and retreats."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.spec import checks
from ape_core.spec.describe import describe
from ape_core.spec.phases import (
    MAX_INTERVAL_WEEKS,
    PHASE_KINDS,
    FixedPhase,
    LabelPhase,
    Loading,
    NoTreatmentPhase,
    Phase,
    PrnPhase,
    TreatAndExtendPhase,
)
from ape_core.spec.sketch import sketch

if TYPE_CHECKING:
    from ape_core.spec.sketch import ScheduleSketch

__all__ = [
    "AfterStopping",
    "FixedPhase",
    "LabelPhase",
    "Loading",
    "NoTreatmentPhase",
    "Phase",
    "PrnPhase",
    "Protocol",
    "Stopping",
    "TreatAndExtendPhase",
]

MAX_PHASES: Final = 12
MAX_SOURCES: Final = 40
MAX_CONSECUTIVE_VISITS: Final = 24
MAX_FUTILE_LETTERS: Final = 85


@dataclass(frozen=True, slots=True)
class Stopping:
    """When treatment of an eye is stopped; the two rules are independent.

    Parameters
    ----------
    futile_below_letters, consecutive_visits
        The eye is discharged for good when its acuity is below this many letters at this many
        visits running.
    stable_at_max_interval_visits, stable_stop_probability
        After this many inactive visits running at the longest interval, each further such visit
        stops treatment with this probability.
    stable_interval_weeks
        Interval from which on such visits count, instead of the longest one of all phases.
    """

    futile_below_letters: int | None = None
    consecutive_visits: int | None = None
    stable_at_max_interval_visits: int | None = None
    stable_stop_probability: float | None = None
    stable_interval_weeks: int | None = None

    def __post_init__(self) -> None:
        futile = self._both("futile_below_letters", "consecutive_visits")
        stable = self._both("stable_at_max_interval_visits", "stable_stop_probability")
        if not futile and not stable:
            raise InvalidSpecError("stopping has no rule.", "Give one, or leave stopping out.")
        if futile:
            self._whole("futile_below_letters", 1, MAX_FUTILE_LETTERS)
            self._whole("consecutive_visits", 1, MAX_CONSECUTIVE_VISITS)
        if stable:
            self._whole("stable_at_max_interval_visits", 1, MAX_CONSECUTIVE_VISITS)
            field = "stable_stop_probability"
            object.__setattr__(self, field, checks.positive(field, getattr(self, field), 1))
        if self.stable_interval_weeks is not None:
            if not stable:
                raise InvalidSpecError(
                    "stable_interval_weeks is given, but no eye is stopped for stable disease.",
                    "Give stable_at_max_interval_visits and stable_stop_probability as well.",
                    "stable_interval_weeks",
                )
            self._whole("stable_interval_weeks", 1, MAX_INTERVAL_WEEKS)

    @property
    def has_stable_rule(self) -> bool:
        """True when stable disease ends treatment."""
        return self.stable_at_max_interval_visits is not None

    def _both(self, first: str, second: str) -> bool:
        """True when both fields of a rule are given, false when neither is."""
        given = [name for name in (first, second) if getattr(self, name) is not None]
        if len(given) == 1:
            other = second if given == [first] else first
            raise InvalidSpecError(
                f"{given[0]} is given, so the field {other} is missing.", field=other
            )
        return bool(given)

    def _whole(self, field: str, low: int, high: int) -> None:
        """Cast a field to a whole number in a range."""
        object.__setattr__(self, field, checks.whole(field, getattr(self, field), low, high))


@dataclass(frozen=True, slots=True)
class AfterStopping:
    """How an eye is followed after treatment was stopped for stable disease."""

    monitor_interval_weeks: int
    retreat_on_activity: bool

    def __post_init__(self) -> None:
        field = "monitor_interval_weeks"
        weeks = checks.whole(field, self.monitor_interval_weeks, 1, MAX_INTERVAL_WEEKS)
        object.__setattr__(self, field, weeks)
        checks.switch("retreat_on_activity", self.retreat_on_activity)


@dataclass(frozen=True, slots=True)
class Protocol:
    """Loading, then one or more maintenance phases; decides only from what a clinic can see.

    Parameters
    ----------
    name
        Name for typing, as "aflibercept-2mg-treat-and-extend".
    title
        Name for reading.
    drug
        One of `ape_core.schema.DRUGS`.
    loading
        None when the first phase decides from day 0.
    phases
        In order of time; each but the last has an `until_week`.
    stopping, after_stopping
        None when treatment is never stopped by rule.
    sources
        What the protocol is taken from, one citation each.
    description
        One paragraph in plain words.
    parent
        Name of the protocol that this one was made from; empty when it was made from none.

    Raises
    ------
    InvalidSpecError
        A field has a value that is not allowed, or two contradict each other.
    """

    name: str
    title: str
    drug: str
    loading: Loading | None
    phases: tuple[Phase, ...]
    stopping: Stopping | None = None
    after_stopping: AfterStopping | None = None
    sources: tuple[str, ...] = ()
    description: str = ""
    parent: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "name", checks.name("name", self.name))
        put(self, "title", checks.text("title", self.title, 200))
        put(self, "drug", checks.choice("drug", self.drug, DRUGS))
        if not isinstance(self.phases, list | tuple):
            raise _wrong_kind("phases", self.phases, "list of phases")
        put(self, "phases", tuple(self.phases))
        put(self, "sources", _sources(self.sources))
        put(self, "description", checks.text("description", self.description, 3000, empty=True))
        if self.parent != "":
            put(self, "parent", checks.name("parent", self.parent))
        _check_parts(self)
        _check_phases(self.phases, self.loading)
        _check_drug(self)
        _check_assessments(self)
        _check_stopping(self)

    @property
    def regimen(self) -> str:
        """Regimen of the last phase, which goes on to the end."""
        return self.phases[-1].regimen

    def question(self) -> dict[str, Any]:
        """What can change a row, as plain data: the rules, not what is said about them."""
        return {
            "drug": self.drug,
            "loading": asdict(self.loading) if self.loading else None,
            "phases": [phase_fields(phase) for phase in self.phases],
            "stopping": asdict(self.stopping) if self.stopping else None,
            "after_stopping": asdict(self.after_stopping) if self.after_stopping else None,
        }

    def summary_sentences(self) -> list[str]:
        """Say the rules in plain words, one sentence or two for each part."""
        return describe(self)

    def schedule_sketch(self, weeks: int) -> ScheduleSketch:
        """Return the visits of an eye that stays dry and of one that stays active."""
        return sketch(self, weeks)


def phase_fields(phase: Phase) -> dict[str, Any]:
    """Fields of a phase as plain data, the regimen among them."""
    values = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(phase).items()
    }
    return {"regimen": phase.regimen, **values}


def _sources(sources: object) -> tuple[str, ...]:
    """Check the list of citations."""
    if isinstance(sources, str) or not isinstance(sources, list | tuple):
        raise InvalidSpecError(f"sources is {checks.shown(sources)}, but must be a list of texts.")
    if len(sources) > MAX_SOURCES:
        raise InvalidSpecError(f"sources has {len(sources)} entries, but may have {MAX_SOURCES}.")
    return tuple(checks.text(f"sources[{i}]", item, 500) for i, item in enumerate(sources))


def _check_parts(protocol: Protocol) -> None:
    """Refuse parts that are not what they should be, as a mapping in place of a Loading."""
    for field, kind in (
        ("loading", Loading),
        ("stopping", Stopping),
        ("after_stopping", AfterStopping),
    ):
        part = getattr(protocol, field)
        if part is not None and not isinstance(part, kind):
            raise _wrong_kind(field, part, kind.__name__)
    for place, phase in enumerate(protocol.phases):
        if not isinstance(phase, tuple(PHASE_KINDS.values())):
            raise _wrong_kind(f"phases[{place}]", phase, "phase")


def _wrong_kind(field: str, part: object, kind: str) -> InvalidSpecError:
    """Error for a part that is of another class."""
    return InvalidSpecError(f"{field} is {checks.shown(part)}, but must be a {kind}.")


def _check_phases(phases: tuple[Phase, ...], loading: Loading | None) -> None:
    """Check that the phases follow each other in time, after loading, and the last stays open."""
    if not 1 <= len(phases) <= MAX_PHASES:
        raise InvalidSpecError(
            f"phases has {len(phases)} entries, but must have 1 to {MAX_PHASES}."
        )
    before = loading.last_week if loading else 0
    what = "the week of the last loading injection" if loading else "the start"
    for place, phase in enumerate(phases[:-1]):
        if phase.until_week is None:
            raise InvalidSpecError(
                f"phases[{place}] has no until_week, but only the last phase goes on to the end.",
                field=f"phases[{place}].until_week",
            )
        if phase.until_week <= before:
            raise InvalidSpecError(
                f"phases[{place}].until_week is {phase.until_week}, but must be after {what}, "
                f"week {before}.",
                field=f"phases[{place}].until_week",
            )
        before, what = phase.until_week, f"until_week of phases[{place}]"
    if phases[-1].until_week is not None:
        raise InvalidSpecError(
            f"phases[{len(phases) - 1}].until_week is {phases[-1].until_week}, but the last phase "
            "must have none: it goes on to the end.",
            "Remove it, or add a phase that follows.",
            f"phases[{len(phases) - 1}].until_week",
        )


def _check_drug(protocol: Protocol) -> None:
    """Check that the drug is none exactly when every regimen is none."""
    untreated = protocol.drug == "none"
    if untreated and protocol.loading is not None:
        raise InvalidSpecError(
            "drug is 'none', but there is a loading phase, which injects.", field="drug"
        )
    for place, phase in enumerate(protocol.phases):
        if untreated == isinstance(phase, NoTreatmentPhase):
            continue
        what = "injects" if untreated else "never injects"
        raise InvalidSpecError(
            f"drug is {protocol.drug!r}, but regimen {phase.regimen!r} of phases[{place}] {what}.",
            "Drug none goes with regimen none, and only with it.",
            f"phases[{place}].regimen",
        )


def _check_assessments(protocol: Protocol) -> None:
    """Check that an interval is assigned only in the phase that follows loading."""
    for place, phase in enumerate(protocol.phases):
        assigns = isinstance(phase, LabelPhase) and phase.assign_at_weeks
        if assigns and (place > 0 or protocol.loading is None):
            raise InvalidSpecError(
                f"phases[{place}].assign_at_weeks counts weeks from the last loading injection, "
                "so it belongs to the first phase after a loading phase.",
                field=f"phases[{place}].assign_at_weeks",
            )


def _check_stopping(protocol: Protocol) -> None:
    """Check that after_stopping has something to follow."""
    if protocol.after_stopping and not (protocol.stopping and protocol.stopping.has_stable_rule):
        raise InvalidSpecError(
            "after_stopping is given, but no eye is ever stopped for stable disease.",
            "Give stable_at_max_interval_visits and stable_stop_probability in stopping, "
            "or leave after_stopping out.",
            "after_stopping",
        )
    if protocol.stopping and protocol.drug == "none":
        raise InvalidSpecError("stopping is given, but drug is 'none': nothing can be stopped.")
