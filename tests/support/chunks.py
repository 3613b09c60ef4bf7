"""Fabricated runs: tables that follow the schema, with no simulator behind them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ape_core import schema
from ape_core.simulation.chunk import Chunk, list_length


def fabricate(n_patients: int, years: int, seed: int = 1, two_eyes: float = 0.3) -> Chunk:
    """All patients of a made-up run: plausible intervals and acuities, no disease behind them."""
    rng = np.random.default_rng([seed, n_patients, years])
    patient, eye = _eyes(rng, n_patients, two_eyes)
    end = np.minimum(rng.geometric(1 / 2500, len(patient)), years * schema.DAYS_PER_YEAR)
    row, day, interval, delay = _visit_days(rng, end)
    n_visits = np.bincount(row, minlength=len(patient))
    visits = _visits(rng, patient[row], eye[row], day, interval, delay, n_visits)
    patients = _patients(rng, patient, eye, end, n_visits, visits, years)
    n_periods = schema.PERIODS_PER_YEAR * years + 1
    assessments = rng.integers(-1, 101, (len(patient), n_periods)).astype(np.int8)
    return Chunk(0, n_patients, years, n_patients, visits, patients, assessments)


def cut(whole: Chunk, first: int, stop: int) -> Chunk:
    """Patients first to stop (excluded) of a fabricated run, as their own chunk."""
    rows = slice(*np.searchsorted(whole.visits["patient_id"], [first, stop]))
    eyes = slice(*np.searchsorted(whole.patients["patient_id"], [first, stop]))
    return Chunk(
        first,
        stop,
        whole.years,
        whole.n_patients,
        {name: array[rows] for name, array in whole.visits.items()},
        {name: array[eyes] for name, array in whole.patients.items()},
        whole.assessments[eyes],
    )


def cut_all(whole: Chunk, chunk_size: int) -> Iterator[Chunk]:
    """Every chunk of a fabricated run, in order."""
    for first in range(0, whole.stop, chunk_size):
        yield cut(whole, first, min(first + chunk_size, whole.stop))


def _eyes(rng: np.random.Generator, n_patients: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Patient and eye of each row of the patients table."""
    n_eyes = 1 + (rng.random(n_patients) < share)
    patient = np.repeat(np.arange(n_patients, dtype=np.int64), n_eyes)
    eye = (np.diff(patient, prepend=-1) == 0).astype(np.int8)
    return patient, eye


def _visit_days(rng: np.random.Generator, end: np.ndarray) -> tuple[np.ndarray, ...]:
    """Row of the patients table, day, planned interval and delay of every visit."""
    n_rows = len(end)
    n_most = int(end.max()) // 28 + 1
    weeks = np.clip(4 + np.cumsum(rng.choice([-2, 0, 2, 2], (n_rows, n_most)), axis=1), 4, 16)
    interval = weeks.astype(np.int64) * schema.DAYS_PER_WEEK
    delay = rng.geometric(0.4, (n_rows, n_most)) - 1
    steps = np.concatenate([np.zeros((n_rows, 1), int), (interval + delay)[:, :-1]], axis=1)
    day = np.cumsum(steps, axis=1)
    kept = day < end[:, None]
    late = np.concatenate([np.zeros((n_rows, 1), int), delay[:, :-1]], axis=1)
    row = np.broadcast_to(np.arange(n_rows)[:, None], kept.shape)[kept]
    return row, day[kept], interval[kept], late[kept]


def _visits(
    rng: np.random.Generator,
    patient: np.ndarray,
    eye: np.ndarray,
    day: np.ndarray,
    interval: np.ndarray,
    delay: np.ndarray,
    n_visits: np.ndarray,
) -> dict[str, np.ndarray]:
    """Columns of the visits."""
    level = np.repeat(rng.normal(58, 15, len(n_visits)), n_visits)
    letters = np.clip(np.rint(level + rng.normal(0, 5, len(day))), 0, schema.MAX_LETTERS)
    injected = rng.random(len(day)) < 0.8
    first_day = np.repeat(rng.integers(0, 364, len(n_visits)), n_visits)
    columns = {
        "patient_id": patient,
        "eye": eye,
        "day": day,
        "calendar_day": day + first_day,
        "letters": letters,
        "fluid": rng.random(len(day)) < 0.4,
        "injected": injected,
        "drug": np.where(injected, 1, 0),
        "phase": np.where(day < 84, 0, rng.choice([1, 1, 1, 1, 2, 3], len(day))),
        "interval_days": interval,
        "delay_days": delay,
    }
    return _typed(schema.VISITS, columns)


def _patients(
    rng: np.random.Generator,
    patient: np.ndarray,
    eye: np.ndarray,
    end: np.ndarray,
    n_visits: np.ndarray,
    visits: dict[str, np.ndarray],
    years: int,
) -> dict[str, np.ndarray]:
    """Columns of the patients."""
    stops = np.cumsum(n_visits)
    starts = stops - n_visits
    died = rng.random(len(patient)) < 0.1
    lengths = {c.name: list_length(c, years) for c in schema.PATIENTS if c.every_weeks}
    columns = {
        "patient_id": patient,
        "eye": eye,
        "age_years": np.clip(rng.normal(79, 8, len(patient)), 50, 100),
        "sex": rng.integers(0, 2, len(patient)),
        "baseline_letters": visits["letters"][starts],
        "first_day": visits["calendar_day"][starts],
        "onset_day": visits["day"][starts],
        "n_visits": n_visits,
        "n_injections": np.add.reduceat(visits["injected"].astype(int), starts),
        "last_letters": visits["letters"][stops - 1],
        "end_day": end,
        "end_reason": np.where(died, 5, rng.integers(0, 5, len(patient))),
        "death_day": np.where(died, end, -1),
        **{name: rng.integers(-1, 101, (len(patient), n)) for name, n in lengths.items()},
    }
    return _typed(schema.PATIENTS, columns)


def _typed(
    columns: tuple[schema.Column, ...], arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Arrays in the order and with the dtypes of the schema."""
    return {c.name: np.ascontiguousarray(arrays[c.name], dtype=c.dtype) for c in columns}
