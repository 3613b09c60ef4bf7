"""Prices and utilities: what ships, what a file may hold, and what is refused in words."""

from __future__ import annotations

import copy
import pickle

import pytest
import yaml

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.spec.economics_yaml import (
    economics_to_yaml,
    list_economics,
    load_economics,
    parse_economics,
    parse_economics_yaml,
)

SHIPPED = load_economics()
PLAIN = yaml.safe_load(economics_to_yaml(SHIPPED))
REMOVED = object()


def changed(*path, to=REMOVED):
    """Plain data of the shipped set with one field changed or removed."""
    data = copy.deepcopy(PLAIN)
    place = data
    for key in path[:-1]:
        place = place[key]
    if to is REMOVED:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return data


def test_every_drug_but_none_has_a_price():
    assert list_economics() == ("uk-list-prices",)
    assert set(SHIPPED.drugs) == set(DRUGS) - {"none"}
    for drug in DRUGS[1:]:
        assert SHIPPED.pence(f"drugs/{drug}") > 0, drug


def test_every_number_has_a_source_a_range_and_a_unit():
    for name, number in SHIPPED.numbers().items():
        assert number.source, name
        assert number.unit, name
        assert number.low <= number.value <= number.high, name
    assert SHIPPED.uprating.source


def test_a_unit_cost_is_brought_to_the_year_of_the_set_and_a_list_price_is_not():
    scan = 116.23 * 1.0214 * 1.0249 * 1.0258 * 1.0732 * 1.0247 * 1.0402
    assert SHIPPED.pence("care/scan") == round(100 * scan)
    assert SHIPPED.pence("drugs/faricimab-6mg") == 85_700
    assert SHIPPED.uprating.factor(2024, 2018) == pytest.approx(116.23 / scan, rel=1e-12)


def test_what_is_written_reads_back_as_the_same():
    again = parse_economics_yaml(economics_to_yaml(SHIPPED), "written.yaml")
    assert again == SHIPPED == pickle.loads(pickle.dumps(SHIPPED))
    assert again.pence("care/first_visit") == SHIPPED.pence("care/first_visit")
    ours = SHIPPED.with_price("drugs/faricimab-6mg", 400.5).with_values(
        {"assumptions/worse_eye_weight": 0.3, "utilities/brown-2000/from_0": 0.35}
    )
    assert parse_economics_yaml(economics_to_yaml(ours), "ours.yaml") == ours != SHIPPED


def test_a_file_of_ones_own_is_read_each_time(tmp_path):
    path = tmp_path / "ours.yaml"
    for pounds in (300, 301):
        ours = SHIPPED.with_price("drugs/faricimab-6mg", pounds)
        path.write_text(economics_to_yaml(ours), encoding="utf-8")
        assert load_economics(path).pence("drugs/faricimab-6mg") == 100 * pounds


DRUG = ("drugs", "faricimab-6mg")
REFUSED = {
    "no drugs at all": (("drugs",), REMOVED, "ours.yaml: The field drugs is missing. Fields here"),
    "a drug without a price": (DRUG, REMOVED, "drugs: The field faricimab-6mg is missing. Fields"),
    "an unknown drug": (
        ("drugs", "faricimab-6m"),
        PLAIN["drugs"]["faricimab-6mg"],
        "drugs: 'faricimab-6m' is not a field here; allowed are: .* Did you mean 'faricimab-6mg'?",
    ),
    "a negative price": (
        ("care", "scan"),
        PLAIN["care"]["scan"] | {"value": -1, "low": -2},
        "scan: scan is -1, but must be 0 or more",
    ),
    "a price of no year": (
        (*DRUG, "price_year"),
        REMOVED,
        "faricimab-6mg: The field price_year is missing. Say of which financial year",
    ),
    "a price of a year that is none": ((*DRUG, "price_year"), "2023/24", "price_year is '2023/24'"),
    "a price that may or may not be uprated": ((*DRUG, "uprated"), "perhaps", "true or false"),
    "a price without a source": ((*DRUG, "source"), REMOVED, "The field source is missing. Fields"),
    "a price that is no number": ((*DRUG, "value"), "free", "value is 'free', but must be a num"),
    "a price year after the uprating": (
        ("price_year",),
        2025,
        "Prices of 2018 cannot be brought to 2025: uprating has no rise for 2025. Give the rise,",
    ),
    "a gap in the uprating": (
        ("uprating", "percent", 2020),
        REMOVED,
        "cannot be brought to 2024: uprating has no rise for 2020. Give the rise",
    ),
    "uprating that is no mapping": (("uprating", "percent"), 3, "percent is 3, but must be a map"),
    "an unknown assumption": (
        ("assumptions", "worse_eye_wieght"),
        PLAIN["assumptions"]["worse_eye_weight"],
        "Did you mean 'worse_eye_weight'?",
    ),
    "a share above 1": (
        ("assumptions", "second_eye_visit_share"),
        PLAIN["assumptions"]["second_eye_visit_share"] | {"value": 2, "high": 2},
        "assumptions: second_eye_visit_share is 2, but must be from 0 to 1",
    ),
    "no utilities": (("utilities",), {}, "utilities is empty. Give at least one mapping"),
    "a mapping that no flat name can name": (
        ("utilities", "ours/2024"),
        PLAIN["utilities"]["brown-2000"],
        "a name in utilities is 'ours/2024', but must be 1 to 80 lower-case letters",
    ),
    "no lowest band": (
        ("utilities", "brown-2000", "numbers", "from_0"),
        REMOVED,
        "brown-2000: The band from_0 is missing. Give the lowest band a utility",
    ),
    "a band written twice": (
        ("utilities", "brown-2000", "numbers", "from_078"),
        PLAIN["utilities"]["brown-2000"]["numbers"]["from_78"],
        "'from_078' is not the name of a band",
    ),
    "a utility above 1": (
        ("utilities", "czoski-murray-2009", "numbers", "intercept"),
        PLAIN["utilities"]["czoski-murray-2009"]["numbers"]["intercept"]
        | {"value": 1.2, "high": 1.2},
        "czoski-murray-2009: The utility at 100 letters and 50 years of age is 1.260, but must",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_in_words_that_say_what_to_do(case):
    path, to, words = REFUSED[case]
    with pytest.raises(InvalidSpecError) as refused:
        parse_economics(changed(*path, to=to), "ours.yaml")
    message = str(refused.value)
    assert message.startswith("ours.yaml")
    for part in words.split(" .* "):
        assert part in message


def test_what_is_not_changed_is_accepted():
    assert parse_economics(changed("title", to=SHIPPED.title), "ours.yaml") == SHIPPED


def test_an_unknown_set_or_mapping_is_named_with_what_there_is():
    with pytest.raises(InvalidSpecError, match="uk-list-prices"):
        load_economics("uk-list-price")
    with pytest.raises(InvalidSpecError, match="czoski-murray-2009"):
        SHIPPED.utility("czoski")
    assert SHIPPED.utility() == SHIPPED.utility("czoski-murray-2009")


def test_other_values_leave_the_rest_and_the_set_itself_as_they_were():
    before = economics_to_yaml(SHIPPED)
    values = {
        "care/scan": 500.0,
        "drugs/faricimab-6mg": 400.0,
        "drugs/aflibercept-2mg": 300.0,
        "assumptions/discount_costs_percent": 1.5,
        "utilities/brown-2000/from_0": 0.3,
        "utilities/brown-2000/from_18": 0.5,
        "utilities/czoski-murray-2009/intercept": 0.85,
    }
    numbers = SHIPPED.with_values(values).numbers()
    for name, number in SHIPPED.numbers().items():
        assert numbers[name].value == values.get(name, number.value), name
        assert numbers[name].low <= numbers[name].value <= numbers[name].high, name
    assert SHIPPED.with_values({}) == SHIPPED
    assert economics_to_yaml(SHIPPED) == before


def test_a_value_is_of_the_year_of_its_price_and_a_price_of_that_of_the_set():
    factor = SHIPPED.uprating.factor(2018, 2024)
    assert SHIPPED.with_values({"care/scan": 100}).pence("care/scan") == round(10_000 * factor)
    ours = SHIPPED.with_price("care/scan", 100)
    assert ours.pence("care/scan") == 10_000
    assert ours.care["scan"].price_year == SHIPPED.price_year
    assert ours.care["scan"].amount.source == "Set by the user"


@pytest.mark.parametrize("pounds", [-1, float("nan"), float("inf"), "5", None])
def test_a_price_that_is_none_is_refused_by_its_name(pounds):
    with pytest.raises(InvalidSpecError, match=r"^care/scan: .* must be "):
        SHIPPED.with_price("care/scan", pounds)
    with pytest.raises(InvalidSpecError, match=r"^(care: )?scan is .* must be "):
        SHIPPED.with_values({"care/scan": pounds})


def test_an_unknown_number_is_refused_with_the_nearest():
    with pytest.raises(InvalidSpecError, match="has no 'care/scna'.* Did you mean 'care/scan'?"):
        SHIPPED.with_values({"care/scna": 5})
    with pytest.raises(InvalidSpecError, match="has no 'assumptions/worse_eye_weight'; it has: dr"):
        SHIPPED.with_price("assumptions/worse_eye_weight", 5)
    with pytest.raises(InvalidSpecError, match="has no 'care/scna'"):
        SHIPPED.pence("care/scna")
