"""The baselines of the benchmark simulate the same model as APE: patients are alike in all ways.

Each figure of each baseline is compared with APE's by a difference of means over patients that are
independent; 4.5 standard errors are exceeded by chance once in 150,000 comparisons.
"""

from __future__ import annotations

import numpy as np
import pytest

from ape_core.schema import END_REASONS
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from benchmarks.baselines import plain, with_numpy, with_simpy
from benchmarks.baselines.inputs import Patient, Visit

MOST_ERRORS = 4.5
LAST_WEEKS = (0, 52, 260)


def question(n_patients, seed, protocol="aflibercept-2mg-treat-and-extend"):
    return RunSpec(load_protocol(protocol), Cohort(n_patients), years=5, seed=seed)


def columns(rows, kind):
    """Columns of rows, or of what has columns already."""
    if isinstance(rows, dict):
        return rows
    listed = dict(zip(kind._fields, zip(*rows, strict=True), strict=True))
    lists = listed.pop("assessed_letters", None)
    if lists is not None:
        listed["assessed_letters"] = [row + [-1] * (66 - len(row)) for row in lists]
    return {name: np.array(values) for name, values in listed.items()}


def figures(visits, patients, assessed):
    """One number for each patient, or NaN, by what it is."""
    n = len(patients["patient_id"])

    def of_patient(values):
        return np.bincount(visits["patient_id"], weights=values, minlength=n)

    found = {name: patients[name] for name in ("age_years", "sex", "n_visits", "n_injections")}
    found |= {reason: patients["end_reason"] == i for i, reason in enumerate(END_REASONS)}
    found["end day"] = patients["end_day"]
    found["active scans"] = of_patient(visits["fluid"])
    found["injections noted"] = of_patient(visits["injected"])
    found["late visits"] = of_patient(visits["delay_days"] > 0)
    found["longest delays"] = of_patient(np.minimum(visits["delay_days"], 100))
    found["visits at 16 weeks"] = of_patient(visits["interval_days"] == 112)
    found["visits at 4 weeks"] = of_patient(visits["interval_days"] == 28)
    found |= {f"phase {i}": of_patient(visits["phase"] == i) for i in range(4)}
    found["letters at visits"] = of_patient(visits["letters"]) / found["n_visits"]
    for week in LAST_WEEKS:
        letters = assessed[:, week // 4].astype(float)
        letters[letters < 0] = np.nan
        found[f"letters in week {week}"] = letters
        found[f"squared letters in week {week}"] = letters**2
        found[f"alive in week {week}"] = ~np.isnan(letters)
    return {what: np.asarray(values, dtype=float) for what, values in found.items()}


def differences(one, other):
    """Difference of the means of each figure in its standard errors."""
    found = {}
    for what, first in one.items():
        pair = [values[~np.isnan(values)] for values in (first, other[what])]
        error = np.sqrt(sum(values.var() / len(values) for values in pair))
        gap = pair[0].mean() - pair[1].mean()
        found[what] = gap / error if error > 0 else (0.0 if gap == 0 else np.inf)
    return found


def of_ape(spec):
    chunk = simulate(spec, 0, spec.cohort.n_patients)
    return figures(chunk.visits, chunk.patients, chunk.assessments)


@pytest.fixture(scope="module")
def ape():
    return of_ape(question(40_000, 1))


@pytest.mark.parametrize(("baseline", "n_patients"), [(plain, 2_500), (with_simpy, 500)])
def test_objects_give_the_same_patients(ape, baseline, n_patients):
    visits, patients = baseline.simulate(question(n_patients, 2))
    visits, patients = columns(visits, Visit), columns(patients, Patient)
    found = differences(figures(visits, patients, patients["assessed_letters"]), ape)
    assert {what: z for what, z in found.items() if abs(z) > MOST_ERRORS} == {}


def test_arrays_give_the_same_patients_and_a_difference_would_be_seen(ape):
    visits, patients = with_numpy.simulate(question(20_000, 3))
    found = figures(visits, patients, patients["assessed_letters"])
    apart = differences(found, ape)
    assert {what: z for what, z in apart.items() if abs(z) > MOST_ERRORS} == {}
    steps = "aflibercept-2mg-treat-and-extend-4-week-steps"
    other = of_ape(question(10_000, 1, steps))
    assert max(map(abs, differences(found, other).values())) > 10
