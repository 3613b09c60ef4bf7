from __future__ import annotations

import re
from itertools import combinations, pairwise

import numpy as np
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
    assert used - set(COLOURS) <= {"font", "frame-height", "plot-height", "shade"}


def test_the_style_sheet_asks_nothing_of_the_network():
    assert not re.search(r"url\(|@import|https?:", stylesheet())


# What is seen without one kind of cones: Machado, Oliveira and Fernandes 2009, severity 1.
WITHOUT = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "red": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "green": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "blue": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def seen(colour, without):
    """A colour as CIELAB, as it is seen without one kind of cones."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(WITHOUT[without]) @ linear, 0, 1) / (0.9505, 1, 1.089)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("without", WITHOUT)
def test_compared_protocols_are_told_apart_by_everybody(without, dark):
    colours = [hexadecimal(f"protocol-{place}", dark=dark) for place in range(1, 7)]
    surface = hexadecimal("card", dark=dark)
    assert all(contrast(colour, surface) >= 3 for colour in colours)
    found = [seen(colour, without) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in combinations(found, 2)) > 20
