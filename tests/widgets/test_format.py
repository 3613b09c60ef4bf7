from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ape_core.errors import InvalidSpecError
from widgets import format as words


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
    assert words.parse_count(text, "Patients", 100, 10_000_000) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "many", "-5", "1.5", "1,5", "1_5", "20,00", "20,000 000", "20.000", "20k5"),
        *("nan", "0x10", "9" * 5_000, "²", "\N{FULLWIDTH DIGIT FIVE}"),
    ],
)
def test_other_text_is_refused_with_what_is_allowed(text):
    with pytest.raises(InvalidSpecError, match=r"Patients: .* is not a whole number from 1 to 9\."):
        words.parse_count(text, "Patients", 1, 9)


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
        words.parse_count(text, "Patients", 100, 10_000_000)


def test_large_numbers_are_exact():
    most = 2**63 - 1
    assert words.parse_count(str(most), "Seed", 0, most) == most
    with pytest.raises(InvalidSpecError, match="allowed are 0 to 9,223,372,036,854,775,807"):
        words.parse_count(str(most + 1), "Seed", 0, most)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (words.count(1_234_567), "1,234,567"),
        (words.short_count(950), "950"),
        (words.short_count(9_500), "9,500"),
        (words.short_count(123_456), "123k"),
        (words.short_count(1_234_567), "1.23M"),
        (words.plural(1, "year"), "1 year"),
        (words.plural(5, "year"), "5 years"),
        (words.signed(8.04), "+8.0"),
        (words.signed(-2.46), "\N{MINUS SIGN}2.5"),
        (words.one_decimal(-0.46), "\N{MINUS SIGN}0.5"),
        (words.percent(12.345), "12.3%"),
        (words.megabytes(0.2), "1\N{NARROW NO-BREAK SPACE}MB"),
        (words.megabytes(2048), "2.0\N{NARROW NO-BREAK SPACE}GB"),
        (words.duration(0.1), "1\N{NARROW NO-BREAK SPACE}s"),
        (words.duration(200), "3\N{NARROW NO-BREAK SPACE}min"),
        (words.duration(8_000), "2\N{NARROW NO-BREAK SPACE}h 13\N{NARROW NO-BREAK SPACE}min"),
    ],
)
def test_numbers_are_shown_to_the_precision_that_matters(shown, expected):
    assert shown == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(3, "just now"), (130, "2\N{NARROW NO-BREAK SPACE}min ago"), (90_000, "1 day ago")],
)
def test_age_is_told_in_the_largest_unit(seconds, expected):
    now = datetime(2026, 11, 1, tzinfo=UTC)
    assert words.age(now - timedelta(seconds=seconds), now) == expected
