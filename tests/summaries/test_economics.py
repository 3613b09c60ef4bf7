"""A priced summary, against a sheet of costs and utilities filled in row by row."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from ape_core.errors import InvalidInputError
from ape_core.schema import DRUGS
from ape_core.simulation.simulate import simulate
from ape_core.spec.cohort import Cohort
from ape_core.spec.economics_yaml import load_economics
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.spec.run_spec import RunSpec
from ape_core.summaries import COSTS, Summary, drug_of, health_economics
from ape_core.summaries.definitions import GROUPS

FIRST, MIDDLE, STOP, YEARS = 10, 57, 130, 3
N = STOP - FIRST
SHIPPED = load_economics()
OURS = SHIPPED.with_values(
    {
        "assumptions/second_eye_visit_share": 0.37,
        "assumptions/worse_eye_weight": 0.3,
        "assumptions/injection_disutility": 0.0002,
        "assumptions/sight_loss_letters": 50,
        "assumptions/discount_costs_percent": 1.5,
    }
).with_price("care/sight_loss_year", 7_000)
SETS = {"as shipped": SHIPPED, "ours": OURS}
PROTOCOLS = ("aflibercept-2mg-treat-and-extend", "faricimab-6mg")
CASES = [(protocol, two_eyes) for protocol in PROTOCOLS for two_eyes in (False, True)]


def spec_of(protocol, two_eyes):
    cohort = Cohort(STOP, two_eyes=two_eyes)
    return RunSpec(load_protocol(protocol), cohort, years=YEARS, seed=4)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}, {1 + case[1]} eyes")
def case(request):
    return request.param


@pytest.fixture(scope="module")
def chunk(case):
    return simulate(spec_of(*case), FIRST, STOP)


@pytest.fixture(scope="module")
def summary(chunk):
    return Summary.of_chunk(chunk)


@pytest.fixture(params=SETS)
def economics(request):
    return SETS[request.param]


def rows(table):
    """Each row of a table as a mapping of plain numbers."""
    columns = {name: column.tolist() for name, column in table.items()}
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def lives(chunk):
    """Of each patient the age and the assessed letters of both eyes, -1 where there are none."""
    n_points = chunk.assessments.shape[1]
    found = {}
    for row, letters in zip(rows(chunk.patients), chunk.assessments.tolist(), strict=True):
        eyes = found.setdefault(row["patient_id"], (row["age_years"], [[-1] * n_points] * 2))[1]
        eyes[row["eye"]] = letters
    return found


def points_lived(life):
    """Half periods lived: (year from 0, years since the first visit, letters of both eyes)."""
    _, (first, second) = life
    for period in range(13 * YEARS):
        for point in (period, period + 1):
            if first[point] >= 0:
                yield period // 13, point / 13, first[point], second[point]


def fellow(economics):
    """Share of patients by letters of an eye without the disease."""
    mean, sd = (economics.assumption(f"fellow_eye_{what}letters") for what in ("", "sd_"))
    weights = [math.exp(-(((letters - mean) / sd) ** 2) / 2) for letters in range(101)]
    return [weight / sum(weights) for weight in weights]


def sheet_of_costs(chunk, economics):
    """Pence of each patient, `[patient_id][year, category]`, and of lost sight `[year]`."""
    sheet = defaultdict(lambda: np.zeros((YEARS, len(COSTS)), np.int64))
    pence, share = economics.pence, economics.assumption("second_eye_visit_share")
    for visit in rows(chunk.visits):
        costs = sheet[visit["patient_id"]][visit["day"] // 364]
        if visit["injected"]:
            costs[0] += pence(f"drugs/{DRUGS[visit['drug']]}")
            costs[1] += pence("care/injection_procedure")
        part = share if visit["eye"] == 1 else 1
        is_first = visit["eye"] == 0 and visit["day"] == 0
        name = "care/first_visit" if is_first else "care/follow_up_visit"
        costs[2] += round(part * pence(name))
        costs[3] += round(part * pence("care/scan"))
    return sheet


def sight_loss(chunk, economics):
    """Pence of lost sight of each group and year: whole ones for each group."""
    lost_from, price = economics.assumption("sight_loss_letters"), economics.pence(
        "care/sight_loss_year"
    )  # fmt: skip
    share = sum(fellow(economics)[: int(lost_from) + 1])
    alone, both = np.zeros((GROUPS, YEARS)), np.zeros((GROUPS, YEARS))
    for patient_id, life in lives(chunk).items():
        for year, _, first, second in points_lived(life):
            if max(first, second) <= lost_from:
                (alone if second < 0 else both)[patient_id % GROUPS, year] += round(price / 26)
    return np.rint(alone * share) + both


def sheet_of_qalys(chunk, economics, name):
    """QALYs of each patient by year, not discounted."""
    numbers = {key: item.value for key, item in economics.utilities[name].numbers.items()}
    weight, other = economics.assumption("worse_eye_weight"), fellow(economics)

    def utility(letters):
        if "intercept" in numbers:
            return numbers["intercept"] + numbers["per_logmar"] * (85 - letters) / 50
        return numbers[f"from_{max(n for n in (0, 18, 43, 63, 78) if n <= letters)}"]

    def of_pair(one, two):
        return (1 - weight) * utility(max(one, two)) + weight * utility(min(one, two))

    of_one = [sum(other[n] * of_pair(seen, n) for n in range(101)) for seen in range(101)]
    found = {patient_id: np.zeros(YEARS) for patient_id in range(FIRST, STOP)}
    for patient_id, life in lives(chunk).items():
        for year, since, first, second in points_lived(life):
            worth = of_one[first] if second < 0 else of_pair(first, second)
            worth += numbers.get("per_year_of_age", 0) * (life[0] + since)
            found[patient_id][year] += worth / 26
    for visit in rows(chunk.visits):
        loss = visit["injected"] * economics.assumption("injection_disutility")
        found[visit["patient_id"]][visit["day"] // 364] -= loss
    return found


def test_costs_agree_to_the_penny_by_year_and_category(case, chunk, summary, economics):
    priced = health_economics(summary, economics)
    expected = sum(sheet_of_costs(chunk, economics).values())
    expected[:, -1] += sight_loss(chunk, economics).sum(axis=0).astype(np.int64)
    np.testing.assert_array_equal(priced.pence, expected)
    assert (expected[:, :4] > 0).all()
    assert (expected[:, 4] > 0).all() == (economics is OURS)
    assert priced.has_two_eyes == case[1]
    assert priced.drug == load_protocol(case[0]).drug == drug_of(summary)
    assert priced.n_patients == N
    np.testing.assert_array_equal(priced.years, [1, 2, 3])
    np.testing.assert_allclose(priced.cost_by_year * N, expected / 100, rtol=1e-12)
    assert priced.undiscounted_cost * N == pytest.approx(expected.sum() / 100, rel=1e-12)


def test_one_injection_and_one_letter_less_would_be_noticed(chunk, summary):
    """The sheets themselves: what they add up moves by what a row is worth, and by nothing else."""
    place = int(np.flatnonzero(chunk.visits["injected"])[-1])
    injected = chunk.visits["injected"].copy()
    injected[place] = False
    fewer = replace(chunk, visits=chunk.visits | {"injected": injected})
    priced = health_economics(summary, SHIPPED)
    dose = SHIPPED.pence(f"drugs/{priced.drug}") + SHIPPED.pence("care/injection_procedure")
    assert priced.pence.sum() - sum(sheet_of_costs(fewer, SHIPPED).values()).sum() == dose
    assessments = chunk.assessments.copy()
    row = int(np.flatnonzero((chunk.patients["eye"] == 0) & (assessments[:, 1] > 20))[0])
    assessments[row, 1] -= 1
    worse = sheet_of_qalys(replace(chunk, assessments=assessments), SHIPPED, "czoski-murray-2009")
    assert priced.qalys.sum() - sum(worse.values()).sum() > 1e-6


@pytest.mark.parametrize("utility", SHIPPED.utilities)
def test_qalys_are_those_of_the_assessments(chunk, summary, economics, utility):
    priced = health_economics(summary, economics, utility)
    by_patient = sheet_of_qalys(chunk, economics, utility)
    np.testing.assert_allclose(priced.qalys, sum(by_patient.values()), rtol=0, atol=1e-9)
    lived = np.zeros(YEARS)
    for life in lives(chunk).values():
        for year, *_ in points_lived(life):
            lived[year] += 1 / 26
    np.testing.assert_allclose(priced.life_years, lived, rtol=0, atol=1e-9)
    discounted = sum(q[year] / 1.035**year for q in by_patient.values() for year in range(YEARS))
    assert priced.qalys_per_patient == pytest.approx(discounted / N, abs=1e-9)
    assert priced.undiscounted_qalys == pytest.approx(sum(map(sum, by_patient.values())) / N)
    assert priced.life_years_per_patient == pytest.approx(lived.sum() / N, abs=1e-9)
    assert priced.utility == utility
    assert (lived[:-1] >= lived[1:]).all()
    assert (lived <= N).all()


def test_the_mappings_differ_and_the_first_is_used_unless_another_is_named(summary):
    first, other = (health_economics(summary, SHIPPED, name).qalys for name in SHIPPED.utilities)
    assert abs(first - other).min() > 0.01
    np.testing.assert_array_equal(health_economics(summary, SHIPPED).qalys, first)


def test_the_first_year_is_not_discounted_and_each_later_one_by_3_5_percent_more(summary):
    priced = health_economics(summary, SHIPPED)
    expected = [1, 0.966183575, 0.933510700]  # 1 / 1.035, 1 / 1.071225
    np.testing.assert_allclose(priced.cost_weights, expected, atol=1e-9)
    np.testing.assert_allclose(priced.qaly_weights, expected, atol=1e-9)
    years = priced.pence.sum(axis=1) / 100
    pounds = years[0] + years[1] / 1.035 + years[2] / 1.071225
    assert priced.cost * N == pytest.approx(pounds, abs=0.005)
    assert priced.cost_by_category.sum() == pytest.approx(priced.cost, abs=1e-9)
    assert priced.cost < priced.undiscounted_cost
    np.testing.assert_allclose(
        health_economics(summary, OURS).cost_weights, [1, 1 / 1.015, 1 / 1.015**2], atol=1e-12
    )


def test_merged_parts_are_priced_as_the_whole(case, summary, economics):
    spec = spec_of(*case)
    parts = [Summary.of_chunk(simulate(spec, *part)) for part in ((FIRST, MIDDLE), (MIDDLE, STOP))]
    whole, merged = (health_economics(s, economics) for s in (summary, parts[1].merge(parts[0])))
    np.testing.assert_array_equal(merged.pence, whole.pence)
    np.testing.assert_array_equal(merged.qalys, whole.qalys)
    assert (merged.cost, merged.cost_se) == (whole.cost, whole.cost_se)
    assert (merged.qalys_per_patient, merged.qalys_se) == (whole.qalys_per_patient, whole.qalys_se)


def test_another_price_moves_its_cost_alone_and_leaves_the_summary_as_it_was(summary):
    before = {name: array.copy() for name, array in summary.arrays.items()}
    priced = health_economics(summary, SHIPPED)
    name = f"drugs/{priced.drug}"
    dearer = SHIPPED.with_price(name, SHIPPED.pence(name) / 100 + 1)
    again = health_economics(summary, dearer)
    moved = (again.pence - priced.pence).sum(axis=0)
    np.testing.assert_array_equal(moved, [100 * summary.n_injections, 0, 0, 0, 0])
    np.testing.assert_array_equal(again.qalys, priced.qalys)
    assert summary == Summary(YEARS, before)


def standard_error(by_patient):
    """Of a mean over patients, from the totals of the groups that they are counted in."""
    totals, members = defaultdict(float), defaultdict(int)
    for patient_id, amount in by_patient.items():
        totals[patient_id % 50] += amount
        members[patient_id % 50] += 1
    mean, n = sum(totals.values()) / len(by_patient), len(by_patient)
    apart = sum((totals[group] - members[group] * mean) ** 2 for group in totals)
    return math.sqrt(apart / (n**2 - sum(m**2 for m in members.values())))


def test_standard_errors_are_those_of_the_groups(chunk, summary):
    priced = health_economics(summary, SHIPPED)
    sheet = sheet_of_costs(chunk, SHIPPED)
    costs = {
        patient_id: sum(sheet[patient_id][year].sum() / 100 / 1.035**year for year in range(YEARS))
        for patient_id in range(FIRST, STOP)
    }
    assert priced.cost_se == pytest.approx(standard_error(costs), rel=1e-9)
    qalys = {
        patient_id: sum(amount / 1.035**year for year, amount in enumerate(by_year))
        for patient_id, by_year in sheet_of_qalys(chunk, SHIPPED, priced.utility).items()
    }
    assert priced.qalys_se == pytest.approx(standard_error(qalys), rel=1e-9)
    for se, amounts in ((priced.cost_se, costs), (priced.qalys_se, qalys)):
        usual = np.std(list(amounts.values()), ddof=1) / math.sqrt(N)
        assert usual / 1.5 < se < usual * 1.5


def test_with_one_patient_in_each_group_it_is_the_usual_standard_error(case, chunk):
    few = simulate(spec_of(*case), FIRST, FIRST + GROUPS)
    sheet = sheet_of_costs(few, SHIPPED)
    costs = [
        sum(sheet[p][year].sum() / 100 / 1.035**year for year in range(YEARS))
        for p in range(FIRST, FIRST + GROUPS)
    ]
    usual = np.std(costs, ddof=1) / math.sqrt(GROUPS)
    priced = health_economics(Summary.of_chunk(few), SHIPPED)
    assert priced.cost_se == pytest.approx(usual, rel=1e-9)


def test_no_patients_cost_nothing():
    priced = health_economics(Summary.empty(2), SHIPPED)
    assert (priced.cost, priced.qalys_per_patient) == (0, 0)
    assert priced.drug == "none"


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_two_patients_say_nothing_of_their_luck(n):
    case = spec_of("faricimab-6mg", two_eyes=False)
    few = Summary.of_chunk(simulate(case, FIRST, FIRST + n)) if n else Summary.empty(YEARS)
    priced = health_economics(few, SHIPPED)
    assert [math.isinf(se) for se in (priced.cost_se, priced.qalys_se)] == [n < 2] * 2


def test_several_drugs_in_one_run_are_refused():
    arrays = {name: array.copy() for name, array in Summary.empty(2).arrays.items()}
    arrays["injections_by_drug"][[1, 5]] = 7
    with pytest.raises(InvalidInputError, match=r"aflibercept-2mg, faricimab-6mg.*one drug each"):
        health_economics(Summary(2, arrays), SHIPPED)
