"""Weeks in the lives of many eyes at a time, in the vector units of a processor.

Each eye's numbers are those that it would have alone, to the bit. Loops over eyes are compiled as
functions of their own: within the whole kernel the compiler would leave them in scalar form.
"""

from __future__ import annotations

from ape_core.simulation.ahead import shock
from ape_core.simulation.compiled import compiled, compiled_apart
from ape_core.simulation.disease import atrophied, lose, measured, next_fluid, worn
from ape_core.simulation.draws import ASSESSMENT, NOISE, words
from ape_core.simulation.lanes import filled
from ape_core.simulation.quantiles import ERROR_SHIFT


@compiled
def assess_lanes(disease, key, week, n, lanes):  # type: ignore[no-untyped-def]
    """Assess the first `n` eyes, if there is an assessment in this week since day 0 of each."""
    n = filled(n)
    if week & 15 == 0:
        _draw_errors(disease, key, week >> 4, n, lanes)
    if week & 3 == 0 and week > 0:
        eyes, errors = lanes.disease, lanes.errors[(week >> 2) & 3]
        letters = lanes.assessed[week >> 2]
        _assess(n, eyes.fluid, eyes.structure, eyes.letters_per_fluid, errors, letters)


@compiled
def pass_week(disease, key, week, n, lanes):  # type: ignore[no-untyped-def]
    """Bring the first `n` eyes to the end of this week since day 0 of each."""
    n_filled, shocks = filled(n), lanes.shocks
    if week & 3 == 0:
        _draw_shocks(disease.noise, key, week >> 2, n_filled, lanes.low, lanes.high, shocks)
    if _pass_week(disease, week, n_filled, shocks[week & 3], lanes.disease, lanes.struck):
        for lane in range(n):
            if lanes.struck[lane]:
                _strike(disease, key, week, lanes, lane)


@compiled_apart
def _draw_shocks(noise, key, block, n, low, high, shocks):  # type: ignore[no-untyped-def]
    """By how much chance changes the fluid in the four weeks of a block."""
    for i in range(n):
        w0, w1, w2, w3 = words((key[0], key[1], low[i], high[i]), NOISE, block)
        shocks[0, i] = shock(noise, w0)
        shocks[1, i] = shock(noise, w1)
        shocks[2, i] = shock(noise, w2)
        shocks[3, i] = shock(noise, w3)


@compiled
def _draw_errors(disease, key, block, n, lanes):  # type: ignore[no-untyped-def]
    """Errors of the four assessments of a block; looked up apart, which no vector unit does."""
    levels, errors = lanes.levels, lanes.errors
    _draw_levels(key, block, n, lanes.low, lanes.high, levels)
    for k in range(4):
        for i in range(n):
            errors[k, i] = disease.error_sd_letters * disease.errors[levels[k, i]]


@compiled_apart
def _draw_levels(key, block, n, low, high, levels):  # type: ignore[no-untyped-def]
    """Places of the errors of a block in their table."""
    for i in range(n):
        w0, w1, w2, w3 = words((key[0], key[1], low[i], high[i]), ASSESSMENT, block)
        levels[0, i] = w0 >> ERROR_SHIFT
        levels[1, i] = w1 >> ERROR_SHIFT
        levels[2, i] = w2 >> ERROR_SHIFT
        levels[3, i] = w3 >> ERROR_SHIFT


@compiled_apart
def _assess(n, fluid, structure, letters_per_fluid, errors, letters):  # type: ignore[no-untyped-def]
    """Letters as they would be measured."""
    for i in range(n):
        letters[i] = measured(structure[i] - letters_per_fluid[i] * fluid[i], errors[i])


@compiled_apart
def _pass_week(disease, week, n, shocks, eyes, struck):  # type: ignore[no-untyped-def]
    """The state a week later but for sudden losses; how many eyes are struck by one."""
    n_struck = 0
    for i in range(n):
        fluid, concentration = eyes.fluid[i], eyes.concentration[i]
        activity = eyes.activity[i] + fluid
        traits = eyes.ec50[i], eyes.full_drive[i], eyes.residual[i], eyes.burn_out_week[i]
        hit = (activity >= eyes.loss_at[i]) | (week == eyes.atrophy_week[i])
        struck[i] = hit
        n_struck += hit
        eyes.activity[i] = activity
        eyes.structure[i] = max(worn(disease, eyes.structure[i], fluid), 0.0)
        eyes.fluid[i] = next_fluid(disease, traits, fluid, concentration, week, shocks[i])
        eyes.concentration[i] = concentration * disease.decay
    return n_struck


@compiled
def _strike(disease, key, week, lanes, i):  # type: ignore[no-untyped-def]
    """The sudden losses of an eye in a week."""
    eyes = lanes.disease
    stream = key[0], key[1], lanes.low[i], lanes.high[i]
    structure, fibrosis_at, bleeding_at = (
        eyes.structure[i],
        eyes.fibrosis_at[i],
        eyes.bleeding_at[i],
    )
    if eyes.activity[i] >= eyes.loss_at[i]:
        structure, fibrosis_at, bleeding_at, lanes.n_bleeds[i] = lose(
            disease, stream, structure, eyes.activity[i], fibrosis_at, bleeding_at,
            lanes.n_bleeds[i],
        )  # fmt: skip
        eyes.fibrosis_at[i], eyes.bleeding_at[i] = fibrosis_at, bleeding_at
        eyes.loss_at[i] = min(fibrosis_at, bleeding_at)
    if week == eyes.atrophy_week[i]:
        structure = atrophied(disease, stream, structure)
    eyes.structure[i] = structure
