"""Links between the pages of the server."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlencode

from widgets.html import text
from widgets.page import asked_in_address, is_page

PAGES: Final = {
    "dashboard": "Explore",
    "compare": "Compare",
    "patients": "Patients",
    "service": "Service",
    "economics": "Economics",
    "sensitivity": "Sensitivity",
    "validation": "Validation",
}
"""Notebooks that are pages, and what the links to them say."""

_KEPT: Final = {"theme": ("dark", "light"), "light": ("0", "1")}
"""Names in the address that links keep, and the values that they can have."""


def links(here: str) -> str:
    """Links to all pages, from the one called `here`; nothing in a notebook."""
    if not is_page():
        return ""
    shown = "".join(_link(name, title, is_here=name == here) for name, title in PAGES.items())
    return f'<nav class="ape-pages" aria-label="Pages">{shown}</nav>'


def link(name: str, words: str) -> str:
    """A link to a page, within the answer; nothing in a notebook."""
    return f'<p class="ape-way">{_link(name, words, is_here=False)}</p>' if is_page() else ""


def mode(*, light: bool) -> str:
    """Which page this is, the light or the full one, and the way to the other."""
    if not is_page():
        return ""
    if light:
        words, other, way = "Light page: fewer charts, less data.", "0", "Show the full page"
    else:
        words, other, way = "On a phone or a slow line:", "1", "show the light page"
    switch = f'<a class="ape-switch" data-light="{other}" href="?light={other}">{way}</a>'
    return f'<p class="ape-mode">{words} {switch}</p>'


def _link(name: str, title: str, *, is_here: bool) -> str:
    """One link, relative: the server may stand behind a proxy that adds to its address."""
    beside = not os.environ.get("SCRIPT_NAME", "/").endswith("/")
    target = f"{name}.ipynb" if beside else f"voila/render/{name}.ipynb"
    target += _kept()
    current = ' aria-current="page"' if is_here else ""
    return f'<a href="{text(target)}"{current}>{text(title)}</a>'


def _kept() -> str:
    """Query that keeps what the visitor asked for of every page: the theme, the light page."""
    asked = {name: asked_in_address(name) for name in _KEPT}
    kept = {name: value for name, value in asked.items() if value in _KEPT[name]}
    return f"?{urlencode(kept)}" if kept else ""
