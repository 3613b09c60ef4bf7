"""The protocols that ship: all there, all sourced, all plausible."""

from __future__ import annotations

import re

import pytest

from ape_core.errors import InvalidSpecError
from ape_core.schema import DRUGS
from ape_core.spec.protocol_yaml import (
    list_protocols,
    load_protocol,
    parse_protocol_yaml,
    protocol_to_yaml,
    shipped_yaml,
)

NAMES = [info.name for info in list_protocols()]


def test_the_protocols_that_must_ship_do():
    assert set(NAMES) >= {
        "aflibercept-2mg-8-weekly-then-treat-and-extend",
        "aflibercept-2mg-fixed-8-weekly",
        "aflibercept-2mg-treat-and-extend",
        "aflibercept-2mg-treat-and-extend-4-week-steps",
        "aflibercept-2mg-view",
        "aflibercept-8mg-label",
        "faricimab-6mg",
        "no-treatment",
        "ranibizumab-0.5mg-monthly",
        "ranibizumab-0.5mg-prn",
        "ranibizumab-0.5mg-treat-and-extend",
    }
    assert sorted(NAMES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_is_named_after_its_file_and_sourced_and_described(name):
    protocol = load_protocol(name)
    assert protocol.name == name
    assert protocol.drug in DRUGS
    assert protocol.sources
    assert 80 < len(protocol.description) < 900
    for source in protocol.sources:
        assert re.search(r"\d{4}|characteristics", source), source
        for doi in re.findall(r"doi:(\S+)", source):
            assert re.fullmatch(
                r"10\.\d{4,5}/[^\s,;]+[^.,;)]|10\.1016/S0140-6736\(2\d\)[\d-]+", doi
            )


@pytest.mark.parametrize("name", NAMES)
def test_its_file_and_its_rewriting_read_the_same(name):
    assert parse_protocol_yaml(shipped_yaml(name), name) == load_protocol(name)
    assert parse_protocol_yaml(protocol_to_yaml(load_protocol(name)), name) == load_protocol(name)


def test_only_routine_protocols_stop_by_rule():
    stopping = {name for name in NAMES if load_protocol(name).stopping}
    assert stopping == {
        "aflibercept-2mg-8-weekly-then-treat-and-extend",
        "aflibercept-2mg-treat-and-extend",
        "aflibercept-2mg-treat-and-extend-4-week-steps",
    }


def test_the_text_of_a_users_file_is_not_shipped():
    with pytest.raises(InvalidSpecError, match="'mine.yaml' is not the name of a shipped protocol"):
        shipped_yaml("mine.yaml")
