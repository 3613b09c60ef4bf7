"""Labels at the right ends of lines and areas, moved apart where they would overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.html import text
from widgets.theme import colour

_TOP = 12
_BOTTOM = 38
"""Margins of the figure above and below its plot, in pixels."""

_GAP = 0.105
"""Least distance of two labels, as a share of the plot: one line of text."""


@dataclass(frozen=True)
class EndLabel:
    """A value and its name at a height of the plot, 0 at the bottom and 1 at the top."""

    height: float
    value: str
    name: str
    colour: str = ""
    help: str = ""


def end_labels(labels: Sequence[EndLabel]) -> str:
    """Markup of the labels, each at its height or as near as the others allow."""
    order = sorted(range(len(labels)), key=lambda i: labels[i].height)
    heights = _apart([labels[i].height for i in order])
    spans = [_span(labels[i], height) for i, height in zip(order, heights, strict=True)]
    return f'<div class="ape-ends">{"".join(reversed(spans))}</div>'


def _span(label: EndLabel, height: float) -> str:
    """One label; its place is a share of the plot between the figure's margins."""
    down = 1 - height
    top = f"calc({_TOP}px + (100% - {_TOP + _BOTTOM}px) * {down:.4f})"
    swatch = f'<i style="background:{colour(label.colour)}"></i>' if label.colour else ""
    told = f' title="{text(label.help)}"' if label.help else ""
    words = f"<b>{text(label.value)}</b> {text(label.name)}"
    return f'<span style="top:{top}"{told}>{swatch}{words}</span>'


def _apart(heights: Sequence[float]) -> list[float]:
    """Rising heights, pushed up and then down until none is closer than a line of text."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + _GAP) if placed else max(height, 0.0))
    ceiling = 1.0
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - _GAP
    return placed
