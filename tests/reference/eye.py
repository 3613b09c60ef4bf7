"""One eye: drug, activity, acuity and irreversible loss, a week at a time."""

from __future__ import annotations

import math

from tests.reference.luck import acuity_error, exponential, normal, triangular, uniform


class Eye:
    """The state of an eye in a week since its first visit."""

    def __init__(self, cohort, luck, letters, better_letters, age_years):
        self.luck = luck
        self.value = value = cohort.spec.model.value
        self.noise_sd = cohort.population.acuity_noise_sd_letters
        drug = cohort.spec.protocol.drug
        if drug != "none":
            self.drug = cohort.spec.model.drug(drug)
        u_ec50, u_drive, u_letters, u_acuity = luck.uniforms("traits", 0)
        u_threshold, u_burn_out, u_residual, u_ceiling = luck.uniforms("traits", 1)
        self.ec50 = math.exp(value("log_ec50_mean") + value("log_ec50_sd") * normal(u_ec50))
        self.drive = math.exp(value("drive_log_sd") * normal(u_drive))
        self.fluid = value("presentation_fluid_share") * self.drive
        self.threshold = value("fluid_threshold") * math.exp(
            value("reading_log_sd") * normal(u_threshold)
        )
        self.burn_out = (
            value("burn_out_scale_years")
            * 52
            * math.pow(exponential(u_burn_out), 1 / value("burn_out_shape"))
        )
        self.residual = min(
            value("residual_activity_median")
            * math.exp(value("residual_activity_log_sd") * normal(u_residual)),
            1.0,
        )
        mean, reliability = cohort.true_acuity()
        mean += better_letters
        acuity = (
            mean
            + reliability * (letters - mean)
            + self.noise_sd * math.sqrt(reliability) * normal(u_acuity)
        )
        ceiling = value("acuity_ceiling_letters") + value("acuity_ceiling_sd_letters") * normal(
            u_ceiling
        )
        self.letters_per_fluid = min(
            value("letters_per_fluid_median")
            * math.exp(value("letters_per_fluid_log_sd") * normal(u_letters))
            * cohort.population.recoverable_share,
            max(ceiling - acuity, 0.0) / self.fluid,
        )
        self.week = 0
        self.structure = acuity + self.letters_per_fluid * self.fluid
        self.concentration = 0.0
        self.activity = 0.0
        self.bleeds = 0
        self.foresee_losses(age_years)

    @property
    def acuity(self):
        return self.structure - self.letters_per_fluid * self.fluid

    def inject(self):
        self.concentration += self.drug.dose.value

    def measure(self, word):
        letters = math.floor(self.acuity + self.noise_sd * acuity_error(word) + 0.5)
        return min(max(letters, 0), 100)

    def assess(self):
        period = self.week // 4
        return self.measure(self.luck.words("assessment", period // 4)[period % 4])

    def scan_reads_active(self, word):
        if self.fluid > self.threshold:
            return uniform(word) < self.value("reading_sensitivity")
        return uniform(word) >= self.value("reading_specificity")

    def pass_a_week(self):
        value, fluid = self.value, self.fluid
        drive = 0.0 if self.week >= self.burn_out else self.drive
        suppressible = (1.0 - self.residual) * self.ec50 / (self.concentration + self.ec50)
        target = drive * (self.residual + suppressible)
        self.activity += fluid
        self.structure -= (
            value("slow_loss_letters_per_year") / 52 + value("fluid_loss_letters_per_week") * fluid
        )
        if self.activity >= self.scar_at:
            self.lose("fibrosis", self.luck.uniforms("loss", 0)[1])
            self.scar_at = math.inf
        while self.activity >= self.bleed_at:
            self.bleed()
        if self.week == self.atrophy_week:
            self.lose("atrophy", self.luck.uniforms("loss", 0)[3])
        self.structure = max(self.structure, 0.0)
        word = self.luck.words("noise", self.week // 4)[self.week % 4]
        self.fluid = (fluid + value("turnover_per_week") * (target - fluid)) * max(
            1.0 + value("fluid_noise") * triangular(word), 0.0
        )
        if self.concentration > 0:
            self.concentration *= math.exp(-7 * math.log(2) / self.drug.half_life_days.value)
        self.week += 1

    def foresee_losses(self, age_years):
        value = self.value
        per_decade = value("lesion_log_hazard_per_decade")
        older = math.exp(per_decade * ((age_years - 75) / 10))
        u_scar, _, u_atrophy, _ = self.luck.uniforms("loss", 0)
        scar_rate = value("fibrosis_rate_per_fluid_week") * older
        self.scar_at = exponential(u_scar) / scar_rate if scar_rate else math.inf
        self.bleed_at = 0.0
        self.wait_for_bleed()
        atrophy_rate = value("atrophy_rate_per_year") * older
        years = exponential(u_atrophy) / atrophy_rate if atrophy_rate else math.inf
        if per_decade:
            per_year = per_decade / 10
            years = math.log(1 + per_year * years) / per_year
        self.atrophy_week = math.floor(years * 52) if years < 10_000 else None

    def wait_for_bleed(self):
        rate = self.value("haemorrhage_rate_per_fluid_week")
        gap = exponential(self.luck.uniforms("loss", self.bleeds + 1)[0])
        self.bleed_at += gap / rate if rate else math.inf

    def bleed(self):
        self.bleeds += 1
        self.lose("haemorrhage", self.luck.uniforms("loss", self.bleeds)[1])
        self.wait_for_bleed()

    def lose(self, what, chance):
        self.structure *= math.exp(-(self.value(f"{what}_loss_log_mean") * exponential(chance)))
