"""The rules of a protocol in plain words and as a picture."""

from __future__ import annotations

import pytest

from ape_core.errors import InvalidSpecError
from ape_core.spec.protocol import (
    FixedPhase,
    LabelPhase,
    Loading,
    PrnPhase,
    Protocol,
    Stopping,
    TreatAndExtendPhase,
)
from ape_core.spec.protocol_yaml import load_protocol


def protocol(*phases, loading=None, stopping=None):
    return Protocol("x", "X", "aflibercept-2mg", loading, phases, stopping)


def test_tells_view_in_order_of_time():
    assert load_protocol("aflibercept-2mg-view").summary_sentences() == [
        "Loading: 3 injections, 4 weeks apart.",
        "Until week 52: an injection every 8 weeks, whatever is seen.",
        (
            "From week 52: a visit every 4 weeks, with an injection when the scan shows fluid, "
            "and at least every 12 weeks."
        ),
    ]


def test_tells_stopping_and_what_follows():
    sentences = load_protocol("aflibercept-2mg-treat-and-extend").summary_sentences()
    assert sentences[-3:] == [
        "Stops for good when acuity is below 15 letters at 2 visits running.",
        (
            "May stop as stable after 3 visits running without activity at the longest interval, "
            "at each further one with probability 0.1."
        ),
        "Afterwards: a visit every 8 weeks, treated again when active.",
    ]


def test_tells_that_treatment_as_needed_never_stops_as_stable():
    words = protocol(PrnPhase(None, 4), stopping=Stopping(None, None, 3, 0.1)).summary_sentences()
    assert words[-1] == "Never stops as stable: treatment as needed has no longest interval."


EXTEND = TreatAndExtendPhase(None, 8, 2, 2, 4, 16, "fluid")


@pytest.mark.parametrize(("weeks", "told"), [(8, "8 weeks"), (1, "1 week"), (16, "16 weeks")])
def test_tells_from_which_interval_on_a_dry_visit_counts(weeks, told):
    rules = Stopping(None, None, 3, 0.1, weeks)
    assert protocol(EXTEND, stopping=rules).summary_sentences()[-2:] == [
        (
            "May stop as stable after 3 visits running without activity at intervals of "
            f"{told} or more, at each further one with probability 0.1."
        ),
        "Afterwards: discharged.",
    ]


@pytest.mark.parametrize(
    ("phases", "weeks"), [([EXTEND], 17), ([FixedPhase(None, 8)], 9), ([PrnPhase(None, 12)], 1)]
)
def test_tells_that_no_interval_is_long_enough_to_stop(phases, weeks):
    words = protocol(*phases, stopping=Stopping(None, None, 3, 0.1, weeks)).summary_sentences()
    told = "1 week" if weeks == 1 else f"{weeks} weeks"
    assert words[-1] == f"Never stops as stable: no treatment interval is {told} or more."


def test_tells_that_an_eye_may_stop_before_treatment_as_needed_begins():
    """A stated interval needs no longest one: it is reached in the phase before."""
    phases = FixedPhase(52, 8), PrnPhase(None, 4)
    words = protocol(*phases, stopping=Stopping(None, None, 3, 0.1, 8)).summary_sentences()
    assert words[-2].startswith("May stop as stable after 3 visits running")
    words = protocol(*phases, stopping=Stopping(None, None, 3, 0.1)).summary_sentences()
    assert words[-1] == "Never stops as stable: treatment as needed has no longest interval."


def test_tells_how_an_interval_is_assigned():
    sentence = load_protocol("faricimab-6mg").summary_sentences()[1]
    assert sentence == (
        "Until week 60: an injection every 16 weeks, or every 8 or 12 weeks when the eye is active "
        "that long after loading. Active means fluid on the scan or 10 letters lost since the last "
        "visit."
    )


def test_tells_singulars_and_middles():
    told = protocol(
        FixedPhase(10, 1),
        FixedPhase(20, 2),
        FixedPhase(None, 4),
        loading=Loading(1, 4),
        stopping=Stopping(stable_at_max_interval_visits=1, stable_stop_probability=1),
    ).summary_sentences()
    assert told[:3] == [
        "Loading: 1 injection.",
        "Until week 10: an injection every 1 week, whatever is seen.",
        "Weeks 10 to 20: an injection every 2 weeks, whatever is seen.",
    ]
    assert told[-2].startswith("May stop as stable after 1 visit running")
    assert told[-1] == "Afterwards: discharged."


def test_draws_treat_and_extend_of_a_dry_and_an_active_eye():
    sketch = load_protocol("aflibercept-2mg-treat-and-extend").schedule_sketch(60)
    assert sketch.dry.injection_weeks == (0, 4, 8, 16, 26, 38, 52)
    assert sketch.active.injection_weeks[:8] == (0, 4, 8, 16, 22, 26, 30, 34)
    assert sketch.dry.visit_only_weeks == sketch.active.visit_only_weeks == ()


def test_draws_prn_without_loading_from_an_eye_that_is_active_at_first():
    sketch = protocol(PrnPhase(None, 4, 12)).schedule_sketch(24)
    assert sketch.dry.injection_weeks == (0, 12, 24)
    assert sketch.dry.visit_only_weeks == (4, 8, 16, 20)
    assert sketch.active.injection_weeks == (0, 4, 8, 12, 16, 20, 24)


def test_prn_injects_before_the_longest_gap_would_be_exceeded():
    sketch = protocol(PrnPhase(None, 8, 12)).schedule_sketch(24)
    assert sketch.dry.injection_weeks == (0, 8, 16, 24)


def test_draws_assignment_at_the_assessments():
    sketch = load_protocol("faricimab-6mg").schedule_sketch(60)
    assert sketch.dry.injection_weeks == (0, 4, 8, 12, 28, 44, 60)
    assert sketch.dry.visit_only_weeks == (20, 24)
    assert sketch.active.injection_weeks == (0, 4, 8, 12, 20, 28, 36, 44, 52, 60)


def test_draws_a_label_that_shortens_step_by_step():
    phase = LabelPhase(None, 16, (12, 8), "fluid")
    sketch = protocol(phase, loading=Loading(1, 4)).schedule_sketch(52)
    assert sketch.dry.injection_weeks == (0, 16, 32, 48)
    assert sketch.active.injection_weeks == (0, 16, 28, 36, 44, 52)


def test_treat_and_extend_carries_on_from_the_interval_it_finds():
    step = TreatAndExtendPhase(None, 4, 2, 2, 4, 16, "fluid")
    fixed = protocol(FixedPhase(10, 8), step, loading=Loading(1, 4)).schedule_sketch(40)
    assert fixed.dry.injection_weeks == (0, 8, 16, 26, 38)
    prn = protocol(PrnPhase(10, 4), step, loading=Loading(1, 4)).schedule_sketch(30)
    assert prn.dry.injection_weeks == (0, 12, 16, 22, 30)


@pytest.mark.parametrize("weeks", [0, "52", 10**6])
def test_a_picture_needs_a_number_of_weeks(weeks):
    with pytest.raises(InvalidSpecError, match="weeks is .*, but must be a whole number from 1 to"):
        load_protocol("no-treatment").schedule_sketch(weeks)
