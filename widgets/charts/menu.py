"""The program that makes the menus of cards in the browser."""

from __future__ import annotations

from pathlib import Path


def menu_script() -> str:
    """Give what makes the menus of cards, for the template of a page or for a notebook."""
    return (Path(__file__).parent / "cards.js").read_text(encoding="utf-8")
