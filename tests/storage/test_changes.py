"""What tells a run from others of its protocol, in a line and in the few words of a list."""

from __future__ import annotations

from dataclasses import replace

from ape_core.spec.capacity import Capacity
from ape_core.spec.model import load_model
from ape_core.spec.model_guide import changed_model, numbers_of
from ape_core.storage.changes import changes_in_list, changes_in_short, is_varied
from support.runs import small_spec

_SPEC = small_spec(50, years=1)


def _slightly_other(n):
    """A model with other values of so many numbers."""
    numbers = [(name, item) for name, item in numbers_of(load_model()).items() if item.value][:n]
    return changed_model({name: item.value * 1.0000123 for name, item in numbers})


def test_nothing_is_said_of_a_usual_run(tmp_path):
    assert changes_in_list(_SPEC, tmp_path) == changes_in_short(_SPEC, tmp_path) == ""
    assert not is_varied(_SPEC)


def test_many_changed_numbers_are_counted(tmp_path):
    drawn = _SPEC.replace(model=_slightly_other(12))
    assert changes_in_list(drawn, tmp_path) == "12 numbers of the model changed"
    short = changes_in_short(drawn, tmp_path)
    assert short.startswith("12 numbers of the model changed. ")
    assert short.endswith("And 9 more.")
    assert is_varied(drawn)


def test_the_one_changed_number_is_said_with_the_digits_that_matter(tmp_path):
    changed = _SPEC.replace(model=changed_model({"acuity_ceiling_letters": 87.49962220497964}))
    said = "Best acuity of an eye, mean: 87.5 ETDRS letters"
    assert changes_in_list(changed, tmp_path) == said
    assert changes_in_short(changed, tmp_path) == f"{said} instead of 84."


def test_a_number_is_told_from_one_that_is_almost_the_same(tmp_path):
    changed = _SPEC.replace(model=changed_model({"acuity_ceiling_letters": 84.0000123456}))
    assert "84.00001 ETDRS letters instead of 84." in changes_in_short(changed, tmp_path)


def test_a_limited_service_is_told_from_its_twin(tmp_path):
    limited = _SPEC.replace(capacity=Capacity(50, 18))
    assert changes_in_list(limited, tmp_path).startswith("18 slots a day")


def test_an_own_protocol_is_told_by_what_it_changes(tmp_path):
    parent = _SPEC.protocol
    own = replace(parent, name="mine", title="Mine", parent=parent.name, drug="faricimab-6mg")
    assert changes_in_list(_SPEC.replace(protocol=own), tmp_path).startswith("Drug: Faricimab")
