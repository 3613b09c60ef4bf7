"""Hypothesis strategies: valid protocols of every regimen, and runs of them."""

from __future__ import annotations

from hypothesis import strategies as st

from ape_core.limits import MAX_SEED
from ape_core.schema import DRUGS
from ape_core.spec.cohort import Cohort
from ape_core.spec.model import load_model
from ape_core.spec.people import (
    AgeYears,
    Attendance,
    BaselineLetters,
    Leaving,
    LettersQuantiles,
    Recruitment,
)
from ape_core.spec.phases import (
    FixedPhase,
    LabelPhase,
    Loading,
    NoTreatmentPhase,
    PrnPhase,
    TreatAndExtendPhase,
)
from ape_core.spec.population import Population
from ape_core.spec.protocol import AfterStopping, Protocol, Stopping
from ape_core.spec.run_spec import RunSpec

WEEKS = st.integers(1, 20)
LOADINGS = st.none() | st.builds(Loading, st.integers(1, 5), st.integers(1, 8))


@st.composite
def criteria(draw):
    """What counts as active, and the letters that count."""
    criterion = draw(st.sampled_from(["fluid", "fluid-or-letters", "fluid-and-letters"]))
    return criterion, None if criterion == "fluid" else draw(st.integers(1, 10))


@st.composite
def fixed(draw, until, assigns):
    return FixedPhase(until, draw(WEEKS))


@st.composite
def as_needed(draw, until, assigns):
    weeks = draw(WEEKS)
    return PrnPhase(until, weeks, draw(st.none() | st.integers(weeks, 30)))


@st.composite
def treat_and_extend(draw, until, assigns):
    low, first, high = sorted(draw(st.tuples(WEEKS, WEEKS, WEEKS)))
    steps = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    return TreatAndExtendPhase(until, first, *steps, low, high, *draw(criteria()))


@st.composite
def label(draw, until, assigns):
    weeks = draw(st.integers(2, 20))
    some = st.lists(st.integers(1, weeks - 1), max_size=3, unique=True)
    assign_at = tuple(sorted(draw(some))) if assigns else ()
    shorten_to = tuple(sorted(draw(some), reverse=True))
    if not assign_at and not shorten_to:
        shorten_to = (weeks - 1,)
    return LabelPhase(until, weeks, shorten_to, *draw(criteria()), assign_at)


@st.composite
def untreated(draw, until, assigns):
    return NoTreatmentPhase(until, draw(WEEKS))


def _stopping():
    """Rules that come into play often."""
    futile = st.tuples(st.integers(1, 85), st.integers(1, 4))
    stable = st.tuples(st.integers(1, 3), st.floats(0.1, 1.0), st.none() | WEEKS)
    neither = st.just((None, None))
    rules = st.tuples(futile | neither, stable | neither).filter(lambda pair: any(map(any, pair)))
    return st.none() | rules.map(lambda pair: Stopping(*pair[0], *pair[1]))


@st.composite
def protocols(draw):
    """A valid protocol."""
    treated = draw(st.integers(0, 9)) > 0
    loading = draw(LOADINGS) if treated else None
    kinds = [fixed, as_needed, treat_and_extend, label] if treated else [untreated]
    week, phases = loading.last_week if loading else 0, []
    for place in range(draw(st.integers(1, 3))):
        if place > 0:
            week += draw(st.integers(1, 80))
            phases[-1] = draw(phases[-1](week, place == 1 and loading is not None))
        phases.append(draw(st.sampled_from(kinds)))
    phases[-1] = draw(phases[-1](None, len(phases) == 1 and loading is not None))
    stopping = draw(_stopping()) if treated else None
    after = None
    if stopping and stopping.has_stable_rule:
        after = draw(st.none() | st.builds(AfterStopping, WEEKS, st.booleans()))
    drug = draw(st.sampled_from(DRUGS[1:])) if treated else "none"
    return Protocol("drawn", "Drawn", drug, loading, tuple(phases), stopping, after)


def _letters():
    """Acuity at the first visit of both kinds, and some that hardly differ between patients."""
    window = st.just(20), st.just(88)
    moments = st.builds(BaselineLetters, st.floats(40, 70), st.floats(4, 14), *window)
    quantiles = LettersQuantiles((0.0, 0.2, 0.7, 1.0), (5.0, 40.0, 70.0, 95.0))
    return moments | st.just(quantiles)


def populations():
    """Populations that come late, miss visits, leave and die more or less often."""
    share = st.sampled_from([0.0, 0.1, 0.6])
    attendance = st.builds(
        Attendance,
        share,
        st.floats(0, 20),
        share,
        st.floats(0, 12),
        st.sampled_from([0.0, 0.3, 3.0]),
        st.floats(0, 40),
    )
    return st.builds(
        Population,
        name=st.just("drawn"),
        title=st.just("Drawn"),
        baseline_letters=_letters(),
        age_years=st.just(AgeYears(78.0, 8.0, 50, 100)) | st.just(AgeYears(95.0, 3.0, 80, 100)),
        female_share=st.floats(0, 1),
        attendance=attendance,
        leaving=st.builds(Leaving, share, share),
        mortality_hazard_ratio=st.floats(0.1, 5),
        acuity_noise_sd_letters=st.floats(0, 8),
        recoverable_share=st.floats(0, 1.5),
    )


@st.composite
def models(draw):
    """The shipped model, or one in which more happens."""
    return load_model().replace(
        fluid_noise=draw(st.floats(0, 0.6)),
        presentation_fluid_share=draw(st.floats(0.1, 2)),
        residual_activity_median=draw(st.sampled_from([0.0, 0.01, 0.5])),
        acuity_ceiling_sd_letters=draw(st.sampled_from([0.0, 5.0, 30.0])),
        fibrosis_rate_per_fluid_week=draw(st.sampled_from([0.0, 0.02, 1.0])),
        fibrosis_loss_log_mean=draw(st.floats(0, 2)),
        haemorrhage_rate_per_fluid_week=draw(st.sampled_from([0.0, 0.02, 0.5])),
        haemorrhage_loss_log_mean=draw(st.floats(0, 1)),
        atrophy_rate_per_year=draw(st.sampled_from([0.0, 0.1, 2.0])),
        atrophy_loss_log_mean=draw(st.floats(0, 1)),
        lesion_log_hazard_per_decade=draw(st.sampled_from([0.0, 0.3, 3.0])),
        burn_out_scale_years=draw(st.floats(0.5, 20)),
        fellow_eye_conversion_per_year=draw(st.sampled_from([0.0, 0.1, 2.0])),
        fellow_eye_better_letters=draw(st.floats(-30, 30)),
    )


def specs():
    """A run of a valid protocol."""
    recruitment = st.sampled_from(
        [
            Recruitment(),
            Recruitment("uniform", days=500),
            Recruitment("rate", patients_per_week=27_000.0),
        ]
    )
    cohorts = st.builds(
        Cohort,
        st.just(1000),
        populations(),
        two_eyes=st.booleans(),
        recruitment=recruitment,
    )
    return st.builds(
        RunSpec, protocols(), cohorts, st.integers(1, 8), st.integers(0, MAX_SEED), models()
    )
