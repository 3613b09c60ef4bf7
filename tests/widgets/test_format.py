from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from widgets import format as words


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
        (words.signed(-0.04), "0.0"),
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
