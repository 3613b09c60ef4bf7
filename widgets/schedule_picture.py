"""A small picture of a protocol: two eyes over two years, one that dries and one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.html import text
from widgets.theme import colour

if TYPE_CHECKING:
    from ape_core.spec.protocol import Protocol
    from ape_core.spec.sketch import EyeSchedule

_WEEKS = 104
_LAST_WEEK = _WEEKS - 1
"""A visit at the end of the second year is the first of the third."""

_LEFT, _RIGHT, _WIDTH = 6.0, 270.0, 276
_LANES = (("An eye that stays dry", 25), ("An eye that stays active", 66))


def schedule_picture(protocol: Protocol) -> str:
    """SVG of the injections (filled) and visits without one (hollow) in the first two years."""
    sketch = protocol.schedule_sketch(_LAST_WEEK)
    lanes = [
        _lane(name, y, eye)
        for (name, y), eye in zip(_LANES, (sketch.dry, sketch.active), strict=True)
    ]
    return (
        f'<svg class="ape-schedule" viewBox="0 0 {_WIDTH} 96" role="img" '
        f'aria-label="{text(_in_words(protocol))}">{_axis()}{"".join(lanes)}</svg>'
    )


def _in_words(protocol: Protocol) -> str:
    """What the picture shows, for readers who cannot see it."""
    sketch = protocol.schedule_sketch(_LAST_WEEK)
    return (
        "Schedule over two years: "
        f"{len(sketch.dry.injection_weeks)} injections for an eye that stays dry, "
        f"{len(sketch.active.injection_weeks)} for an eye that stays active."
    )


def _lane(name: str, y: int, eye: EyeSchedule) -> str:
    """One eye: its name, a line of time, and a mark for every visit."""
    label = f"{name}: {len(eye.injection_weeks)} injections"
    parts = [
        f'<text class="ape-lane" x="0" y="{y - 11}">{text(label)}</text>',
        f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}" stroke="{colour("line")}"/>',
    ]
    parts += [
        f'<circle cx="{_at(week):.1f}" cy="{y}" r="2.4" fill="{colour("card")}" '
        f'stroke="{colour("field")}" stroke-width="1.2"/>'
        for week in eye.visit_only_weeks
    ]
    parts += [
        f'<circle cx="{_at(week):.1f}" cy="{y}" r="3.4" fill="{colour("injections")}"/>'
        for week in eye.injection_weeks
    ]
    return "".join(parts)


def _axis() -> str:
    """Ticks at the start and after each year."""
    marks = ((0, "start", "start"), (52, "1 year", "middle"), (104, "2 years", "end"))
    return "".join(
        f'<line x1="{_at(week):.1f}" x2="{_at(week):.1f}" y1="18" y2="77" '
        f'stroke="{colour("grid")}"/>'
        f'<text x="{_at(week) + (6 if anchor == "end" else -6 if anchor == "start" else 0):.1f}" '
        f'y="90" text-anchor="{anchor}">{name}</text>'
        for week, name, anchor in marks
    )


def _at(week: int) -> float:
    """Horizontal place of a week."""
    return _LEFT + (_RIGHT - _LEFT) * week / _WEEKS
