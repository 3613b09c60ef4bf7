"""The one visual language: colours for light and dark, type, and what a colour means.

The colours of a chart are CSS variables, so that a page changes between light and dark without
the kernel; reports, which are images, take the hexadecimal values of the light theme. Pairs that
a reader must tell apart (gained and lost, treated and left) differ in lightness as well as in hue,
so that they stay apart for colour-blind readers and in grey print.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

FONT: Final = "Inter, 'Segoe UI', system-ui, -apple-system, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Colour:
    """One colour with a meaning, as hexadecimal for the light and the dark theme."""

    light: str
    dark: str


COLOURS: Final = {
    # Surfaces and text.
    "page": Colour("#f4f6f8", "#0e1318"),
    "card": Colour("#ffffff", "#161d24"),
    "inset": Colour("#eef2f5", "#1e2730"),
    "line": Colour("#dde3e9", "#2a343f"),
    "field": Colour("#7f8d9b", "#67778a"),
    "grid": Colour("#e8ecf0", "#25303a"),
    "ink": Colour("#15202b", "#e9eef3"),
    "ink-soft": Colour("#465463", "#b0bcc8"),
    "ink-faint": Colour("#5f6d7a", "#93a1af"),
    "accent": Colour("#1c5b9c", "#7db4ee"),
    "accent-strong": Colour("#154a81", "#a5cbf5"),
    "on-accent": Colour("#ffffff", "#0b1620"),
    "accent-wash": Colour("#e7f0f9", "#1a2c3f"),
    "alert": Colour("#8f2412", "#ffb59f"),
    "alert-wash": Colour("#fdeee9", "#3b1d15"),
    "warn": Colour("#6b4a06", "#f2cf85"),
    "warn-wash": Colour("#fdf4dc", "#352a10"),
    "good": Colour("#13684f", "#68d1ae"),
    "good-wash": Colour("#e5f4ee", "#143027"),
    # What charts show.
    "acuity": Colour("#2b6cb0", "#74ade8"),
    "gained": Colour("#0b7d62", "#45c9a5"),
    "lost-letters": Colour("#c4501b", "#f18b58"),
    "gained-some": Colour("#8ccbb8", "#2c7a66"),
    "lost-some": Colour("#ecb08f", "#8f5434"),
    "unchanged": Colour("#b3c0cc", "#4c5c6c"),
    "no-fluid": Colour("#1a7f94", "#58bcd2"),
    "injections": Colour("#4f5fa8", "#95a4ec"),
    "visits": Colour("#15202b", "#e9eef3"),
    "no-visit": Colour("#e6e9ed", "#2b3540"),
    "interval-1": Colour("#c9d0ea", "#3a4570"),
    "interval-2": Colour("#98a5d6", "#5a69a8"),
    "interval-3": Colour("#6372b8", "#8797dc"),
    "interval-4": Colour("#333f86", "#c3cdff"),
    # How a scan was read, and when nobody came to be scanned.
    "fluid": Colour("#c4501b", "#f18b58"),
    "dry": Colour("#3f86b5", "#74ade8"),
    "pause": Colour("#e6d3a3", "#4a3d1c"),
    # What money is spent on: kinds beside each other differ in lightness.
    "cost-drug": Colour("#333f86", "#c3cdff"),
    "cost-procedure": Colour("#8f9bd2", "#7382c4"),
    "cost-visits": Colour("#0b7d62", "#45c9a5"),
    "cost-scans": Colour("#a5d6c6", "#2a7563"),
    "cost-sight": Colour("#c4501b", "#f18b58"),
    # Protocols that are compared, in their order. Told apart by colour-blind readers, and by
    # their letters and dashes as well.
    "protocol-1": Colour("#2a4fa3", "#a4b8f9"),
    "protocol-2": Colour("#d2761a", "#e2561f"),
    "protocol-3": Colour("#1f9e93", "#1fcf84"),
    "protocol-4": Colour("#d92b6a", "#c64a8c"),
    "protocol-5": Colour("#574512", "#ffc53d"),
    "protocol-6": Colour("#151b23", "#f4f6f8"),
    # What an uncertain number does at its low and at its high value; the two parts of a variance.
    "low-end": Colour("#2b6cb0", "#74ade8"),
    "high-end": Colour("#e2a356", "#b9772c"),
    # Kinds of work in a clinic, in the order of its staffing; beside each other they differ in
    # lightness.
    "role-1": Colour("#2b6cb0", "#74ade8"),
    "role-2": Colour("#9ec9e2", "#33566f"),
    "role-3": Colour("#0b7d62", "#45c9a5"),
    "role-4": Colour("#e2a356", "#8a5a1c"),
    "role-5": Colour("#6b4c82", "#c4a3dd"),
    "role-6": Colour("#c9cfd6", "#4c5c6c"),
    "role-7": Colour("#8f2412", "#ffb59f"),
    "role-8": Colour("#d8c66a", "#6e6218"),
    "visit-bars": Colour("#8a99a9", "#8496a8"),
    "on-duty": Colour("#15202b", "#e9eef3"),
    # Where an eye is, in care or out of it; the names are those of the statuses.
    "on-treatment": Colour("#2f8a68", "#3f9f7b"),
    "monitored": Colour("#66b28f", "#67bd98"),
    "discharged-stable": Colour("#b4dcc5", "#a5e0c4"),
    "discharged-futile": Colour("#d98a3d", "#e0a060"),
    "lost": Colour("#b5443c", "#cf6158"),
    "transferred": Colour("#b9c2cc", "#8b98a6"),
    "died": Colour("#5c6875", "#55616e"),
}


def colour(name: str) -> str:
    """CSS reference to a colour of the theme."""
    return f"var(--ape-{name})"


def hexadecimal(name: str, *, dark: bool = False) -> str:
    """Value of a colour, for images."""
    chosen = COLOURS[name]
    return chosen.dark if dark else chosen.light


def stylesheet() -> str:
    """Everything a page needs, as one style sheet: the colours, then the rules."""
    here = Path(__file__).parent
    sheets = (here / "theme.css", here / "charts" / "cards.css")
    rules = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    return f"{_variables()}\n{rules}"


def _variables() -> str:
    """Declare each colour for the light theme and again for the dark one."""
    light = "".join(f"--ape-{name}:{pair.light};" for name, pair in COLOURS.items())
    dark = "".join(f"--ape-{name}:{pair.dark};" for name, pair in COLOURS.items())
    return (
        f":root{{{light}--ape-font:{FONT};color-scheme:light}}\n"
        f'[data-jp-theme-light="false"],[data-ape-theme="dark"]{{{dark}color-scheme:dark}}'
    )
