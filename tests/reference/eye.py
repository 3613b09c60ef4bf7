"""One eye: drug, activity, acuity and irreversible loss, a week at a time."""

from __future__ import annotations

import math

from tests.reference.luck import acuity_error, exponential, normal, triangular, uniform


class Eye:
    """The state of an eye in a week since its first visit."""

    def __init__(self, cohort, luck, letters, better_letters):
        self.luck = luck
        self.value = value = cohort.spec.model.value
        self.noise_sd = cohort.population.acuity_noise_sd_letters
        drug = cohort.spec.protocol.drug
        if drug != "none":
            self.drug = cohort.spec.model.drug(drug)
        u_ec50, u_drive, u_letters, u_acuity = luck.uniforms("traits", 0)
        u_threshold, u_burn_out, u_residual, _ = luck.uniforms("traits", 1)
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
        self.letters_per_fluid = min(
            value("letters_per_fluid_median")
            * math.exp(value("letters_per_fluid_log_sd") * normal(u_letters))
            * cohort.population.recoverable_share,
            max(value("acuity_ceiling_letters") - acuity, 0.0) / self.fluid,
        )
        self.week = 0
        self.structure = acuity + self.letters_per_fluid * self.fluid
        self.concentration = 0.0
        self.hazard = 0.0
        self.events = 0
        self.next_event = exponential(luck.uniforms("loss", 0)[0])

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
        self.hazard += value("event_rate_per_week") + value("event_rate_per_fluid_week") * fluid
        self.structure -= (
            value("slow_loss_letters_per_year") / 52 + value("fluid_loss_letters_per_week") * fluid
        )
        while self.hazard >= self.next_event:
            self.suffer_event()
        self.structure = max(self.structure, 0.0)
        word = self.luck.words("noise", self.week // 4)[self.week % 4]
        self.fluid = (fluid + value("turnover_per_week") * (target - fluid)) * max(
            1.0 + value("fluid_noise") * triangular(word), 0.0
        )
        if self.concentration > 0:
            self.concentration *= math.exp(-7 * math.log(2) / self.drug.half_life_days.value)
        self.week += 1

    def suffer_event(self):
        loss = exponential(self.luck.uniforms("loss", self.events)[1])
        self.structure *= math.exp(-(self.value("event_loss_log_mean") * loss))
        self.events += 1
        self.next_event += exponential(self.luck.uniforms("loss", self.events)[0])
