"""Small chunks that follow the schema and the rules of care, made without the simulation."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from ape_core import schema
from ape_core.simulation.chunk import Chunk, list_length
from ape_core.spec.protocol import AfterStopping, Stopping
from ape_core.spec.protocol_yaml import load_protocol

LOADING, MAINTENANCE, MONITORING, RETREATMENT = range(4)
REASON = {name: code for code, name in enumerate(schema.END_REASONS)}


def fabricate(
    n_patients,
    years=2,
    seed=0,
    *,
    first=0,
    of=None,
    two_eyes=False,
    untreated=False,
    recruitment_days=1,
):
    """Chunk of random patients, each by (seed, patient_id) alone; `of` a run of so many."""
    tables = {"visits": [], "patients": [], "assessments": []}
    for patient_id in range(first, first + n_patients):
        _add_patient(
            tables, Random(f"{seed}/{patient_id}"), patient_id, years,
            two_eyes, untreated, recruitment_days,
        )  # fmt: skip
    plain = [c for c in schema.PATIENTS if c.every_weeks is None]
    patients = _columns(plain, tables["patients"])
    n_points = schema.PERIODS_PER_YEAR * years + 1
    assessments = np.array(tables["assessments"], np.int8).reshape(-1, n_points)
    for column in schema.PATIENTS:
        if column.every_weeks is not None:
            step = column.every_weeks // schema.WEEKS_PER_PERIOD
            indices = np.minimum(np.arange(list_length(column, years)) * step, n_points - 1)
            patients[column.name] = assessments[:, indices]
    visits = _columns(schema.VISITS, tables["visits"])
    stop = first + n_patients
    return Chunk(first, stop, years, of or stop, visits, patients, assessments)


def _columns(columns, rows):
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return {c.name: np.array(cell, c.dtype) for c, cell in zip(columns, cells, strict=True)}


def _add_patient(tables, random, patient_id, years, two_eyes, untreated, recruitment_days):
    horizon = schema.DAYS_PER_YEAR * years
    first_day = random.randrange(recruitment_days)
    death = random.choice([10 * horizon, random.randint(1, 3 * horizon)])
    events = [(horizon, "on treatment"), (death, "died")]
    events += [(random.randint(1, 6 * horizon), reason) for reason in ("lost", "transferred")]
    end = min(events, key=lambda event: event[0])
    person = (random.randint(50, 100), random.randrange(2))
    onset_days = [0]
    onset = schema.DAYS_PER_PERIOD * random.randint(1, 30)
    if two_eyes and onset < end[0]:
        onset_days.append(onset)
    for eye, onset_day in enumerate(onset_days):
        baseline = random.randint(0, 100)
        ids = (patient_id, eye, first_day, onset_day)
        seen, care_end = _care(random, ids, baseline, end, untreated)
        tables["visits"] += seen
        tables["patients"].append(
            (patient_id, eye, *person, baseline, first_day, onset_day, len(seen),
             sum(row[6] for row in seen), seen[-1][4], *care_end,
             death if death < horizon else -1)
        )  # fmt: skip
        tables["assessments"].append(
            [
                _assessed(random, day, baseline, onset_day, death)
                for day in range(0, horizon + 1, schema.DAYS_PER_PERIOD)
            ]
        )


def _assessed(random, day, baseline, onset_day, death):
    if day < onset_day or death <= day:
        return schema.NOT_ASSESSED
    return baseline if day == onset_day else random.randint(0, 100)


def _care(random, ids, baseline, end, untreated):
    """Visits of an eye, and (day, reason) of the end of its follow-up."""
    patient_id, eye, first_day, onset_day = ids
    stage = MONITORING if untreated else LOADING
    rows, day, letters, stopped, delay = [], onset_day, baseline, -1, 0
    while True:
        arrived, injected, interval = stage, True, 7 * random.choice([4, 4, 8, 12, 16, 70])
        if untreated:
            injected = False
        elif stage == MONITORING:
            injected = random.random() < 0.2
            if injected:
                stage, stopped = RETREATMENT, -1
        elif stage == LOADING:
            stage = MAINTENANCE if len(rows) == 2 else LOADING
        else:
            injected = random.random() < 0.8
            if random.random() < 0.05:
                injected, stage, stopped = False, MONITORING, day
                if random.random() < 0.5:
                    interval = 0
        rows.append(
            (patient_id, eye, day, first_day + day, letters, random.random() < 0.4, injected,
             2 if injected else 0, arrived, interval, delay)
        )  # fmt: skip
        if interval == 0:
            reason = random.choice(["discharged futile", "discharged stable"])
            return rows, (day, REASON[reason])
        delay = random.choice([0, 0, 3, -2 if interval > 7 else 0])
        day += interval + delay
        letters = random.randint(0, 100)
        if day >= end[0]:
            break
    if stopped >= 0 and end[1] == "on treatment":
        return rows, (stopped, REASON["discharged stable"])
    return rows, (end[0], REASON[end[1]])


@pytest.fixture(scope="session", name="fabricate")
def fabricate_fixture():
    return fabricate


@pytest.fixture(scope="session")
def stopping_often():
    """A shipped protocol that stops, monitors and resumes treatment far more often than shipped."""

    def changed(name):
        protocol = load_protocol(name)
        if name != "aflibercept-2mg-treat-and-extend":
            return protocol
        stopping = Stopping(
            futile_below_letters=25,
            consecutive_visits=2,
            stable_at_max_interval_visits=1,
            stable_stop_probability=0.9,
        )
        return replace(protocol, stopping=stopping, after_stopping=AfterStopping(8, True))

    return changed
