"""A protocol in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.spec.phases import (
    FixedPhase,
    LabelPhase,
    Loading,
    NoTreatmentPhase,
    Phase,
    PrnPhase,
    TreatAndExtendPhase,
)

if TYPE_CHECKING:
    from ape_core.spec.protocol import AfterStopping, Protocol


def describe(protocol: Protocol) -> list[str]:
    """Say the rules of a protocol, a sentence or two for each part, in order of time."""
    sentences = [f"Loading: {loading_words(protocol.loading)}."] if protocol.loading else []
    start = 0
    for phase in protocol.phases:
        sentences.append(f"{_span(protocol, phase, start)}: {rule_words(phase)}")
        start = phase.until_week or start
    return sentences + stopping_words(protocol)


def loading_words(loading: Loading) -> str:
    """Say how treatment starts."""
    if loading.n_injections == 1:
        return "1 injection"
    return f"{loading.n_injections} injections, {_weeks(loading.interval_weeks)} apart"


def _span(protocol: Protocol, phase: Phase, start: int) -> str:
    """Say when a phase applies."""
    if phase.until_week is not None:
        return (
            f"Until week {phase.until_week}"
            if start == 0
            else (f"Weeks {start} to {phase.until_week}")
        )
    if start:
        return f"From week {start}"
    return "Then" if protocol.loading else "From the start"


def rule_words(phase: Phase) -> str:
    """Say what a phase does."""
    if isinstance(phase, FixedPhase):
        return f"an injection every {_weeks(phase.interval_weeks)}, whatever is seen."
    if isinstance(phase, PrnPhase):
        return _prn(phase)
    if isinstance(phase, TreatAndExtendPhase):
        return _treat_and_extend(phase)
    if isinstance(phase, LabelPhase):
        return _label(phase)
    return _no_treatment(phase)


def _no_treatment(phase: NoTreatmentPhase) -> str:
    """Say what happens without treatment."""
    return f"a visit every {_weeks(phase.visit_interval_weeks)} and no injections."


def _prn(phase: PrnPhase) -> str:
    """Say when pro re nata treatment injects."""
    cap = ""
    if phase.max_gap_weeks is not None:
        cap = f", and at least every {_weeks(phase.max_gap_weeks)}"
    return (
        f"a visit every {_weeks(phase.visit_interval_weeks)}, with an injection when the scan "
        f"shows fluid{cap}."
    )


def _treat_and_extend(phase: TreatAndExtendPhase) -> str:
    """Say how the interval moves."""
    return (
        "an injection at every visit; the next visit comes "
        f"{_weeks(phase.extend_by_weeks)} later than last time when the eye is inactive and "
        f"{_weeks(phase.shorten_by_weeks)} sooner when it is active, between "
        f"{phase.min_interval_weeks} and {_weeks(phase.max_interval_weeks)}, "
        f"first {_weeks(phase.first_interval_weeks)}. "
        f"Active means {_activity(phase.activity, phase.letters_lost)}."
    )


def _label(phase: LabelPhase) -> str:
    """Say how the interval is assigned and shortened."""
    parts = [f"an injection every {_weeks(phase.interval_weeks)}"]
    if phase.assign_at_weeks:
        parts.append(
            f"or every {_either(phase.assign_at_weeks)} weeks when the eye is active that long "
            "after loading"
        )
    if phase.shorten_to_weeks:
        parts.append(f"shortened to {_either(phase.shorten_to_weeks)} weeks when it is active")
    meaning = _activity(phase.criteria, phase.letters_lost)
    return f"{', '.join(parts)}. Active means {meaning}."


def stopping_words(protocol: Protocol) -> list[str]:
    """Say when treatment stops and what follows."""
    rules = protocol.stopping
    if rules is None:
        return []
    sentences = []
    if rules.futile_below_letters is not None:
        sentences.append(
            f"Stops for good when acuity is below {rules.futile_below_letters} letters at "
            f"{_visits(rules.consecutive_visits)} running."
        )
    if rules.stable_at_max_interval_visits is not None:
        never = _never_stable(protocol)
        if never:
            return [*sentences, never]
        weeks = rules.stable_interval_weeks
        where = "the longest interval" if weeks is None else f"intervals of {_weeks(weeks)} or more"
        sentences.append(
            f"May stop as stable after {_visits(rules.stable_at_max_interval_visits)} running "
            f"without activity at {where}, at each further one with probability "
            f"{rules.stable_stop_probability:g}."
        )
        sentences.append(_after_stopping(protocol))
    return sentences


def _never_stable(protocol: Protocol) -> str:
    """Say why the rule for stable disease never applies; empty where it can."""
    assert protocol.stopping is not None
    weeks = protocol.stopping.stable_interval_weeks
    if weeks is None:
        if any(isinstance(phase, PrnPhase) for phase in protocol.phases):
            return "Never stops as stable: treatment as needed has no longest interval."
    elif weeks > max(map(_longest_interval, protocol.phases)):
        return f"Never stops as stable: no treatment interval is {_weeks(weeks)} or more."
    return ""


def _longest_interval(phase: Phase) -> int:
    """Longest treatment interval of a phase in weeks; treatment as needed has none."""
    if isinstance(phase, TreatAndExtendPhase):
        return phase.max_interval_weeks
    return phase.interval_weeks if isinstance(phase, FixedPhase | LabelPhase) else 0


def _after_stopping(protocol: Protocol) -> str:
    """Say how an eye is followed once treatment was stopped for stable disease."""
    after = protocol.after_stopping
    return "Afterwards: discharged." if after is None else f"Afterwards: {after_words(after)}."


def after_words(after: AfterStopping) -> str:
    """Say how such an eye is watched."""
    then = "treated again when active" if after.retreat_on_activity else "not treated again"
    return f"a visit every {_weeks(after.monitor_interval_weeks)}, {then}"


def _activity(criterion: str, letters_lost: int | None) -> str:
    """Say what counts as active."""
    if criterion == "fluid":
        return "fluid on the scan"
    joint = "or" if criterion == "fluid-or-letters" else "and"
    unit = "letter" if letters_lost == 1 else "letters"
    return f"fluid on the scan {joint} {letters_lost} {unit} lost since the last visit"


def _weeks(n: int) -> str:
    """Count of weeks."""
    return "1 week" if n == 1 else f"{n} weeks"


def _visits(n: int | None) -> str:
    """Count of visits."""
    return "1 visit" if n == 1 else f"{n} visits"


def _either(numbers: tuple[int, ...]) -> str:
    """Numbers joined as alternatives."""
    first, last = numbers[:-1], numbers[-1]
    return f"{', '.join(map(str, first))} or {last}" if first else str(last)
