"""Patients one by one, eyes one by one, weeks one by one: rows as docs/model.md says."""

from __future__ import annotations

import math

from ape_core.schema import DRUGS, END_REASONS, NOT_ASSESSED, PHASES, SEXES
from tests.reference.clinic import Clinic
from tests.reference.eye import Eye
from tests.reference.luck import exponential
from tests.reference.people import Cohort
from tests.reference.slots import serve


def simulate_slowly(spec, first, stop):
    """Rows of patients first to stop (excluded).

    Returns
    -------
    Visits and patients as lists of dicts, assessments as a list of lists, one per eye.
    """
    eyes = follow_slowly(spec, first, stop)
    visits = [row for eye in eyes for row in eye.rows]
    return visits, [eye.summary() for eye in eyes], [eye.assessments for eye in eyes]


def follow_slowly(spec, first, stop):
    """The eyes of patients first to stop (excluded), followed to the end of the run."""
    cohort = Cohort(spec)
    if spec.capacity is None:
        eyes = [eye for patient in range(first, stop) for eye in eyes_of(cohort, patient)]
        for eye in eyes:
            eye.follow()
        return eyes
    size = spec.capacity.patients_per_clinic
    eyes = []
    for start in range(first // size * size, stop, size):
        eyes += serve(spec, start, lambda patient: eyes_of(cohort, patient))
    return [eye for eye in eyes if first <= eye.patient < stop]


def eyes_of(cohort, patient):
    """The eyes of a patient, on their day 0."""
    person = cohort.person(patient)
    appointments = Appointments(cohort, patient)
    first = FollowedEye(cohort, person, patient, appointments, 0, 0, person.letters, 0.0)
    eyes = [first]
    if person.fellow_onset_day < first.care_end:
        better = cohort.spec.model.value("fellow_eye_better_letters")
        onset, letters = person.fellow_onset_day, cohort.fellow_letters(patient)
        eyes.append(FollowedEye(cohort, person, patient, appointments, 1, onset, letters, better))
    return eyes


class Appointments:
    """How a patient keeps appointments."""

    def __init__(self, cohort, patient):
        self.kept = cohort.population.attendance
        self.breaks = self.draw_breaks(cohort.luck(patient, 0), 364 * cohort.spec.years)

    def draw_breaks(self, luck, last_day):
        """Breaks from care as (first day, day of return), in order."""
        breaks, end = [], 0
        while self.kept.breaks_per_year > 0 and end < last_day:
            u_start, u_length, _, _ = luck.uniforms("break", len(breaks))
            start = end + exponential(u_start) / (self.kept.breaks_per_year / 364)
            if start > last_day:
                break
            length = math.ceil(self.kept.break_weeks_mean * 7 * exponential(u_length))
            end = math.ceil(start) + length
            breaks.append((math.ceil(start), end))
        return breaks

    def day_kept(self, luck, planned, onset):
        """Day since the eye's first visit on which a planned visit takes place."""
        u_late, u_days, u_missed, _ = luck.uniforms("attendance", planned // 7)
        day = onset + planned
        if u_missed < self.kept.missed_share:
            day += int(self.kept.rebooked_weeks * 7)
        if u_late < self.kept.late_share:
            day += 1 + math.floor(self.kept.late_days_mean * exponential(u_days))
        return self.return_from_break(day) - onset

    def return_from_break(self, day):
        """The day, or that on which the break ends that it falls in; since the first visit."""
        for start, end in self.breaks:
            if start <= day < end:
                day = end
        return day


class FollowedEye:
    """One eye from its first visit to the end of the run or of life."""

    def __init__(self, cohort, person, patient, appointments, number, onset, letters, better):
        self.protocol = cohort.spec.protocol
        self.patient, self.number, self.person = patient, number, person
        self.appointments, self.onset, self.letters = appointments, onset, letters
        self.luck = cohort.luck(patient, number)
        self.eye = Eye(cohort, self.luck, letters, better, person.age + onset / 7 / 52)
        self.clinic = Clinic(self.protocol)
        self.last_day = 364 * cohort.spec.years
        self.assessments = [NOT_ASSESSED] * (13 * cohort.spec.years + 1)
        self.rows, self.slips, self.waited = [], [], None
        self.stopped = self.stopped_day = None
        self.care_end, _, self.reason = min(
            (self.last_day, 0, "on treatment"),
            (person.death_day, 1, "died"),
            (person.lost_day, 2, "lost"),
            (person.transferred_day, 3, "transferred"),
        )

    def follow(self):
        """Visit after visit, each on the day on which it is wanted; days since the eye's day 0."""
        visit, planned = 0, 0
        while visit is not None and self.onset + visit < self.care_end:
            self.live_until(visit // 7)
            visit, planned = self.see(visit, planned)
        self.live_on()

    def live_on(self):
        """Go on to the end of the run or of life."""
        self.live_until(math.inf)

    def live_until(self, week):
        """Week after week, assessed every fourth."""
        while self.eye.week < week and self.is_alive_at(7 * self.eye.week):
            today = 7 * self.eye.week
            if self.eye.week % 4 == 0:
                letters = self.eye.assess() if today > 0 else self.letters
                self.assessments[(self.onset + today) // 28] = letters
            self.eye.pass_a_week()

    def is_alive_at(self, day):
        died = self.person.death_day < self.last_day
        return self.onset + day < (self.person.death_day if died else self.last_day + 1)

    def see(self, day, planned):
        """One visit: the day of the next one, or None, and the day for which it is planned."""
        if not self.rows:
            self.started = day
        words = self.luck.words("visit", self.eye.week)
        letters = self.eye.measure(words[0]) if day > 0 else self.letters
        fluid = self.eye.scan_reads_active(words[1])
        chance = self.luck.uniforms("visit", self.eye.week)[2]
        stage = self.clinic.chart.stage
        plan, self.stopped = self.clinic.visit(day - self.started, letters, fluid, chance)
        if plan.inject:
            self.eye.inject()
            self.stopped_day = None
        if self.stopped == "stable":
            self.stopped_day = self.onset + day
        self.write(day, letters, fluid, stage, plan, day - planned)
        if plan.weeks is None:
            return None, None
        planned = day + 7 * plan.weeks
        return self.appointments.day_kept(self.luck, planned, self.onset), planned

    def write(self, day, letters, fluid, stage, plan, delay):
        """A row of the visits."""
        self.rows.append(
            {
                "patient_id": self.patient,
                "eye": self.number,
                "day": self.onset + day,
                "calendar_day": self.person.first_day + self.onset + day,
                "letters": letters,
                "fluid": fluid,
                "injected": plan.inject,
                "drug": DRUGS.index(self.protocol.drug if plan.inject else "none"),
                "phase": PHASES.index(stage),
                "interval_days": 7 * plan.weeks if plan.weeks else 0,
                "delay_days": delay,
            }
        )

    def end(self):
        """Day and reason of the end of follow-up."""
        if not self.rows:
            return self.care_end, self.reason
        if self.stopped == "futile":
            return self.rows[-1]["day"], "discharged futile"
        discharged = self.rows[-1]["interval_days"] == 0
        if self.stopped_day is not None and (discharged or self.reason == "on treatment"):
            return self.stopped_day, "discharged stable"
        return self.care_end, self.reason

    def summary(self):
        """A row of the patients."""
        end_day, end_reason = self.end()
        died = self.person.death_day < self.last_day
        return {
            "patient_id": self.patient,
            "eye": self.number,
            "age_years": self.person.age,
            "sex": SEXES.index(self.person.sex),
            "baseline_letters": self.letters,
            "first_day": self.person.first_day,
            "onset_day": self.onset,
            "n_visits": len(self.rows),
            "n_injections": sum(row["injected"] for row in self.rows),
            "last_letters": self.rows[-1]["letters"] if self.rows else self.letters,
            "end_day": end_day,
            "end_reason": END_REASONS.index(end_reason),
            "death_day": self.person.death_day if died else -1,
            "assessed_letters": self.assessments[::13],
        }
