"""The disease model and the life table that ship, and what a user's model must hold."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import yaml

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.spec.canonical import canonical_json, sha256_text
from ape_core.spec.life_table import LIFE_TABLE_FILE, load_life_table
from ape_core.spec.model import PARAMETERS, load_model, parse_model
from ape_core.spec.run_spec import MODEL_VERSION
from ape_core.spec.shipped import DATA

SHIPPED = yaml.safe_load((DATA / "models" / "namd.yaml").read_text(encoding="utf-8"))

# Change these two only together with MODEL_VERSION: the same version must mean the same rows.
PINNED_VERSION = "1"
PINNED_VALUES = "bd046ce21f35efb1d60b8f3a53545d3bfb6d7f77da68a7dec4c53bd0123b014f"


def values_digest():
    """SHA-256 of the values that ship."""
    model, table = load_model(), load_life_table()
    values = {
        "parameters": {name: item.value for name, item in model.parameters.items()},
        "drugs": {
            name: [drug.dose.value, drug.half_life_days.value] for name, drug in model.drugs.items()
        },
        "life_table": [table.qx_female.tolist(), table.qx_male.tolist()],
    }
    return sha256_text(canonical_json(values))


def test_the_model_version_follows_the_values_of_model_and_life_table():
    assert (MODEL_VERSION, values_digest()) == (PINNED_VERSION, PINNED_VALUES)


def test_every_parameter_has_a_range_a_source_and_a_confidence():
    model = load_model()
    assert set(model.parameters) == set(PARAMETERS)
    assert set(model.drugs) == set(DRUGS) - {"none"}
    numbers = list(model.parameters.values())
    numbers += [item for drug in model.drugs.values() for item in (drug.dose, drug.half_life_days)]
    for number in numbers:
        assert number.low <= number.value <= number.high, number.name
        assert len(number.source) > 10, number.name


def test_ranibizumab_03_is_its_share_of_05_by_mass():
    model = load_model()
    ratio = model.drug("ranibizumab-0.3mg").dose.value / model.drug("ranibizumab-0.5mg").dose.value
    assert ratio == pytest.approx(0.6)


def test_values_are_found_by_name():
    shipped = SHIPPED["parameters"]["acuity_ceiling_letters"]["value"]
    assert load_model().value("acuity_ceiling_letters") == shipped > 50
    with pytest.raises(
        InvalidSpecError, match=r"no parameter 'turnover'.*Did you mean 'turnover_pe"
    ):
        load_model().value("turnover")


def test_a_model_with_another_value_is_another_model():
    changed = load_model().replace(fluid_threshold=0.5)
    assert changed.value("fluid_threshold") == 0.5
    assert changed != load_model()
    assert changed.replace(fluid_threshold=load_model().value("fluid_threshold")).value(
        "fluid_threshold"
    ) == load_model().value("fluid_threshold")
    with pytest.raises(InvalidSpecError, match=r"'threshold' is not a field here"):
        load_model().replace(threshold=1)
    with pytest.raises(InvalidSpecError, match="reading_specificity is 2, but must be from 0 to 1"):
        load_model().replace(reading_specificity=2)


def changed(change):
    """Copy of the shipped model after a change."""
    data = copy.deepcopy(SHIPPED)
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d["parameters"].pop("turnover_per_week"),
            "parameters: The field turnover_per_we",
        ),
        (
            lambda d: d["parameters"].update(turnover=1),
            r"'turnover' is not .*Did you mean 'turnover_",
        ),
        (lambda d: d.pop("drugs"), "mine.yaml: The field drugs is missing"),
        (
            lambda d: d["drugs"].update(aspirin={}),
            "drugs: 'aspirin' is not a field here; allowed are",
        ),
        (
            lambda d: d["drugs"]["faricimab-6mg"].pop("dose"),
            "faricimab-6mg: The field dose is miss",
        ),
        (
            lambda d: d["parameters"].update(fluid_noise=0.1),
            "fluid_noise is 0.1, but must be a mapp",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].pop("source"),
            "fluid_noise: The field source is m",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].update(source=""),
            "source is '', but must be 1 to",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].update(value="x"),
            "value is 'x', but must be a num",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].update(value=9),
            "value is 9, but must lie from lo",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].update(confidence="sure"),
            "confidence is 'sure'",
        ),
        (
            lambda d: d["parameters"]["reading_sensitivity"].update(value=1.2, high=1.5),
            "reading_sensitivity is 1.2, but must be from 0 to 1",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].update(distribution={"kind": "beta"}),
            "distribution: kind is 'beta', but must be one of: uniform, normal, lognormal",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].update(distribution={"kind": "normal"}),
            "spread is None, but must be a number above 0",
        ),
        (
            lambda d: d["parameters"]["fluid_noise"].update(
                distribution={"kind": "uniform", "spread": 1}
            ),
            "spread is given, but a uniform distribution has none",
        ),
    ],
)
def test_refuses_in_words(change, message):
    with pytest.raises(InvalidSpecError, match=message):
        parse_model(changed(change), "mine.yaml")


def test_a_model_that_does_not_exist():
    with pytest.raises(InvalidSpecError, match="There is no model 'amd'; shipped are: namd"):
        load_model("amd")


def test_the_life_table_is_the_one_of_the_office_for_national_statistics():
    """Spot values of National Life Tables, United Kingdom, 2021-2023."""
    table = load_life_table()
    at = {int(age): row for row, age in enumerate(table.ages)}
    assert table.qx_female[at[78]] == 0.030815
    assert table.qx_male[at[78]] == 0.043965
    assert table.qx_male[at[50]] == 0.003823
    assert list(table.ages) == list(range(50, 101))
    assert np.all(np.diff(table.qx_female[5:]) > 0)
    assert np.all(table.qx_male > table.qx_female)
    assert "Office for National Statistics" in LIFE_TABLE_FILE.read_text(encoding="utf-8")


def test_the_life_table_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        load_life_table().qx_female[0] = 0
