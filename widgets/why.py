"""A page that shows what its visitor did not ask for says why."""

from __future__ import annotations

from widgets.html import text


def why_markup(why: str) -> str:
    """Sentence below the title of a page; nothing when the visitor asked."""
    return f'<p class="ape-why">{text(why)}</p>' if why else ""
