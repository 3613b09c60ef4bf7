"""One patient at the first visit, and what will end care or life."""

from __future__ import annotations

import math

import numpy as np

from ape_core.schema import DAYS_PER_CALENDAR_YEAR, DAYS_PER_WEEK, WEEKS_PER_PERIOD
from ape_core.simulation.compiled import compiled
from ape_core.simulation.draws import PERSON, uniform, words
from ape_core.simulation.quantiles import exponential_quantile

NEVER_DAY = 1 << 30


@compiled
def _position(cdf, p):  # type: ignore[no-untyped-def]
    """First position at which a cumulative distribution reaches p."""
    return min(np.int64(np.searchsorted(cdf, p)), np.int64(cdf.size - 1))


@compiled
def death_day(hazard_per_year, age_years, threshold):  # type: ignore[no-untyped-def]
    """Day at which the cumulative hazard from this age on reaches the threshold.

    `hazard_per_year[a]` holds from age a to a + 1, the last entry from then on. Ages are whole
    years, so a patient is on average half a year older: birthdays are taken as half way.
    """
    years = 0.0
    to_birthday = 0.5
    left = threshold
    for age in range(age_years, hazard_per_year.size - 1):
        hazard = hazard_per_year[age]
        if left <= hazard * to_birthday:
            return _day_of(years + left / hazard)
        left -= hazard * to_birthday
        years += to_birthday
        to_birthday = 1.0
    return _day_of(years + left / hazard_per_year[hazard_per_year.size - 1])


@compiled
def _day_of(years):  # type: ignore[no-untyped-def]
    """Whole day after this many calendar years, at least the day after the first visit."""
    return np.int64(max(math.floor(years * DAYS_PER_CALENDAR_YEAR), 1.0))


@compiled
def _exponential_day(rate_per_day, word):  # type: ignore[no-untyped-def]
    """Day of an event with a constant hazard, at least the day after the first visit."""
    if rate_per_day <= 0.0:
        return np.int64(NEVER_DAY)
    return np.int64(min(1.0 + exponential_quantile(uniform(word)) / rate_per_day, float(NEVER_DAY)))


@compiled
def _first_day(people, patient_id, word):  # type: ignore[no-untyped-def]
    """Calendar day of the first visit, by the kind of recruitment."""
    if people.recruited_per_day <= 0.0:
        return np.int64(math.floor(uniform(word) * people.recruitment_span_days))
    place = _place_in_stream(people, patient_id, uniform(word))
    if place < people.caseload_patients:
        return np.int64(math.floor(place * people.opening_day / people.caseload_patients))
    days = (place - people.caseload_patients) / people.recruited_per_day
    growth = people.recruitment_growth_per_day
    if growth != 0.0:
        days = math.log(1.0 + growth * days) / growth
    return np.int64(people.opening_day) + np.int64(math.floor(days))


@compiled
def _place_in_stream(people, patient_id, u):  # type: ignore[no-untyped-def]
    """Where a patient comes in the stream of all, from 0 to their number.

    Each clinic has its share of the stream from the first day to the last: without clinics, or
    with one, patients come in the order of their numbers.
    """
    first = patient_id // people.clinic_patients * people.clinic_patients
    patients = min(people.clinic_patients, people.n_patients - first)
    return (patient_id - first + u) * (people.n_patients / patients)


@compiled
def _onset_week(people, word):  # type: ignore[no-untyped-def]
    """Week in which the fellow eye begins treatment, on the grid of assessments."""
    if people.conversion_per_week <= 0.0:
        return np.int64(NEVER_DAY // DAYS_PER_WEEK)
    weeks = exponential_quantile(uniform(word)) / people.conversion_per_week
    return np.int64(math.ceil(min(weeks, float(NEVER_DAY)) / WEEKS_PER_PERIOD)) * WEEKS_PER_PERIOD


@compiled
def draw_person(people, stream, patient_id):  # type: ignore[no-untyped-def]
    """A patient of the cohort.

    Returns
    -------
    (sex, age_years, baseline_letters, first_day, death_day, lost_day, transferred_day,
    onset_week of the fellow eye); days since the patient's first visit but `first_day`.
    """
    w0, w1, w2, w3 = words(stream, PERSON, 0)
    v0, v1, v2, v3 = words(stream, PERSON, 1)
    sex = 0 if uniform(w0) < people.female_share else 1
    age = people.age_low + _position(people.age_cdf, uniform(w1))
    letters = _position(people.baseline_cdf, uniform(w2))
    death = death_day(people.death_hazard_per_year[sex], age, exponential_quantile(uniform(w3)))
    lost = _exponential_day(people.lost_per_day, v1)
    transferred = _exponential_day(people.transferred_per_day, v2)
    first_day = _first_day(people, patient_id, v0)
    onset = _onset_week(people, v3) if people.two_eyes else np.int64(NEVER_DAY // DAYS_PER_WEEK)
    return sex, age, letters, first_day, death, lost, transferred, onset


@compiled
def fellow_baseline(people, stream):  # type: ignore[no-untyped-def]
    """Letters measured at the first visit of the fellow eye, which is found earlier."""
    letters = _position(people.baseline_cdf, uniform(words(stream, PERSON, 0)[0]))
    better = np.int64(math.floor(people.fellow_eye_better_letters + 0.5))
    return min(max(letters + better, np.int64(0)), np.int64(people.baseline_cdf.size - 1))
