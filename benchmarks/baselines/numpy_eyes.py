"""All eyes of a run in NumPy: drug, activity, acuity and irreversible loss, a week at a time."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ape_core.simulation.disease import REFERENCE_AGE_YEARS
from ape_core.simulation.parameters import Disease, IntArray, People
from benchmarks.baselines.inputs import RAMP


class Eyes:
    """Eyes that all had their first visit in week 0."""

    def __init__(
        self,
        disease: Disease,
        people: People,
        rng: Generator,
        letters: IntArray,
        ages: IntArray,
    ) -> None:
        self.disease, self.rng = disease, rng
        n = self.n = len(letters)
        normal = rng.standard_normal
        self.ec50 = rng.lognormal(disease.log_ec50_mean, disease.log_ec50_sd, n)
        self.drive = rng.lognormal(0.0, disease.drive_log_sd, n)
        self.threshold = disease.fluid_threshold * np.exp(disease.reading_log_sd * normal(n))
        self.burn_out_week = disease.burn_out_scale_weeks * rng.weibull(disease.burn_out_shape, n)
        residual = disease.residual_median * np.exp(disease.residual_log_sd * normal(n))
        self.residual = np.minimum(residual, 1.0)
        mean = people.true_acuity_mean
        acuity = mean + people.true_acuity_reliability * (letters - mean)
        acuity += people.true_acuity_residual_sd * normal(n)
        ceiling = rng.normal(disease.ceiling_letters, disease.ceiling_sd_letters, n)
        self.fluid = disease.presentation_share * self.drive
        recovered = np.exp(disease.letters_per_fluid_log_sd * normal(n))
        recovered *= disease.letters_per_fluid_median * disease.recoverable_share
        most = np.maximum(ceiling - acuity, 0.0) / self.fluid
        self.letters_per_fluid = np.minimum(recovered, most)
        self.structure = acuity + self.letters_per_fluid * self.fluid
        self.concentration, self.activity = np.zeros(n), np.zeros(n)
        self.foresee_losses(ages)

    def foresee_losses(self, ages: IntArray) -> None:
        """Draw at which activity eyes scar and bleed, and when atrophy comes."""
        disease, exponential = self.disease, self.rng.standard_exponential
        per_decade = disease.lesion_log_hazard_per_decade
        older = np.exp(per_decade * (ages - REFERENCE_AGE_YEARS) / 10)
        self.scar_at = exponential(self.n) / (disease.fibrosis_rate * older)
        self.bleed_at = exponential(self.n) / disease.haemorrhage_rate
        years = exponential(self.n) / (disease.atrophy_rate * older)
        years = np.log1p(per_decade / 10 * years) / (per_decade / 10)
        self.atrophy_week = np.floor(years * 52)

    def inject(self, eyes: IntArray) -> None:
        """Give some eyes the drug."""
        self.concentration[eyes] += self.disease.dose

    def measure(self, eyes: IntArray) -> IntArray:
        """Letters of some eyes as they are measured now."""
        error = self.disease.error_sd_letters * self.rng.choice(self.disease.errors, len(eyes))
        acuity = self.structure[eyes] - self.letters_per_fluid[eyes] * self.fluid[eyes]
        return np.clip(np.floor(acuity + error + 0.5), 0, 100).astype(np.int8)

    def scan(self, eyes: IntArray) -> np.ndarray:
        """Whether scans of some eyes are read as active now."""
        chance = self.rng.random(len(eyes))
        wet = self.fluid[eyes] > self.threshold[eyes]
        return np.where(wet, chance < self.disease.sensitivity, chance >= self.disease.specificity)

    def pass_a_week(self, week: int) -> None:
        """Take all eyes from the start of a week to the start of the next."""
        disease, fluid = self.disease, self.fluid
        drive = np.where(week < self.burn_out_week, self.drive, 0.0)
        suppressed = self.ec50 / (self.concentration + self.ec50)
        target = drive * (self.residual + (1.0 - self.residual) * suppressed)
        self.activity += fluid
        self.structure -= disease.slow_loss_letters + disease.fluid_loss_letters * fluid
        self.lose(week)
        np.maximum(self.structure, 0.0, out=self.structure)
        uniforms = self.rng.random((2, self.n))
        shock = 1.0 + disease.noise * RAMP * (uniforms[0] + uniforms[1] - 1.0)
        self.fluid = (fluid + disease.turnover * (target - fluid)) * np.maximum(shock, 0.0)
        self.concentration *= disease.decay

    def lose(self, week: int) -> None:
        """Scars, haemorrhages and atrophy of this week."""
        disease = self.disease
        scarred = np.flatnonzero(self.activity >= self.scar_at)
        self.shrink(scarred, disease.fibrosis_loss_log_mean)
        self.scar_at[scarred] = np.inf
        while (bled := np.flatnonzero(self.activity >= self.bleed_at)).size:
            self.shrink(bled, disease.haemorrhage_loss_log_mean)
            waits = self.rng.standard_exponential(len(bled))
            self.bleed_at[bled] += waits / disease.haemorrhage_rate
        atrophic = np.flatnonzero(self.atrophy_week == week)
        self.shrink(atrophic, disease.atrophy_loss_log_mean)

    def shrink(self, eyes: IntArray, log_mean: float) -> None:
        """Take a share of what some eyes have left."""
        self.structure[eyes] *= np.exp(-log_mean * self.rng.standard_exponential(len(eyes)))
