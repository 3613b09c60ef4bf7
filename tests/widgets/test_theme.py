from __future__ import annotations

import re
from itertools import pairwise

import pytest

from widgets.theme import COLOURS, hexadecimal, stylesheet


def luminance(colour):
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("ink", "page"),
        ("ink-soft", "page"),
        ("ink-faint", "page"),
        ("ink-faint", "card"),
        ("ink-faint", "inset"),
        ("accent", "card"),
        ("on-accent", "accent"),
        ("on-accent", "injections"),
        ("alert", "alert-wash"),
        ("warn", "warn-wash"),
        ("good", "good-wash"),
        ("gained", "card"),
        ("lost-letters", "card"),
    ],
)
def test_text_can_be_read_on_its_surface(text, surface, dark):
    assert contrast(hexadecimal(text, dark=dark), hexadecimal(surface, dark=dark)) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_longer_intervals_are_told_apart_without_colour(dark):
    steps = [hexadecimal(f"interval-{i}", dark=dark) for i in (1, 2, 3, 4)]
    assert all(contrast(one, other) >= 1.4 for one, other in pairwise(steps))


def test_every_colour_that_is_used_is_declared():
    used = set(re.findall(r"var\(--ape-([a-z0-9-]+)\)", stylesheet()))
    assert used - set(COLOURS) <= {"font", "frame-height", "plot-height"}


def test_the_style_sheet_asks_nothing_of_the_network():
    assert not re.search(r"url\(|@import|https?:", stylesheet())
