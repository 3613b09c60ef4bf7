"""How protocols are told apart everywhere: by letter, colour and dash, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ape_core.analysis.same_patients import MOST_RUNS
from widgets.html import text
from widgets.theme import colour

LETTERS: Final = "ABCDEF"
DASHES: Final = ("solid", "dashed", "dash_dotted", "solid", "dashed", "dash_dotted")
"""Lines of the charts, so that they are told apart without colour, too."""

assert len(LETTERS) == len(DASHES) == MOST_RUNS


def colour_name(place: int) -> str:
    """Name of the colour of a protocol."""
    return f"protocol-{place + 1}"


def chip(place: int) -> str:
    """Swatch and letter of a protocol; a placeholder of the same size for one that is not in."""
    if place < 0:
        return '<span class="ape-protocol-chip is-out" aria-hidden="true"><i></i></span>'
    swatch = f'<i style="background:{colour(colour_name(place))}"></i>'
    return f'<span class="ape-protocol-chip">{swatch}<b>{LETTERS[place]}</b></span>'


def names_below(titles: Sequence[str]) -> str:
    """Chips and titles below a chart, shown where those at the top of the page are out of sight."""
    rows = "".join(named(place, title) for place, title in enumerate(titles))
    return f'<div class="ape-foot ape-compare-names">{rows}</div>'


def named(place: int, title: str) -> str:
    """Chip and title of a protocol."""
    return f'<span class="ape-protocol">{chip(place)}<span>{text(title)}</span></span>'
