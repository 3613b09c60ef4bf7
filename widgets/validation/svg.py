"""Small drawings as SVG: light for a page, and the same in a notebook without a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from widgets.html import text

LEFT, RIGHT, TOP, BOTTOM = 30, 8, 8, 20
"""Margins around the plot, in units of the drawing."""


@dataclass(frozen=True)
class Plot:
    """A plot area: from values to places in the drawing."""

    width: int
    height: int
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        """Place of a value on the horizontal axis."""
        low, high = self.x
        return LEFT + (self.width - LEFT - RIGHT) * (value - low) / (high - low)

    def up(self, value: float) -> float:
        """Place of a value on the vertical axis."""
        low, high = self.y
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * (value - low) / (high - low)

    def drawing(self, parts: Iterable[str], label: str) -> str:
        """The whole drawing, described for those who cannot see it."""
        return (
            f'<svg class="ape-drawing" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{text(label)}">{"".join(parts)}</svg>'
        )

    def heights(self, ticks: Sequence[float], suffix: str = "") -> str:
        """Grid lines with their numbers."""
        return "".join(
            f'<line class="is-grid" x1="{LEFT}" x2="{self.width - RIGHT}" '
            f'y1="{self.up(tick):.1f}" y2="{self.up(tick):.1f}"/>'
            f'<text x="{LEFT - 5}" y="{self.up(tick) + 4:.1f}" text-anchor="end">'
            f"{_number(tick)}{suffix}</text>"
            for tick in ticks
        )

    def places(self, ticks: Iterable[tuple[float, str]]) -> str:
        """Labels below the horizontal axis."""
        return "".join(
            f'<text x="{self.across(at):.1f}" y="{self.height - 5}" text-anchor="middle">'
            f"{text(label)}</text>"
            for at, label in ticks
        )

    def line(self, x: Sequence[float], y: Sequence[float], kind: str) -> str:
        """A line through points."""
        points = " ".join(
            f"{self.across(a):.1f},{self.up(b):.1f}" for a, b in zip(x, y, strict=True)
        )
        return f'<polyline class="{kind}" points="{points}"/>'

    def level(self, y: float, kind: str) -> str:
        """A horizontal line across the plot."""
        return self.line(self.x, (y, y), kind)

    def bar(self, left: float, right: float, height: float, kind: str) -> str:
        """A bar from the horizontal axis up."""
        start, end = self.across(left), self.across(right)
        base, top = self.up(self.y[0]), self.up(height)
        return (
            f'<rect class="{kind}" x="{start + 0.6:.1f}" y="{top:.1f}" '
            f'width="{max(0.5, end - start - 1.2):.1f}" height="{max(0.0, base - top):.1f}"/>'
        )

    def point(self, x: float, y: float, half: float, kind: str) -> str:
        """A mark with its interval, if it has one."""
        at = self.across(x)
        whisker = (
            f'<line class="{kind}" x1="{at:.1f}" x2="{at:.1f}" '
            f'y1="{self.up(y - half):.1f}" y2="{self.up(y + half):.1f}"/>'
        )
        mark = f'<circle class="{kind}" cx="{at:.1f}" cy="{self.up(y):.1f}" r="3.2"/>'
        return (whisker if half else "") + mark


def _number(value: float) -> str:
    """Number of a tick, with a true minus sign."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
