"""What is other than usual, as a short list: each with its value before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.html import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ape_core.spec.differences import Difference


def changes_list(title: str, found: Sequence[Difference]) -> str:
    """A heading, and a line for each difference; nothing where there is none."""
    if not found:
        return ""
    lines = "".join(
        f"<div><dt>{text(item.words)}</dt><dd><s>{text(item.before)}</s> "
        f"<span aria-hidden='true'>\N{RIGHTWARDS ARROW}</span> <b>{text(item.after)}</b></dd></div>"
        for item in found
    )
    return f'<div class="ape-changes"><h3>{text(title)}</h3><dl>{lines}</dl></div>'


def changed_line(said: str) -> str:
    """What is other than usual in a run, below its title; nothing where nothing is."""
    return f'<p class="ape-changed">{text(said)}</p>' if said else ""
