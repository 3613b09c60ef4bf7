"""Every measure of a summary, against its definition followed row by row in plain Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ape_core.schema import DRUGS, END_REASONS, PHASES
from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort, Recruitment
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import Summary
from ape_core.summaries.counting.cut import pieces
from ape_core.summaries.definitions import (
    BLOCKS,
    COURSE_BLOCKS,
    GROUPS,
    MEASURES,
    STATUSES,
    TOTALS,
    YEAR_SUMS,
)

CASES = {
    "treated": {},
    "untreated": {"untreated": True},
    "two eyes": {"two_eyes": True},
    "recruited over a year": {"recruitment_days": 364, "years": 1},
    "one patient": {"n_patients": 1, "years": 3},
    "second eyes of a later chunk": {"two_eyes": True, "first": 5_000, "seed": 3, "years": 4},
}


# Slots so few that some eyes are never seen, and some first visits fall into a later year.
FEW_SLOTS = {"few slots": 2, "one slot": 1}
SIMULATED = (
    *FEW_SLOTS,
    "aflibercept-2mg-treat-and-extend",
    "faricimab-6mg",
    "no-treatment",
    "ranibizumab-0.5mg-prn",
)


@pytest.fixture(scope="module", params=[*CASES, *SIMULATED])
def chunk(request, fabricate, stopping_often):
    if request.param in SIMULATED:
        cohort = Cohort(n_patients=90, two_eyes=True, recruitment=Recruitment("uniform", days=90))
        slots = FEW_SLOTS.get(request.param)
        name = "aflibercept-2mg-treat-and-extend" if slots else request.param
        capacity = slots and Capacity(45, slots, open_days=2)
        spec = RunSpec(stopping_often(name), cohort, years=3, seed=4, capacity=capacity)
        return simulate(spec, 10, 90)
    made = fabricate(**{"n_patients": 150, **CASES[request.param]})
    made.validate()
    return made


def test_every_measure_is_its_definition(chunk):
    summary, expected = Summary.of_chunk(chunk), recount(chunk)
    assert set(expected) == {measure.name for measure in MEASURES}
    for name, array in expected.items():
        assert summary[name].dtype == np.int64, name
        np.testing.assert_array_equal(summary[name], array, err_msg=name)


def test_a_chunk_counted_in_pieces_is_counted_once(chunk, monkeypatch):
    whole = Summary.of_chunk(chunk)
    monkeypatch.setattr("ape_core.summaries.counting.cut.PIECE_ROWS", 700)
    assert len(list(pieces(chunk))) == 1 or chunk.stop - chunk.first > 1
    assert sum(piece.n_visits for piece in pieces(chunk)) == chunk.n_visits
    assert Summary.of_chunks(chunk.years, pieces(chunk)) == whole


def test_patients_are_conserved(chunk):
    summary = Summary.of_chunk(chunk)
    n = summary.n_patients
    assert (summary["status"].sum(axis=1) == n).all()
    assert (summary["carried_letters"].sum(axis=1) == n).all()
    assert (summary["carried_change"].sum(axis=1) == n).all()
    assert (summary["injections_of_all"][:, 0] == n).all()
    assert (summary["flow"].sum(axis=(1, 2)) == n).all()
    assert (summary["flow"].sum(axis=2) == summary["status"][:-1:13]).all()
    assert (summary["flow"].sum(axis=1) == summary["status"][13::13]).all()
    assert summary["age_sex"].sum() == n
    assert (summary["assessed_letters"].sum(axis=1) == summary["alive"]).all()
    assert (summary["assessed_change"].sum(axis=1) == summary["alive"]).all()


def test_eyes_in_care_are_the_same_in_every_measure(chunk):
    summary = Summary.of_chunk(chunk)
    in_care = summary["status"][:, :2].sum(axis=1)
    assert (summary["in_care_letters"].sum(axis=1) == in_care).all()
    assert (summary["in_care_change"].sum(axis=1) == in_care).all()
    assert (summary["cumulative_injections"][:, 0] == in_care).all()
    scanned = summary["last_scans"].sum(axis=1)
    assert (scanned == in_care).all() or (chunk.waits and (scanned <= in_care).all())
    assert (summary["planned_intervals"].sum(axis=1) == summary["status"][:, 0]).all()
    assert (summary["year_sums"][:, 0] == in_care[13::13]).all()
    assert (in_care <= summary["alive"]).all()


def test_visits_and_injections_are_conserved(chunk):
    summary = Summary.of_chunk(chunk)
    assert summary["visits_per_day"].sum() == summary.n_visits == chunk.n_visits
    assert summary["injections_per_day"].sum() == summary.n_injections
    first_eyes = chunk.visits["eye"] == 0
    sums = dict(zip(YEAR_SUMS, summary["year_sums"].sum(axis=0), strict=True))
    assert sums["visits"] == summary["scans"].sum() == first_eyes.sum()
    assert sums["injections"] == (first_eyes & chunk.visits["injected"]).sum()


def test_an_untreated_eye_in_care_follows_its_protocol(fabricate):
    summary = Summary.of_chunk(fabricate(50, untreated=True))
    assert summary["status"][:, STATUSES.index("monitored")].sum() == 0
    assert summary["status"][0, STATUSES.index("on treatment")] == 50


def test_eyes_stopped_in_simulated_care_are_monitored(stopping_often):
    """In treat-and-extend a visit without an injection stops treatment, or finds it stopped.

    Not to be seen from its visits is an eye that left care before its first monitoring visit; one
    that is discharged as futile is in care up to the end of that day, untreated.
    """
    protocol = stopping_often("aflibercept-2mg-treat-and-extend")
    chunk = simulate(RunSpec(protocol, Cohort(n_patients=600), years=3, seed=2), 0, 600)
    status = Summary.of_chunk(chunk)["status"]
    monitored, unseen, resumed = np.zeros(40, int), np.zeros(40, int), 0
    for eye in _eyes(chunk):
        visits, last = eye["visits"], eye["visits"][-1]
        resumed += any(PHASES[visit["phase"]] == "retreatment" for visit in visits)
        left = END_REASONS[eye["end_reason"]] not in ("on treatment", "discharged stable")
        for point in range(40):
            seen = [visit for visit in visits if visit["day"] <= 28 * point][-1]
            if _status(eye, 28 * point, 3 * 364) in STATUSES[:2] and not seen["injected"]:
                found = left and seen is last and PHASES[seen["phase"]] != "monitoring"
                (unseen if found else monitored)[point] += 1
    assert (status[:, STATUSES.index("monitored")] == monitored).all()
    assert monitored[-1] > 10
    assert resumed > 20
    assert unseen.max() < 0.02 * 600


def recount(chunk):
    """Arrays of a summary from rows, one at a time."""
    years = chunk.years
    horizon, n_points = 364 * years, 13 * years + 1
    eyes = list(_eyes(chunk))
    first = [eye for eye in eyes if eye["eye"] == 0]
    n_days = max([horizon] + [v["calendar_day"] for eye in eyes for v in eye["visits"]]) + 1
    count = _room(years, n_points, n_days, GROUPS if len(eyes) > len(first) else 0)
    for eye in eyes:
        _count_eye(count, eye)
    for eye in first:
        for point in range(n_points):
            _count_point(count, eye, point, horizon)
        for year in range(years):
            _count_year(count, eye, year, horizon)
        _count_intervals(count, eye)
        _count_block(count, eye, chunk, horizon)
    _count_better_eyes(count, eyes)
    for patient_id in range(chunk.first, chunk.stop):
        _count_group(count, [eye for eye in eyes if eye["patient_id"] == patient_id], years)
    count["totals"][0] = len(first)
    return {**count, **_slips(chunk, eyes)}


def _slips(chunk, eyes):
    """Days of slip of each visit, and waits in vain of each eye, counted day by day."""
    if chunk.waits is None:
        return {"slips_per_day": np.zeros((0, 4), int), "visits_by_slip": np.zeros(0, int)}
    days, lengths = np.zeros((20_000, 4), int), np.zeros(365, int)
    slips = iter(chunk.waits.slip_days.tolist())
    for row, eye in enumerate(eyes):
        for visit, slip in zip(eye["visits"], slips, strict=False):
            made = visit["calendar_day"]
            lengths[min(slip, 364)] += 1
            days[made] += [slip > 0, slip, 0, 0]
            days[made - slip : made, 2] += 1
        start, stop = chunk.waits.waited_from[row], chunk.waits.waited_to[row]
        days[start:stop, 2] += 1
        days[stop, 3] += start < stop
    n_days = np.flatnonzero(days.any(axis=1)).max(initial=-1) + 1
    return {"slips_per_day": days[:n_days], "visits_by_slip": lengths}


def _room(years, n_points, n_days, n_pair_groups):
    """Arrays of zeros for all measures but those of slips."""
    return {
        "totals": np.zeros(len(TOTALS), int),
        "age_sex": np.zeros((2, 121), int),
        "baseline_letters": np.zeros((2, 101), int),
        "assessed_letters": np.zeros((n_points, 101), int),
        "second_eye_letters": np.zeros((n_points, 101), int),
        "better_eye_letters": np.zeros((n_points, 101), int),
        "in_care_letters": np.zeros((n_points, 101), int),
        "assessed_change": np.zeros((n_points, 201), int),
        "in_care_change": np.zeros((n_points, 201), int),
        "carried_letters": np.zeros((n_points, 101), int),
        "carried_change": np.zeros((n_points, 201), int),
        "pair_sums": np.zeros((years, 6), int),
        "injections_in_year": np.zeros((years, 61), int),
        "visits_in_year": np.zeros((years, 61), int),
        "year_sums": np.zeros((years, 8), int),
        "cumulative_injections": np.zeros((n_points, 3), int),
        "injections_of_all": np.zeros((n_points, 3), int),
        "injection_intervals": np.zeros((years, 61), int),
        "interval_sums": np.zeros((years, 2), int),
        "planned_intervals": np.zeros((n_points, 61), int),
        "scans": np.zeros((n_points, 2), int),
        "injections_around": np.zeros(n_points, int),
        "last_scans": np.zeros((n_points, 2), int),
        "status": np.zeros((n_points, len(STATUSES)), int),
        "alive": np.zeros(n_points, int),
        "flow": np.zeros((years, len(STATUSES), len(STATUSES)), int),
        "visits_per_day": np.zeros((n_days, 2), int),
        "injections_per_day": np.zeros(n_days, int),
        "injections_by_drug": np.zeros(len(DRUGS), int),
        "group_patients": np.zeros(GROUPS, int),
        "group_care": np.zeros((GROUPS, years, 4), int),
        "group_life": np.zeros((GROUPS, years, 2), int),
        "group_letters": np.zeros((GROUPS, years, 101), int),
        "group_better_letters": np.zeros((n_pair_groups, years, 101), int),
        "group_worse_letters": np.zeros((n_pair_groups, years, 101), int),
        "block_patients": np.zeros(BLOCKS, int),
        "block_outcomes": np.zeros((BLOCKS, years, 13), int),
        "block_course": np.zeros((COURSE_BLOCKS, n_points, 3), int),
    }


def _eyes(chunk):
    """Rows of patients as dicts, each with its visits and assessments."""
    row = 0
    for i in range(chunk.n_eyes):
        eye = {name: column[i] for name, column in chunk.patients.items()}
        eye = {name: value.item() for name, value in eye.items() if value.ndim == 0}
        visits = range(row, row + eye["n_visits"])
        eye["visits"] = [
            {name: column[j].item() for name, column in chunk.visits.items()} for j in visits
        ]
        eye["assessed"] = chunk.assessments[i].tolist()
        row += eye["n_visits"]
        yield eye


def _count_eye(count, eye):
    count["totals"][1] += 1
    count["totals"][2] += eye["n_visits"]
    count["totals"][3] += eye["n_injections"]
    count["baseline_letters"][eye["eye"], eye["baseline_letters"]] += 1
    if eye["eye"] == 0:
        count["age_sex"][eye["sex"], eye["age_years"]] += 1
    for i, visit in enumerate(eye["visits"]):
        count["visits_per_day"][visit["calendar_day"], min(i, 1)] += 1
        count["injections_per_day"][visit["calendar_day"]] += visit["injected"]


def _status(eye, day, horizon):
    """Status of a first eye on a day, by the words of `definitions`."""
    reason = END_REASONS[eye["end_reason"]]
    visits = eye["visits"]
    kept = reason == "discharged stable" and visits[-1]["interval_days"] > 0
    end_day = horizon if kept or reason == "on treatment" else eye["end_day"]
    if end_day < day or (reason == "died" and end_day <= day):
        return reason
    if not visits or PHASES[visits[0]["phase"]] == "monitoring":
        return "on treatment"
    if kept and eye["end_day"] <= max((v["day"] for v in visits if v["day"] <= day), default=-1):
        return "monitored"
    coming = [v for v in visits if v["day"] > day]
    if coming:
        return "monitored" if PHASES[coming[0]["phase"]] == "monitoring" else "on treatment"
    last = visits[-1]
    resumed = last["injected"] or PHASES[last["phase"]] != "monitoring"
    return "on treatment" if resumed else "monitored"


def _count_point(count, eye, point, horizon):
    day = 28 * point
    letters, baseline = eye["assessed"][point], eye["baseline_letters"]
    count["alive"][point] += eye["death_day"] < 0 or eye["death_day"] > day
    for visit in eye["visits"]:
        if day - 14 <= visit["day"] < day + 14:
            count["scans"][point, int(visit["fluid"])] += 1
            count["injections_around"][point] += visit["injected"]
    if letters >= 0:
        count["assessed_letters"][point, letters] += 1
        count["assessed_change"][point, letters - baseline + 100] += 1
    so_far = sum(v["injected"] for v in eye["visits"] if v["day"] < day)
    count["injections_of_all"][point] += [1, so_far, so_far**2]
    status = _status(eye, day, horizon)
    count["status"][point, STATUSES.index(status)] += 1
    weeks_in_care = [p for p in range(point + 1) if _status(eye, 28 * p, horizon) in STATUSES[:2]]
    carried = eye["assessed"][weeks_in_care[-1]]
    count["carried_letters"][point, carried] += 1
    count["carried_change"][point, carried - baseline + 100] += 1
    if status not in STATUSES[:2]:
        return
    count["cumulative_injections"][point] += [1, so_far, so_far**2]
    made = [v for v in eye["visits"] if v["day"] <= day]
    if not made:  # waiting for the first one
        count["in_care_letters"][point, baseline] += 1
        count["in_care_change"][point, 100] += 1
        count["planned_intervals"][point, 0] += 1
        return
    last = made[-1]
    count["in_care_letters"][point, last["letters"]] += 1
    count["in_care_change"][point, last["letters"] - baseline + 100] += 1
    count["last_scans"][point, int(last["fluid"])] += 1
    if status == "on treatment":
        count["planned_intervals"][point, min(round(last["interval_days"] / 7), 60)] += 1


def _count_year(count, eye, year, horizon):
    start, end = 364 * year, 364 * (year + 1)
    before, after = _status(eye, start, horizon), _status(eye, end, horizon)
    count["flow"][year, STATUSES.index(before), STATUSES.index(after)] += 1
    visits = [v for v in eye["visits"] if start <= v["day"] < end]
    n_visits, n_injections = len(visits), sum(v["injected"] for v in visits)
    through = after in STATUSES[:2]
    if through:
        count["visits_in_year"][year, min(n_visits, 60)] += 1
        count["injections_in_year"][year, min(n_injections, 60)] += 1
        count["year_sums"][year, :5] += [
            1, n_injections, n_injections**2, n_visits, n_visits**2
        ]  # fmt: skip
    ended = after not in STATUSES[:2]
    days = max(min(eye["end_day"], end) - start, 0) if ended else 364
    count["year_sums"][year, 5:] += [n_injections, n_visits, days]
    letters, baseline = eye["assessed"][13 * (year + 1)], eye["baseline_letters"]
    if letters >= 0:
        count["pair_sums"][year] += [
            1, baseline, letters, baseline**2, letters**2, baseline * letters
        ]  # fmt: skip


def _count_intervals(count, eye):
    days = [v["day"] for v in eye["visits"] if v["injected"]]
    for before, day in itertools.pairwise(days):
        weeks = min(round((day - before) / 7), 60)
        count["injection_intervals"][day // 364, weeks] += 1
        count["interval_sums"][day // 364] += [1, day - before]


def _count_block(count, eye, chunk, horizon):
    """One first eye, in its block and course block of the whole run, of whole clinics if any."""
    n_clinics = -(-chunk.n_patients // chunk.together)
    clinic = eye["patient_id"] // chunk.together
    block = clinic * 500 // n_clinics
    count["block_patients"][block] += 1
    baseline = eye["baseline_letters"]
    for year in range(horizon // 364):
        end, letters = 364 * (year + 1), eye["assessed"][13 * (year + 1)]
        visits = [visit for visit in eye["visits"] if visit["day"] < end]
        injections = sum(visit["injected"] for visit in visits)
        in_care = _status(eye, end, horizon) in STATUSES[:2]
        sums = [0, 0, 0, 0, 0, 0, 0, 0]
        if letters >= 0:
            gain = letters - baseline
            sums = [1, letters, letters**2, gain, gain**2, gain >= 15, gain <= -15, letters >= 70]
        care = [injections, injections**2, len(visits), len(visits) ** 2, in_care]
        count["block_outcomes"][block, year] += [*sums, *care]
    for point, letters in enumerate(eye["assessed"]):
        given = sum(visit["injected"] for visit in eye["visits"] if visit["day"] < 28 * point)
        gain = [1, letters - baseline] if letters >= 0 else [0, 0]
        count["block_course"][clinic * 50 // n_clinics, point] += [*gain, given]


def _count_better_eyes(count, eyes):
    for fellow, eye in itertools.pairwise(eyes):
        if eye["eye"] == 1:
            for point, pair in enumerate(zip(fellow["assessed"], eye["assessed"], strict=True)):
                if pair[1] >= 0:
                    count["second_eye_letters"][point, pair[1]] += 1
                if min(pair) >= 0:
                    count["better_eye_letters"][point, max(pair)] += 1


def _count_group(count, eyes, years):
    """One patient: visits and injections by year, and each half of 4 weeks with its letters."""
    first, group = eyes[0], eyes[0]["patient_id"] % GROUPS
    count["group_patients"][group] += 1
    for eye in eyes:
        for i, visit in enumerate(eye["visits"]):
            year = visit["day"] // 364
            kind = 2 if eye["eye"] == 1 else min(i, 1)
            count["group_care"][group, year, kind] += 1
            count["group_care"][group, year, 3] += visit["injected"]
            if visit["injected"]:
                count["injections_by_drug"][visit["drug"]] += 1
    for half in range(26 * years):
        year, point = half // 26, (half + 1) // 2
        letters = [eye["assessed"][point] for eye in eyes if eye["assessed"][point] >= 0]
        if first["assessed"][point] < 0:
            continue
        count["group_life"][group, year] += [1, 13 * first["age_years"] + point]
        if len(letters) == 1:
            count["group_letters"][group, year, letters[0]] += 1
        else:
            count["group_better_letters"][group, year, max(letters)] += 1
            count["group_worse_letters"][group, year, min(letters)] += 1
