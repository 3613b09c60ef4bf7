"""One eye in plain Python: drug, activity, acuity and irreversible loss, a week at a time."""

from __future__ import annotations

import math
from random import Random

from ape_core.simulation.disease import REFERENCE_AGE_YEARS
from ape_core.simulation.parameters import Disease, People
from benchmarks.baselines.inputs import RAMP


class Eye:
    """An eye since its first visit.

    Parameters
    ----------
    disease, people
        The numbers of the model.
    errors
        Acuity errors of SD 1, all equally likely.
    rng
        Draws everything.
    letters
        Measured at the first visit.
    age_years
        Of the patient at that visit.
    """

    def __init__(
        self,
        disease: Disease,
        people: People,
        errors: list[float],
        rng: Random,
        letters: int,
        age_years: int,
    ) -> None:
        self.disease, self.errors, self.rng = disease, errors, rng
        gauss = rng.gauss
        self.ec50 = rng.lognormvariate(disease.log_ec50_mean, disease.log_ec50_sd)
        self.drive = rng.lognormvariate(0.0, disease.drive_log_sd)
        self.threshold = disease.fluid_threshold * math.exp(disease.reading_log_sd * gauss())
        self.burn_out_week = rng.weibullvariate(
            disease.burn_out_scale_weeks, disease.burn_out_shape
        )
        residual = disease.residual_median * math.exp(disease.residual_log_sd * gauss())
        self.residual = min(residual, 1.0)
        mean = people.true_acuity_mean
        acuity = (
            mean
            + people.true_acuity_reliability * (letters - mean)
            + people.true_acuity_residual_sd * gauss()
        )
        ceiling = gauss(disease.ceiling_letters, disease.ceiling_sd_letters)
        self.fluid = disease.presentation_share * self.drive
        recovered = disease.letters_per_fluid_median * disease.recoverable_share
        recovered *= math.exp(disease.letters_per_fluid_log_sd * gauss())
        self.letters_per_fluid = min(recovered, max(ceiling - acuity, 0.0) / self.fluid)
        self.structure = acuity + self.letters_per_fluid * self.fluid
        self.concentration = self.activity = 0.0
        self.week = 0
        self.assessed = [letters]
        self.foresee_losses(age_years)

    def foresee_losses(self, age_years: int) -> None:
        """Draw at which activity the eye scars and bleeds, and when atrophy comes."""
        disease, rng = self.disease, self.rng
        per_decade = disease.lesion_log_hazard_per_decade
        older = math.exp(per_decade * (age_years - REFERENCE_AGE_YEARS) / 10)
        self.scar_at = rng.expovariate(disease.fibrosis_rate * older)
        self.bleed_at = rng.expovariate(disease.haemorrhage_rate)
        years = rng.expovariate(disease.atrophy_rate * older)
        self.atrophy_week = int(math.log1p(per_decade / 10 * years) / (per_decade / 10) * 52)

    def inject(self) -> None:
        """Give the drug."""
        self.concentration += self.disease.dose

    def measure(self) -> int:
        """Letters as they are measured now."""
        error = self.disease.error_sd_letters * self.rng.choice(self.errors)
        acuity = self.structure - self.letters_per_fluid * self.fluid
        return min(max(math.floor(acuity + error + 0.5), 0), 100)

    def scan(self) -> bool:
        """Whether a scan is read as active now."""
        if self.fluid > self.threshold:
            return self.rng.random() < self.disease.sensitivity
        return self.rng.random() >= self.disease.specificity

    def live_until(self, last_week: int) -> None:
        """Pass the weeks up to this one, with an assessment every fourth."""
        disease, random = self.disease, self.rng.random
        fluid, structure, concentration = self.fluid, self.structure, self.concentration
        for week in range(self.week, last_week):
            if week % 4 == 0 and week > 0:
                self.fluid, self.structure = fluid, structure
                self.assessed.append(self.measure())
            drive = self.drive if week < self.burn_out_week else 0.0
            suppressed = self.ec50 / (concentration + self.ec50)
            target = drive * (self.residual + (1.0 - self.residual) * suppressed)
            self.activity += fluid
            structure -= disease.slow_loss_letters + disease.fluid_loss_letters * fluid
            if self.activity >= self.scar_at:
                structure *= self.kept(disease.fibrosis_loss_log_mean)
                self.scar_at = math.inf
            while self.activity >= self.bleed_at:
                structure *= self.kept(disease.haemorrhage_loss_log_mean)
                self.bleed_at += self.rng.expovariate(disease.haemorrhage_rate)
            if week == self.atrophy_week:
                structure *= self.kept(disease.atrophy_loss_log_mean)
            structure = max(structure, 0.0)
            shock = 1.0 + disease.noise * RAMP * (random() + random() - 1.0)
            fluid = (fluid + disease.turnover * (target - fluid)) * max(shock, 0.0)
            concentration *= disease.decay
        self.fluid, self.structure, self.concentration = fluid, structure, concentration
        self.week = max(self.week, last_week)

    def kept(self, log_mean: float) -> float:
        """Share of the structure that is left by a loss."""
        return math.exp(-log_mean * self.rng.expovariate(1.0))
