"""Own prices and assumptions: marked as such, checked, kept in a store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ape_core.errors import InvalidInputError, InvalidSpecError
from ape_core.spec.economics_yaml import economics_to_yaml, load_economics, parse_economics_yaml
from ape_core.spec.own_values import drug_title, inputs, own_names, with_own_values
from ape_core.storage.own_economics import OwnEconomics

SHIPPED = load_economics()
OURS = with_own_values(
    SHIPPED, {"drugs/faricimab-6mg": 350, "assumptions/discount_costs_percent": 1.5}
)


def test_own_values_are_used_and_marked_and_no_others_are():
    assert OURS.pence("drugs/faricimab-6mg") == 35_000
    assert OURS.assumption("discount_costs_percent") == 1.5
    assert own_names(OURS) == ("drugs/faricimab-6mg", "assumptions/discount_costs_percent")
    assert own_names(SHIPPED) == ()
    marked = {item.name for item in inputs(OURS) if item.is_own}
    assert marked == set(own_names(OURS))


def test_what_is_own_stays_so_in_a_file():
    again = parse_economics_yaml(economics_to_yaml(OURS), "ours.yaml")
    assert again == OURS
    assert own_names(again) == own_names(OURS)


def test_inputs_are_in_prices_of_the_set_with_their_range_and_source():
    shown = {item.name: item for item in inputs(SHIPPED)}
    scan = shown["care/scan"]
    factor = SHIPPED.uprating.factor(2018, 2024)
    assert scan.value == SHIPPED.pence("care/scan") / 100
    assert scan.low == pytest.approx(90 * factor)
    assert (scan.price_year, scan.uprated, scan.is_drawn) == (2018, True, False)
    assert shown["care/first_visit"].is_drawn
    assert not shown["assumptions/worse_eye_weight"].is_price
    assert all(item.source and item.title for item in inputs(SHIPPED))
    assert drug_title("aflibercept-2mg") == "Aflibercept 2 mg"


def test_a_value_that_is_none_is_refused_by_its_name():
    with pytest.raises(InvalidSpecError, match=r"assumptions: worse_eye_weight is 2, but must be"):
        with_own_values(SHIPPED, {"assumptions/worse_eye_weight": 2})
    with pytest.raises(InvalidSpecError, match="neither a price nor an assumption.*care/scan"):
        with_own_values(SHIPPED, {"care/scna": 2})
    with pytest.raises(InvalidSpecError, match="care/scan"):
        with_own_values(SHIPPED, {"care/scan": -2})


def test_own_sets_are_kept_and_shipped_ones_stay(tmp_path):
    own = OwnEconomics(tmp_path)
    assert own.names() == ()
    assert not (tmp_path / "economics").exists()
    mine = replace(OURS, name="my-trust")
    own.save(mine)
    assert own.names() == ("my-trust",)
    assert own.load("my-trust") == mine
    assert own.load("uk-list-prices") == SHIPPED
    with pytest.raises(InvalidInputError, match="already"):
        own.save(mine)
    own.save(with_own_values(mine, {"care/scan": 1}), replacing=True)
    assert own.load("my-trust").pence("care/scan") == 100
    with pytest.raises(InvalidInputError, match="ships with APE"):
        own.save(OURS)
    with pytest.raises(InvalidSpecError, match="Own sets of prices are: my-trust"):
        own.load("my-trsut")
    with pytest.raises(InvalidSpecError, match="must be 1 to 80"):
        own.file("../evil")
