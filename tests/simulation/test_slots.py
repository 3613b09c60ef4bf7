"""Limited slots: what must hold whatever the question."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ape_core.errors import InvalidInputError
from ape_core.simulation.simulate import simulate
from ape_core.spec.capacity import Capacity
from ape_core.spec.cohort import Cohort
from ape_core.spec.people import Recruitment
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.storage.digest import digest_chunks

N_PATIENTS = 600
BEYOND_REACH = 10**6
NAMES = (
    "aflibercept-2mg-treat-and-extend",
    "ranibizumab-0.5mg-prn",
    "faricimab-6mg",
    "no-treatment",
)
TIMES = ("day", "calendar_day", "first_day")


def spec_of(name=NAMES[0], recruitment=None, **cohort):
    cohort["recruitment"] = recruitment or Recruitment("uniform", days=364)
    return RunSpec(load_protocol(name), Cohort(N_PATIENTS, **cohort), 3, 7)


def limited(size=200, slots=5, open_days=5, **question):
    return spec_of(**question).replace(capacity=Capacity(size, slots, open_days))


@pytest.fixture(scope="module")
def tight():
    spec = limited(two_eyes=True)
    return spec, simulate(spec, 0, N_PATIENTS)


@pytest.mark.parametrize("two_eyes", [False, True], ids=["one-eye", "two-eyes"])
@pytest.mark.parametrize("name", NAMES)
def test_slots_that_never_bind_give_the_rows_of_an_ordinary_run(name, two_eyes):
    for recruitment in (Recruitment(), Recruitment("uniform", days=200)):
        ordinary = spec_of(name, recruitment, two_eyes=two_eyes)
        asked = ordinary.replace(capacity=Capacity(250, BEYOND_REACH))
        chunk = simulate(asked, 0, N_PATIENTS)
        assert digest_chunks([chunk]) == digest_chunks([simulate(ordinary, 0, N_PATIENTS)])
        assert asked.run_id != ordinary.run_id
        assert not chunk.waits.slip_days.any()
        assert np.array_equal(chunk.waits.waited_from, chunk.waits.waited_to)


@pytest.mark.parametrize(
    "stream",
    [
        Recruitment("rate", patients_per_week=9.0),
        Recruitment("growth", patients_per_week=5.0, growth_percent_per_year=30.0),
        Recruitment("caseload", None, 8.0, caseload_patients=300, caseload_years=2),
    ],
    ids=lambda stream: stream.kind,
)
def test_every_clinic_has_its_share_of_a_stream(stream):
    """One clinic is the ordinary run; of several, each is recruited as the whole is."""
    ordinary = simulate(spec_of(recruitment=stream), 0, N_PATIENTS)
    one = simulate(limited(N_PATIENTS, BEYOND_REACH, 7, recruitment=stream), 0, N_PATIENTS)
    assert digest_chunks([one]) == digest_chunks([ordinary])
    several = simulate(limited(250, BEYOND_REACH, 7, recruitment=stream), 0, N_PATIENTS)
    for table in ("visits", "patients"):
        for name, values in getattr(several, table).items():
            same = np.array_equal(values, getattr(ordinary, table)[name])
            assert same == (name not in TIMES[1:]), name
    first = ordinary.patients["first_day"]
    quarters = np.quantile(first, [0, 0.25, 0.5, 0.75, 1])
    for start in (0, 250, 500):
        own = several.patients["first_day"][start : start + 250]
        np.testing.assert_allclose(np.quantile(own, [0, 0.25, 0.5, 0.75, 1]), quarters, atol=25)


@settings(max_examples=25)
@given(st.integers(40, 400), st.integers(1, 12), st.integers(1, 7), st.booleans())
def test_no_day_has_more_visits_than_slots(size, slots, open_days, two_eyes):
    chunk = simulate(limited(size, slots, open_days, two_eyes=two_eyes), 0, N_PATIENTS)
    chunk.validate()
    assert visits_by_clinic_and_day(chunk, size).max() <= slots
    assert (chunk.visits["calendar_day"] % 7 < open_days).all()


def visits_by_clinic_and_day(chunk, size):
    clinic, day = chunk.visits["patient_id"] // size, chunk.visits["calendar_day"]
    counts = np.zeros((clinic.max() + 1, day.max() + 1), int)
    np.add.at(counts, (clinic, day), 1)
    return counts


def test_the_slots_of_the_tests_bind(tight):
    """Negative control of the test above: without a limit, days have more visits."""
    spec, chunk = tight
    free = simulate(spec.replace(slots_per_day=BEYOND_REACH), 0, N_PATIENTS)
    assert visits_by_clinic_and_day(free, 200).max() > 5
    assert np.mean(chunk.waits.slip_days > 0) > 0.3


def test_who_wants_a_slot_first_has_it_first():
    """Trial patients take no breaks: then nobody overtakes, and no slot is left while one waits."""
    chunk = simulate(limited(population="trial", two_eyes=True), 0, N_PATIENTS)
    counts = visits_by_clinic_and_day(chunk, 200)
    clinic, made = chunk.visits["patient_id"] // 200, chunk.visits["calendar_day"]
    wanted = made - chunk.waits.slip_days
    planned = made - chunk.visits["delay_days"]
    for own in range(3):
        rows = np.flatnonzero(clinic == own)
        keys = ("eye", "patient_id")
        order = np.lexsort(
            [*(chunk.visits[key][rows] for key in keys), planned[rows], wanted[rows]]
        )
        assert (np.diff(made[rows][order]) >= 0).all()
        for row in rows:
            days = np.arange(wanted[row], made[row])
            assert (counts[own, days[days % 7 < 5]] == 5).all()


def test_a_slip_is_the_part_of_a_delay_that_is_the_clinic_s(tight):
    _, chunk = tight
    later = chunk.waits.slip_days > chunk.visits["delay_days"]
    assert not later.any()
    assert (chunk.waits.slip_days >= 0).all()
    first = chunk.visits["day"] == chunk.visits["delay_days"]  # first visits of first eyes
    assert np.array_equal(chunk.waits.slip_days[first], chunk.visits["delay_days"][first])


@settings(max_examples=15)
@given(st.sets(st.integers(1, N_PATIENTS - 1), max_size=6))
def test_any_partition_gives_the_same_rows_and_waits(tight, cuts):
    spec, whole = tight
    parts = [simulate(spec, a, b) for a, b in pairwise([0, *sorted(cuts), N_PATIENTS])]
    assert digest_chunks(parts) == digest_chunks([whole])
    for name in ("slip_days", "waited_from", "waited_to"):
        joined = np.concatenate([getattr(part.waits, name) for part in parts])
        assert np.array_equal(joined, getattr(whole.waits, name))


def test_fewer_slots_mean_worse_acuity():
    """The same patients with the same luck: less is seen of them, and they see less."""
    letters, visits = [], []
    for slots in (BEYOND_REACH, 3, 2, 1):
        chunk = simulate(limited(slots=slots), 0, N_PATIENTS)
        at_end = chunk.assessments[:, 39]
        letters.append(at_end[at_end >= 0].mean())
        visits.append(chunk.n_visits)
    assert letters == sorted(letters, reverse=True)
    assert visits == sorted(visits, reverse=True)
    assert letters[0] - letters[-1] > 2


def test_clinics_do_not_depend_on_each_other(tight):
    """Another number of patients in the last clinic leaves the others as they were."""
    spec, whole = tight
    other = simulate(spec.replace(n_patients=450), 0, 400)
    assert digest_chunks([other]) == digest_chunks([whole.cut(0, 400)])


def test_patients_who_are_not_there_are_refused(tight):
    with pytest.raises(InvalidInputError, match="Patients 590 to 600 are not in a run of 600"):
        simulate(tight[0], 590, 601)
