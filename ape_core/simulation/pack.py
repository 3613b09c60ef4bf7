"""From the words of a spec to the numbers of the kernel."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ape_core.schema import (
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    DRUGS,
    MAX_LETTERS,
    WEEKS_PER_YEAR,
)
from ape_core.simulation.pack_rules import pack_rules
from ape_core.simulation.parameters import (
    ONE_CLINIC,
    Attendance,
    Disease,
    FloatArray,
    Kernel,
    People,
)
from ape_core.simulation.quantiles import error_table
from ape_core.spec.distributions import from_quantiles, truncated_normal
from ape_core.spec.life_table import load_life_table
from ape_core.spec.model import DiseaseModel
from ape_core.spec.people import AgeYears, BaselineLetters, LettersQuantiles, Recruitment
from ape_core.spec.population import Population
from ape_core.spec.run_spec import RunSpec

_CDF_DECIMALS = 12
"""Cumulative probabilities are rounded, so that no two machines disagree about a patient."""


@lru_cache(maxsize=2)
def pack(spec: RunSpec) -> Kernel:
    """All that the kernel needs of a run; kept, as slice after slice asks for the same."""
    population = spec.cohort.people()
    return Kernel(
        seed=spec.seed,
        horizon_weeks=spec.years * WEEKS_PER_YEAR,
        disease=_disease(spec.model, spec.protocol.drug, population),
        people=_people(spec, population),
        attendance=_attendance(population),
        rules=pack_rules(spec.protocol),
    )


def _disease(model: DiseaseModel, drug_name: str, population: Population) -> Disease:
    """The disease and the drug; a run without treatment has a drug that is never given."""
    treated = drug_name != DRUGS[0]
    half_life_days = model.drug(drug_name).half_life_days.value if treated else math.inf
    return Disease(
        log_ec50_mean=model.value("log_ec50_mean"),
        log_ec50_sd=model.value("log_ec50_sd"),
        drive_log_sd=model.value("drive_log_sd"),
        turnover=model.value("turnover_per_week"),
        noise=model.value("fluid_noise"),
        presentation_share=model.value("presentation_fluid_share"),
        residual_median=model.value("residual_activity_median"),
        residual_log_sd=model.value("residual_activity_log_sd"),
        recoverable_share=population.recoverable_share,
        letters_per_fluid_median=model.value("letters_per_fluid_median"),
        letters_per_fluid_log_sd=model.value("letters_per_fluid_log_sd"),
        ceiling_letters=model.value("acuity_ceiling_letters"),
        ceiling_sd_letters=model.value("acuity_ceiling_sd_letters"),
        slow_loss_letters=model.value("slow_loss_letters_per_year") / WEEKS_PER_YEAR,
        fluid_loss_letters=model.value("fluid_loss_letters_per_week"),
        fibrosis_rate=model.value("fibrosis_rate_per_fluid_week"),
        fibrosis_loss_log_mean=model.value("fibrosis_loss_log_mean"),
        haemorrhage_rate=model.value("haemorrhage_rate_per_fluid_week"),
        haemorrhage_loss_log_mean=model.value("haemorrhage_loss_log_mean"),
        atrophy_rate=model.value("atrophy_rate_per_year"),
        atrophy_loss_log_mean=model.value("atrophy_loss_log_mean"),
        lesion_log_hazard_per_decade=model.value("lesion_log_hazard_per_decade"),
        burn_out_scale_weeks=model.value("burn_out_scale_years") * WEEKS_PER_YEAR,
        burn_out_shape=model.value("burn_out_shape"),
        fluid_threshold=model.value("fluid_threshold"),
        reading_log_sd=model.value("reading_log_sd"),
        sensitivity=model.value("reading_sensitivity"),
        specificity=model.value("reading_specificity"),
        error_sd_letters=population.acuity_noise_sd_letters,
        errors=error_table(),
        dose=model.drug(drug_name).dose.value if treated else 0.0,
        decay=math.exp(-math.log(2.0) * DAYS_PER_WEEK / half_life_days),
    )


def _people(spec: RunSpec, population: Population) -> People:
    """The cohort's distributions and hazards, and how it is recruited."""
    recruitment, model = spec.cohort.recruitment, spec.model
    letters = _letters_distribution(population.baseline_letters)
    mean, reliability, residual_sd = _true_acuity(letters, population.acuity_noise_sd_letters)
    age_low, age = _age_distribution(population.age_years)
    return People(
        baseline_cdf=_cumulative(letters),
        true_acuity_mean=mean,
        true_acuity_reliability=reliability,
        true_acuity_residual_sd=residual_sd,
        age_low=age_low,
        age_cdf=_cumulative(age),
        female_share=population.female_share,
        death_hazard_per_year=_death_hazards(population.mortality_hazard_ratio),
        lost_per_day=population.leaving.lost_per_year / DAYS_PER_YEAR,
        transferred_per_day=population.leaving.transferred_per_year / DAYS_PER_YEAR,
        recruitment_span_days=_span_days(recruitment),
        recruited_per_day=(recruitment.patients_per_week or 0.0) / DAYS_PER_WEEK,
        recruitment_growth_per_day=recruitment.growth_per_day,
        caseload_patients=float(recruitment.caseload_patients or 0),
        opening_day=float(recruitment.opening_day),
        clinic_patients=spec.capacity.patients_per_clinic if spec.capacity else ONE_CLINIC,
        n_patients=spec.cohort.n_patients if spec.capacity else ONE_CLINIC,
        two_eyes=spec.cohort.two_eyes,
        conversion_per_week=model.value("fellow_eye_conversion_per_year") / WEEKS_PER_YEAR,
        fellow_eye_better_letters=model.value("fellow_eye_better_letters"),
    )


def _attendance(population: Population) -> Attendance:
    """How appointments are kept."""
    kept = population.attendance
    return Attendance(
        late_share=kept.late_share,
        late_days_mean=kept.late_days_mean,
        missed_share=kept.missed_share,
        rebooked_days=kept.rebooked_weeks * DAYS_PER_WEEK,
        breaks_per_day=kept.breaks_per_year / DAYS_PER_YEAR,
        break_days_mean=kept.break_weeks_mean * DAYS_PER_WEEK,
    )


def _letters_distribution(letters: BaselineLetters | LettersQuantiles) -> FloatArray:
    """Probabilities of 0 to 100 letters at the first visit."""
    if isinstance(letters, LettersQuantiles):
        return from_quantiles(letters.probabilities, letters.letters, MAX_LETTERS)
    low = 0 if letters.low is None else letters.low
    high = MAX_LETTERS if letters.high is None else letters.high
    probabilities = np.zeros(MAX_LETTERS + 1)
    probabilities[low : high + 1] = truncated_normal(letters.mean, letters.sd, low, high)
    return probabilities


def _true_acuity(probabilities: FloatArray, error_sd: float) -> tuple[float, float, float]:
    """Regression of true on measured acuity: mean, reliability, residual SD in letters."""
    values = np.arange(len(probabilities))
    mean = round(float(probabilities @ values), _CDF_DECIMALS)
    variance = float(probabilities @ (values - mean) ** 2)
    explained = 1.0 - error_sd**2 / variance if variance > 0.0 else 0.0
    reliability = round(max(explained, 0.0), _CDF_DECIMALS)
    return mean, reliability, error_sd * math.sqrt(reliability)


def _age_distribution(age: AgeYears) -> tuple[int, FloatArray]:
    """Youngest age, and the probabilities of the ages from there on."""
    low, high = age.low, age.high
    assert low is not None, "a population states the window of ages"
    assert high is not None, "a population states the window of ages"
    return low, truncated_normal(age.mean, age.sd, low, high)


def _cumulative(probabilities: FloatArray) -> FloatArray:
    """Cumulative probabilities that end at 1."""
    cumulative: FloatArray = np.cumsum(probabilities, dtype=np.float64).round(_CDF_DECIMALS)
    cumulative[-1] = 1.0
    return cumulative


def _death_hazards(hazard_ratio: float) -> FloatArray:
    """Hazards per year, [sex, age from 0]; ages below the table's never occur."""
    table = load_life_table()
    below = np.zeros(int(table.ages[0]))
    by_sex = [-np.log1p(-qx) * hazard_ratio for qx in (table.qx_female, table.qx_male)]
    rows = [np.concatenate([below, np.round(hazards, 15)]) for hazards in by_sex]
    return np.array(rows, dtype=np.float64)


def _span_days(recruitment: Recruitment) -> float:
    """Days over which first visits are spread evenly: one day when all come at once."""
    return float(recruitment.days) if recruitment.days is not None else 1.0
