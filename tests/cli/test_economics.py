"""`ape economics`: what runs cost and gain, in words and as JSON."""

from __future__ import annotations

import pytest

import ape_core as core
from ape_core.analysis.economics_certainty import TOO_FEW
from ape_core.analysis.economics_sources import best_shares, best_words
from ape_core.analysis.economics_words import pounds
from ape_core.analysis.uncertainty import uncertain_inputs
from ape_core.runs.starting import open_run, run
from support.runs import small_spec
from widgets.report_costs import costs_markup


@pytest.fixture
def ids(store_path):
    base = small_spec(60, 1)
    specs = [
        base.replace(protocol=core.load_protocol(name))
        for name in ("no-treatment", "aflibercept-2mg-treat-and-extend")
    ]
    return [run(spec, store_path, progress=False) and spec.run_id for spec in specs]


def test_runs_are_priced_and_compared(ape, ids, store_path, tmp_path):
    economics = core.load_economics()
    priced = {i: core.health_economics(open_run(i, store_path).summary(), economics) for i in ids}
    compared = core.cost_effectiveness(priced)
    found = ape("economics", *ids, "--json")
    assert found.status == 0
    assert [item["cost"] for item in found.json["runs"]] == compared.costs.tolist()
    beside = found.json["increments"][0]
    assert beside["net_benefit"] == compared.increment(1).net_benefit(20_000).value
    assert beside["icer"] == compared.increment(1).icer
    said = ape("economics", *ids).out
    assert pounds(compared.costs[1]) in said
    assert "In the order of cost" in said
    told = " ".join(said.split())
    assert "not counted" in said.splitlines()[3]
    assert "This leaves out what is not known of the disease." in told
    shares = best_shares(uncertain_inputs(compared), 20_000)
    assert list(found.json["best_in_share_of_draws"].values()) == shares
    assert found.json["draws_are_of"] == "patients, prices and utilities drawn together"
    summaries = {i: open_run(i, store_path).summary() for i in ids}
    report = costs_markup(summaries, "uk-list-prices", store_path)
    assert "<td>not counted</td>" in report
    assert best_words(compared, uncertain_inputs(compared)) in report
    assert "Only one eye" in " ".join(said.split())
    one = ape("economics", ids[1], "--json")
    assert "increments" not in one.json
    assert one.json["runs"][0]["cost_se"] == priced[ids[1]].cost_se > 0
    assert one.json["runs"][0]["se_unknown_because"] is None
    path = tmp_path / "mine.yaml"
    from ape_core.spec.economics_yaml import economics_to_yaml

    assert "At list prices." in said
    dear = economics.with_price("drugs/aflibercept-2mg", 450)
    path.write_text(economics_to_yaml(dear), encoding="utf-8")
    own = " ".join(ape("economics", *ids, "--set", path).out.split())
    assert "At list prices." not in own
    assert "put in its place: Aflibercept 2 mg £450." in own
    path.write_text(economics_to_yaml(economics.with_price("care/scan", 0)), encoding="utf-8")
    cheaper = ape("economics", ids[1], "--set", path, "--json").json["runs"][0]
    assert cheaper["cost_by_category"]["scans"] == 0


def test_one_patient_has_no_standard_error_but_a_reason(ape, store_path):
    spec = small_spec(1, 1)
    run(spec, store_path, progress=False)
    found = ape("economics", spec.run_id, "--json").json["runs"][0]
    assert found["cost"] > 0
    assert (found["cost_se"], found["qalys_se"]) == (None, None)
    assert found["se_unknown_because"] == TOO_FEW
    assert TOO_FEW in " ".join(ape("economics", spec.run_id).out.split())
    summary = open_run(spec.run_id, store_path).summary()
    assert TOO_FEW in costs_markup({"One": summary}, "uk-list-prices", store_path)


def test_what_cannot_be_priced_is_said(ape, ids):
    assert ape("economics", ids[0], "--set", "nope").status == 2
    assert "brown-2000" in ape("economics", ids[0], "--utility", "brown").err
    assert "given twice" in ape("economics", ids[0], ids[0]).err
    assert "but must be" in ape("economics", *ids, "--worth", "-1").err


def test_draws_of_the_disease_are_simulated_and_told(ape, ids, store_path):
    from ape_core.analysis.economic_draws import EconomicDraws, Pricing

    asked = ("economics", *ids, "--draws", "2", "--draw-patients", "50", "--quiet")
    found = ape(*asked, "--json").json["draws_of_the_disease"]
    questions = {i: open_run(i, store_path).spec for i in ids}
    draws = EconomicDraws(questions, 2, n_patients=50, store=store_path)
    assert draws.status == "complete"
    drawn = draws.priced(Pricing(core.load_economics()))
    assert [item["cost"] for item in found["draws"]] == [item.costs.tolist() for item in drawn]
    uncertain = draws.uncertainty(Pricing(core.load_economics()))
    assert found["sd"][0]["disease"] == uncertain.net_benefit_spread(1, 20_000).parameters
    assert set(found["best_in_share_of_draws"]) == {"disease", "all"}
    assert "SD of the net benefit" in ape(*asked).out
    assert "one run is given" in ape("economics", ids[0], "--draws", "2").err
