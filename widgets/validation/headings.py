"""Headings of the cards, and links to them."""

from __future__ import annotations

from typing import Final

from widgets.html import text
from widgets.page import is_page

CARDS: Final = {
    "asked": ("What is asked of the model, and what holds", "What is asked, and what holds"),
    "misses": ("What the model gets wrong", "What the model gets wrong"),
    "targets": ("Every target, simulated less observed", "Every target"),
    "courses": ("Mean change in acuity, with what was observed on it", "Change in acuity by arm"),
    "routine": ("Routine care", "Routine care"),
    "parameters": ("Parameters and where they come from", "Parameters and sources"),
}
"""Heading of each card, and what a link to it says."""


def heading(card: str, more: str = "") -> str:
    """Heading of a card, to which links can lead."""
    return f"<h3 id='ape-{card}'>{text(CARDS[card][0] + more)}</h3>"


def contents() -> str:
    """Links to the cards of a page; nothing in a notebook, which has its own."""
    if not is_page():
        return ""
    links = "".join(f'<a href="#ape-{card}">{text(said)}</a>' for card, (_, said) in CARDS.items())
    return f'<nav class="ape-contents" aria-label="On this page">{links}</nav>'
