"""Whole numbers as people write them."""

from __future__ import annotations

import argparse

import pytest

from ape_core.cli import whole_number
from ape_core.errors import InvalidSpecError
from ape_core.spec.counts import parse_count


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3000", 3_000),
        ("20 000", 20_000),
        ("20\N{NARROW NO-BREAK SPACE}000", 20_000),
        ("20,000", 20_000),
        ("20_000", 20_000),
        ("20k", 20_000),
        (" 1.5 M ", 1_500_000),
        ("1m", 1_000_000),
        ("1,234,567", 1_234_567),
        ("2e4", 20_000),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert parse_count(text, "Patients", 100, 10_000_000) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "many", "-5", "1.5", "1,5", "1_5", "20,00", "20,000 000", "20.000", "20k5"),
        *("nan", "0x10", "9" * 5_000, "²", "\N{FULLWIDTH DIGIT FIVE}"),
    ],
)
def test_other_text_is_refused_with_what_is_allowed(text):
    with pytest.raises(InvalidSpecError, match=r"Patients: .* is not a whole number from 1 to 9\."):
        parse_count(text, "Patients", 1, 9)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("20M", "Patients: 20M is too large; allowed are 100 to 10,000,000"),
        ("1e12", "Patients: 1e12 is too large"),
        ("99999999999999999999", "Patients: 99999999999999999999 is too large"),
        ("99", "Patients: 99 is too small"),
    ],
)
def test_a_number_out_of_range_is_told_as_it_was_typed(text, told):
    with pytest.raises(InvalidSpecError, match=told):
        parse_count(text, "Patients", 100, 10_000_000)


def test_large_numbers_are_exact():
    most = 2**63 - 1
    assert parse_count(str(most), "Seed", 0, most) == most
    with pytest.raises(InvalidSpecError, match="allowed are 0 to 9,223,372,036,854,775,807"):
        parse_count(str(most + 1), "Seed", 0, most)


@pytest.mark.parametrize(
    ("text", "number"), [("1e6", 1_000_000), ("20k", 20_000), ("1m", 1_000_000), ("20_000", 20_000)]
)
def test_a_shell_reads_numbers_as_a_page_does(text, number):
    assert whole_number(text) == parse_count(text, "Patients", 1, 10_000_000) == number


def test_a_shell_leaves_what_is_below_zero_to_the_question_and_refuses_parts():
    assert whole_number("-5") == -5
    for text in ("20.5", "many", "1.5", "--5", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number"):
            whole_number(text)
