"""Small drawings as SVG, whose size does not depend on the number of patients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from widgets.html import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ape_core.analysis.economics import CostEffectiveness
    from ape_core.summaries.economics import HealthEconomics

_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 12, 40
_FEW_DOTS: Final = 250
"""So many or fewer are drawn larger."""
_STEPS: Final = (1, 2, 2.5, 5, 10)


class Pictured(Protocol):
    """What the drawings are of: the state of a page, or a report without one."""

    @property
    def compared(self) -> CostEffectiveness | None:
        """The comparison; None while there is none."""

    @property
    def priced(self) -> Mapping[str, HealthEconomics]:
        """By the name of each protocol what it costs and gains."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the protocols."""

    @property
    def reference(self) -> int:
        """Place of the one that the others are compared with."""

    @property
    def threshold(self) -> float:
        """Pounds that a QALY is worth."""


@dataclass(frozen=True)
class Drawing:
    """A plot area: from values to places."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: int = 480
    height: int = 300

    def across(self, value: float) -> float:
        """Place of a value on the horizontal axis."""
        low, high = self.x
        return _LEFT + (self.width - _LEFT - _RIGHT) * (value - low) / (high - low)

    def up(self, value: float) -> float:
        """Place of a value on the vertical axis."""
        low, high = self.y
        return self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * (value - low) / (high - low)

    def svg(self, parts: Iterable[str], label: str) -> str:
        """The whole drawing, described for those who cannot see it."""
        return (
            f'<svg class="ape-economics-drawing" viewBox="0 0 {self.width} {self.height}" '
            f'role="img" aria-label="{text(label)}">{"".join(parts)}</svg>'
        )

    def heights(self, ticks: Sequence[float], shown: Callable[[float], str]) -> str:
        """Grid lines with their values."""
        return "".join(
            f'<line class="{"is-zero" if tick == 0 else "is-grid"}" x1="{_LEFT}" '
            f'x2="{self.width - _RIGHT}" y1="{self.up(tick):.1f}" y2="{self.up(tick):.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{self.up(tick) + 4:.1f}" text-anchor="end">'
            f"{text(shown(tick))}</text>"
            for tick in ticks
        )

    def places(self, ticks: Sequence[float], shown: Callable[[float], str], label: str) -> str:
        """Values below the horizontal axis, and what they are."""
        middle = (_LEFT + self.width - _RIGHT) / 2
        marks = "".join(
            f'<text x="{self.across(tick):.1f}" y="{self.height - 23}" text-anchor="middle">'
            f"{text(shown(tick))}</text>"
            for tick in ticks
        )
        return (
            f'{marks}<text class="is-label" x="{middle:.0f}" y="{self.height - 5}" '
            f'text-anchor="middle">{text(label)}</text>'
        )

    def line(self, x: Sequence[float], y: Sequence[float], colour: str, dash: str = "") -> str:
        """A line through points."""
        points = " ".join(
            f"{self.across(a):.1f},{self.up(b):.1f}" for a, b in zip(x, y, strict=True)
        )
        style = f' stroke-dasharray="{dash}"' if dash else ""
        return f'<polyline points="{points}" style="stroke:{colour}"{style}/>'

    def dots(self, x: Sequence[float], y: Sequence[float], colour: str) -> str:
        """Many small points, as one path."""
        if not len(x):
            return ""
        path = "".join(
            f"M{self.across(a):.1f} {self.up(b):.1f}h0" for a, b in zip(x, y, strict=True)
        )
        kind = "is-dots is-few" if len(x) <= _FEW_DOTS else "is-dots"
        return f'<path class="{kind}" d="{path}" style="stroke:{colour}"/>'

    def mark(self, x: float, y: float, colour: str, letter: str) -> str:
        """A large point with a letter."""
        at, up = self.across(x), self.up(y)
        return (
            f'<circle cx="{at:.1f}" cy="{up:.1f}" r="9" style="fill:{colour}"/>'
            f'<text class="is-letter" x="{at:.1f}" y="{up + 4:.1f}" text-anchor="middle">{letter}'
            "</text>"
        )

    def bar(self, left: float, right: float, ends: tuple[float, float], colour: str) -> str:
        """A part of a bar, between two heights."""
        base, top = self.up(ends[0]), self.up(ends[1])
        start, end = self.across(left), self.across(right)
        return (
            f'<rect x="{start:.1f}" y="{top:.1f}" width="{max(end - start, 0.4):.1f}" '
            f'height="{max(base - top, 0):.1f}" style="fill:{colour}"/>'
        )


def ticks_between(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values that span what is between, ends included."""
    if high <= low:
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / wanted
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in _STEPS if factor * size >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * i, 12) for i in range(first, last + 1)]


def short_pounds(amount: float) -> str:
    """Money on an axis: £500, £20k, £1.5M."""
    size, sign = abs(amount), "\N{MINUS SIGN}" if amount < 0 else ""
    if size >= 1_000_000:
        return f"{sign}£{size / 1_000_000:g}M"
    return f"{sign}£{size / 1_000:g}k" if size >= 1_000 else f"{sign}£{size:g}"


def plain(amount: float) -> str:
    """Number on an axis, with a true minus sign."""
    return f"{amount:g}".replace("-", "\N{MINUS SIGN}")
