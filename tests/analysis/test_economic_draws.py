"""Costs and QALYs under drawn models: ordinary runs, priced again at any prices without another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ape_core.analysis.draws import parameter_draws
from ape_core.analysis.economic_draws import EconomicDraws, Pricing
from ape_core.analysis.economics import cost_effectiveness
from ape_core.analysis.economics_certainty import (
    ALL,
    SLOTS_RAN_SHORT,
    certainty_words,
    drawn_inputs_words,
    held_inputs_words,
    share_words,
)
from ape_core.analysis.economics_tables import net_benefit_table
from ape_core.analysis.input_draws import draw_inputs, drawn_sets
from ape_core.analysis.uncertainty import probabilistic, uncertain_inputs
from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.simulation.simulate import simulate
from ape_core.spec.economics_yaml import load_economics
from ape_core.spec.protocol_yaml import load_protocol
from ape_core.summaries.economics import economic_part, health_economics
from ape_core.summaries.summary import Summary
from support.runs import small_spec

NAMES = ("no-treatment", "aflibercept-2mg-treat-and-extend")
SHIPPED = load_economics()
N_DRAWS, N_PATIENTS = 3, 100


@pytest.fixture(scope="module")
def questions():
    base = small_spec(400, 1)
    return {name: base.replace(protocol=load_protocol(name)) for name in NAMES}


@pytest.fixture(scope="module")
def drawn(questions, tmp_path_factory):
    store = tmp_path_factory.mktemp("draws") / "store"
    found = EconomicDraws(questions, N_DRAWS, n_patients=N_PATIENTS, store=store)
    assert found.uncertainty(Pricing(SHIPPED)) is None
    with pytest.raises(InvalidInputError, match="Fewer than two draws"):
        found.table(Pricing(SHIPPED))
    found.complete()
    return found


def by_hand(spec, prices):
    """Price the patients of a question, simulated here."""
    return health_economics(Summary.of_chunk(simulate(spec, 0, N_PATIENTS)), prices)


@pytest.mark.parametrize("draws_inputs", [False, True])
def test_every_draw_is_that_of_its_model_and_its_prices(drawn, questions, draws_inputs):
    found = drawn.priced(Pricing(SHIPPED, reference=1, draws_inputs=draws_inputs))
    sets = drawn_sets(SHIPPED, None, N_DRAWS) if draws_inputs else [SHIPPED] * N_DRAWS
    models = parameter_draws(questions[NAMES[0]].model, N_DRAWS, 1)
    assert drawn.complete_draws == (0, 1, 2)
    for at, compared in enumerate(found):
        for place, spec in enumerate(questions.values()):
            one = spec.replace(n_patients=N_PATIENTS, model=models[at])
            item = by_hand(one, sets[at])
            assert compared.costs[place] == item.cost
            assert compared.qalys[place] == item.qalys_per_patient
    uncertain = drawn.uncertainty(Pricing(SHIPPED, reference=1, draws_inputs=draws_inputs))
    np.testing.assert_array_equal(uncertain.costs, probabilistic(found).costs)
    assert len(set(uncertain.costs[1].tolist())) == N_DRAWS
    assert uncertain.reference == 1


def test_another_price_simulates_nothing(drawn):
    runs = [folder.run_id for folder in drawn.store.list()]
    dear = SHIPPED.with_price("drugs/aflibercept-2mg", 2_000)
    before, after = (drawn.uncertainty(Pricing(prices)).costs for prices in (SHIPPED, dear))
    assert (after[1] > before[1]).all()
    assert (after[0] == before[0]).all()
    assert [folder.run_id for folder in drawn.store.list()] == runs
    table = drawn.table(Pricing(dear))
    assert [row[3] for row in table.rows] == after[1].tolist()


def test_draws_go_on_where_others_left_off(drawn, questions):
    more = EconomicDraws(questions, N_DRAWS + 1, n_patients=N_PATIENTS, store=drawn.store)
    assert more.progress().n_done == 2 * N_DRAWS
    assert more.complete_draws == (0, 1, 2)
    assert more.status == "interrupted"


def test_too_many_draws_and_a_single_protocol_are_refused(questions, tmp_path):
    with pytest.raises(InvalidSpecError, match="500"):
        EconomicDraws(questions, 501, store=tmp_path)
    with pytest.raises(InvalidInputError, match="1 run was given"):
        EconomicDraws({NAMES[0]: questions[NAMES[0]]}, 2, store=tmp_path)


@pytest.mark.parametrize("utility", SHIPPED.utilities)
def test_sets_of_draws_hold_what_is_drawn(utility):
    draws = draw_inputs(SHIPPED, utility, 4)
    for at, one in enumerate(drawn_sets(SHIPPED, utility, 4)):
        for name, pence in draws.pence.items():
            assert one.pence(name) == pence[at]
        by_letters = one.utility(utility).by_letters()
        np.testing.assert_allclose(by_letters, draws.utility[at], rtol=1e-12)


def test_the_part_that_is_kept_costs_and_gains_the_same(questions):
    spec = questions[NAMES[1]].replace(n_patients=N_PATIENTS)
    whole = Summary.of_chunk(simulate(spec, 0, N_PATIENTS))
    part, all_of_it = (health_economics(x, SHIPPED) for x in (economic_part(whole), whole))
    assert part.n_patients == N_PATIENTS
    np.testing.assert_array_equal(part.group_pence, all_of_it.group_pence)
    np.testing.assert_array_equal(part.group_qalys, all_of_it.group_qalys)
    assert part.drug == "aflibercept-2mg"
    assert economic_part(whole).n_bytes < whole.n_bytes / 5


@pytest.fixture(scope="module")
def short_of_slots(questions):
    """The same comparison in clinics whose slots run short."""
    from ape_core.spec.capacity import Capacity

    clinics = Capacity(patients_per_clinic=100, slots_per_day=1, open_days=5)
    priced = {}
    for name, spec in questions.items():
        asked = spec.replace(capacity=clinics)
        priced[name] = health_economics(Summary.of_chunk(simulate(asked, 0, 400)), SHIPPED)
    return cost_effectiveness(priced)


def test_where_slots_ran_short_no_interval_is_given(short_of_slots):
    assert short_of_slots.slots_ran_short
    assert not short_of_slots.knows_patients
    assert short_of_slots.priced[1].cost_se == float("inf")
    gain = short_of_slots.increment(1).net_benefit(20_000)
    assert (gain.low, gain.high) == (-float("inf"), float("inf"))
    assert certainty_words(short_of_slots, ALL) == SLOTS_RAN_SHORT
    assert net_benefit_table(short_of_slots, [20_000.0]).rows[1][3:] == ("", "", "")
    found = uncertain_inputs(short_of_slots)
    spread = found.net_benefit_spread(1, 20_000)
    assert spread.patients == float("inf")
    assert 0 < spread.parameters < float("inf")
    assert np.isfinite(found.costs).all()


def test_clinics_with_slots_enough_leave_the_intervals_as_they_are(questions):
    from ape_core.spec.capacity import Capacity

    clinics = Capacity(patients_per_clinic=100, slots_per_day=5_000, open_days=7)
    spec = questions[NAMES[1]]
    pair = [
        health_economics(Summary.of_chunk(simulate(asked, 0, 400)), SHIPPED)
        for asked in (spec, spec.replace(capacity=clinics))
    ]
    assert pair[0].cost_se == pair[1].cost_se > 0


def test_what_is_drawn_and_what_is_held_is_said():
    said = drawn_inputs_words(SHIPPED, "brown-2000")
    assert said[0] == (
        "First visit: £172, lognormal around it, SD of the logarithm 0.0708, cut to £135 to £209"
    )
    assert len(said) == 8
    assert said[-1].startswith("Utility, 0 letters or more: 0.4, normal around it, SD 0.0536")
    held = held_inputs_words(SHIPPED, {"aflibercept-2mg"})
    assert held == ("Held, as no distribution is published: price of Aflibercept 2 mg, OCT scan.")
    own = SHIPPED.with_price("care/first_visit", 100)
    assert len(drawn_inputs_words(own, "brown-2000")) == 7


def test_shares_of_draws_are_never_rounded_to_certainty():
    shares = (1.0, 0.999, 0.972, 0.001, 0.0)
    assert [share_words(share, 2_000) for share in shares] == [
        "all 2,000 draws", "more than 99% of 2,000 draws", "97% of 2,000 draws",
        "fewer than 1% of 2,000 draws", "none of 2,000 draws",
    ]  # fmt: skip


def test_draws_must_be_of_one_number_of_patients(drawn):
    found = drawn.priced(Pricing(SHIPPED))
    with pytest.raises(InvalidInputError, match="Draw 2"):
        probabilistic([found[0], replace(found[1], reference=1)])
