"""One eye between visits: drug, activity, acuity and irreversible loss, in steps of a week.

docs/model.md gives the equations; names here are its symbols in words.
"""

from __future__ import annotations

import math

import numpy as np

from ape_core.schema import MAX_LETTERS, WEEKS_PER_YEAR
from ape_core.simulation.compiled import compiled
from ape_core.simulation.draws import LOSS, TRAITS, uniform, words
from ape_core.simulation.quantiles import exponential_quantile, normal_quantile

REFERENCE_AGE_YEARS = 75.0
"""Age at which the rates of scars and atrophy hold as stated."""

NEVER_WEEK = float(1 << 30)


@compiled
def draw_traits(disease, people, stream, baseline_letters, better_letters, age_years):  # type: ignore[no-untyped-def]
    """What an eye keeps for life, and its state at its first visit, at this age.

    Returns
    -------
    traits
        (ec50, drive, letters_per_fluid, threshold, burn_out_week, residual, atrophy_week)
    state
        (fluid, structure, concentration, activity so far, activity at which the scar forms,
        activity at the next haemorrhage, haemorrhages so far)
    """
    w0, w1, w2, w3 = words(stream, TRAITS, 0)
    ec50 = math.exp(disease.log_ec50_mean + disease.log_ec50_sd * normal_quantile(uniform(w0)))
    drive = math.exp(disease.drive_log_sd * normal_quantile(uniform(w1)))
    letters_per_fluid = disease.letters_per_fluid_median * math.exp(
        disease.letters_per_fluid_log_sd * normal_quantile(uniform(w2))
    )
    letters_per_fluid *= disease.recoverable_share
    # The measured baseline contains an error: true acuity given it, as in a normal model.
    mean = people.true_acuity_mean + better_letters
    acuity = mean + people.true_acuity_reliability * (baseline_letters - mean)
    acuity += people.true_acuity_residual_sd * normal_quantile(uniform(w3))

    v0, v1, v2, v3 = words(stream, TRAITS, 1)
    # What an eye could see at best bounds what can be regained, so a good eye has less to gain.
    ceiling = disease.ceiling_letters + disease.ceiling_sd_letters * normal_quantile(uniform(v3))
    fluid = disease.presentation_share * drive
    recoverable = max(ceiling - acuity, 0.0)
    letters_per_fluid = min(letters_per_fluid, recoverable / fluid)
    structure = acuity + letters_per_fluid * fluid

    threshold = disease.fluid_threshold * math.exp(
        disease.reading_log_sd * normal_quantile(uniform(v0))
    )
    burn_out_week = disease.burn_out_scale_weeks * math.pow(
        exponential_quantile(uniform(v1)), 1.0 / disease.burn_out_shape
    )
    residual = disease.residual_median * math.exp(
        disease.residual_log_sd * normal_quantile(uniform(v2))
    )
    residual = min(residual, 1.0)
    fibrosis_at, bleeding_at, atrophy_week = _first_losses(disease, stream, age_years)
    traits = (ec50, drive, letters_per_fluid, threshold, burn_out_week, residual, atrophy_week)
    return traits, (fluid, structure, 0.0, 0.0, fibrosis_at, bleeding_at, 0)


@compiled
def _first_losses(disease, stream, age_years):  # type: ignore[no-untyped-def]
    """When irreversible losses strike an eye that is first seen at this age.

    Returns
    -------
    Cumulative activity (fluid x weeks) at which the scar forms and at which the eye first bleeds,
    and the week in which atrophy reaches the fovea, which activity does not hasten.
    """
    decades = (age_years - REFERENCE_AGE_YEARS) / 10.0
    aged = math.exp(disease.lesion_log_hazard_per_decade * decades)
    w0, _, w2, _ = words(stream, LOSS, 0)
    fibrosis_at = _reached(disease.fibrosis_rate * aged, exponential_quantile(uniform(w0)))
    first = uniform(words(stream, LOSS, 1)[0])
    bleeding_at = _reached(disease.haemorrhage_rate, exponential_quantile(first))
    years = _reached(disease.atrophy_rate * aged, exponential_quantile(uniform(w2)))
    growth = disease.lesion_log_hazard_per_decade / 10.0
    if growth > 0.0:
        # The hazard goes on rising as the patient ages.
        years = math.log(1.0 + growth * years) / growth
    atrophy_week = np.int64(math.floor(min(years * WEEKS_PER_YEAR, NEVER_WEEK)))
    return fibrosis_at, bleeding_at, atrophy_week


@compiled
def _reached(rate, threshold):  # type: ignore[no-untyped-def]
    """When a cumulative hazard that grows at this rate reaches the threshold."""
    return threshold / rate if rate > 0.0 else math.inf


@compiled
def acuity_of(traits, state):  # type: ignore[no-untyped-def]
    """True acuity in letters: structural potential less what fluid takes."""
    return state[1] - traits[2] * state[0]


@compiled
def measured(acuity, error):  # type: ignore[no-untyped-def]
    """A measurement of the acuity with this error, in whole letters."""
    return min(max(int(math.floor(acuity + error + 0.5)), 0), MAX_LETTERS)


@compiled
def reads_active(disease, fluid, threshold, word):  # type: ignore[no-untyped-def]
    """Whether the scan of an eye with this fluid is read as active."""
    if fluid > threshold:
        return uniform(word) < disease.sensitivity
    return uniform(word) >= disease.specificity


@compiled
def assess(ahead, acuity, week):  # type: ignore[no-untyped-def]
    """Letters as they would be measured in a 4-weekly assessment."""
    return measured(acuity, ahead.errors[(week >> 2) & 3, week >> 4])


@compiled
def inject(disease, state):  # type: ignore[no-untyped-def]
    """The state after an injection."""
    fluid, structure, concentration, activity, fibrosis_at, bleeding_at, n_bleeds = state
    concentration += disease.dose
    return fluid, structure, concentration, activity, fibrosis_at, bleeding_at, n_bleeds


@compiled
def _shrunk(structure, log_mean, word):  # type: ignore[no-untyped-def]
    """Structure after an irreversible loss, which takes a share of what is left."""
    return structure * math.exp(-(log_mean * exponential_quantile(uniform(word))))


@compiled
def lose(disease, stream, structure, activity, fibrosis_at, bleeding_at, n_bleeds):  # type: ignore[no-untyped-def]
    """Scar and haemorrhages that are due at this cumulative activity."""
    if activity >= fibrosis_at:
        scar = words(stream, LOSS, 0)[1]
        structure = _shrunk(structure, disease.fibrosis_loss_log_mean, scar)
        fibrosis_at = math.inf
    while activity >= bleeding_at:
        bleed = words(stream, LOSS, n_bleeds + 1)[1]
        structure = _shrunk(structure, disease.haemorrhage_loss_log_mean, bleed)
        n_bleeds += 1
        following = uniform(words(stream, LOSS, n_bleeds + 1)[0])
        bleeding_at += exponential_quantile(following) / disease.haemorrhage_rate
    return structure, fibrosis_at, bleeding_at, n_bleeds


@compiled
def atrophied(disease, stream, structure):  # type: ignore[no-untyped-def]
    """Structure once atrophy has reached the fovea."""
    return _shrunk(structure, disease.atrophy_loss_log_mean, words(stream, LOSS, 0)[3])


@compiled
def worn(disease, structure, fluid):  # type: ignore[no-untyped-def]
    """Structure after a week with this fluid, sudden losses aside."""
    return structure - (disease.slow_loss_letters + disease.fluid_loss_letters * fluid)


@compiled
def next_fluid(disease, traits, fluid, concentration, week, shock):  # type: ignore[no-untyped-def]
    """Fluid a week later; `traits` is (ec50, drive, residual activity, week of burn-out)."""
    ec50, full_drive, residual, burn_out_week = traits
    drive = full_drive if week < burn_out_week else 0.0
    target = drive * (residual + (1.0 - residual) * ec50 / (concentration + ec50))
    return (fluid + disease.turnover * (target - fluid)) * shock


@compiled
def advance(disease, traits, stream, ahead, state, first_week, last_week, assessed, offset):  # type: ignore[no-untyped-def]
    """The state at the start of `last_week`, filling in the assessments that fall before it.

    `ahead` holds the draws of these weeks, `assessed` is the eye's row of assessments, `offset`
    the period of its first visit in it.
    """
    ec50, full_drive, letters_per_fluid, _, burn_out_week, residual, atrophy_week = traits
    fluid, structure, concentration, activity, fibrosis_at, bleeding_at, n_bleeds = state
    drives = (ec50, full_drive, residual, burn_out_week)
    for week in range(first_week, last_week):
        if week & 3 == 0 and week > 0:
            acuity = structure - letters_per_fluid * fluid
            assessed[offset + (week >> 2)] = assess(ahead, acuity, week)
        activity += fluid
        structure = max(worn(disease, structure, fluid), 0.0)
        if activity >= min(fibrosis_at, bleeding_at):
            structure, fibrosis_at, bleeding_at, n_bleeds = lose(
                disease, stream, structure, activity, fibrosis_at, bleeding_at, n_bleeds
            )
        if week == atrophy_week:
            structure = atrophied(disease, stream, structure)
        shock = ahead.shocks[week & 3, week >> 2]
        fluid = next_fluid(disease, drives, fluid, concentration, week, shock)
        concentration *= disease.decay
    return fluid, structure, concentration, activity, fibrosis_at, bleeding_at, n_bleeds
