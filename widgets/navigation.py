"""Links between the pages of the server."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import parse_qs

from widgets.html import text
from widgets.page import is_page

PAGES: Final = {"dashboard": "Explore", "validation": "Validation"}
"""Notebooks that are pages, and what the links to them say."""


def links(here: str) -> str:
    """Links to all pages, from the one called `here`; nothing in a notebook."""
    if not is_page():
        return ""
    shown = "".join(_link(name, title, is_here=name == here) for name, title in PAGES.items())
    return f'<nav class="ape-pages" aria-label="Pages">{shown}</nav>'


def _link(name: str, title: str, *, is_here: bool) -> str:
    """One link, relative: the server may stand behind a proxy that adds to its address."""
    beside = not os.environ.get("SCRIPT_NAME", "/").endswith("/")
    target = f"{name}.ipynb" if beside else f"voila/render/{name}.ipynb"
    target += _theme()
    current = ' aria-current="page"' if is_here else ""
    return f'<a href="{text(target)}"{current}>{text(title)}</a>'


def _theme() -> str:
    """Query that keeps the theme that the visitor asked for, if any."""
    asked = parse_qs(os.environ.get("QUERY_STRING", "")).get("theme", [""])[0]
    return f"?theme={asked}" if asked in ("dark", "light") else ""
