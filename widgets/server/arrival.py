"""A visitor comes: which page it gets is settled before there is a kernel.

The kernel has to know whether to make the light page, but only the browser knows the size of its
window, and the browser is asked nothing before Voilà has started a kernel. So a browser that comes
for the first time gets a page of a few lines, which looks, notes the answer in a cookie and comes
again. What the address says with `?light=` comes first, whatever the cookie holds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

from tornado.web import Finish

from widgets.server.gate import admit

COOKIE: Final = "ape-light"
_KEPT_SECONDS: Final = 24 * 60 * 60
_CHOICES: Final = ("0", "1")


class Visit(Protocol):
    """The part of a request that is looked at here."""

    base_url: str
    request: Any

    def get_query_argument(self, name: str, default: str) -> str:
        """Value of a name in the address."""

    def get_cookie(self, name: str, default: str) -> str:
        """Value of a cookie."""

    def redirect(self, url: str) -> None:
        """Send the browser elsewhere."""


def arrive(visit: Visit, **about: Any) -> None:
    """Settle which page a visitor gets, then look whether there is room for it.

    Raises
    ------
    Finish
        The visitor was answered without a kernel: it will come again.
    HTTPError
        503, when there is no memory for another page.
    """
    if visit.get_query_argument("light", "") not in _CHOICES:
        noted = visit.get_cookie(COOKIE, "")
        if noted == "1":
            visit.redirect(_with_light(visit.request.query))
            raise Finish
        if noted != "0" and _is_browser(visit):
            raise Finish(_look(visit.base_url))
    admit(visit, **about)


def _is_browser(visit: Visit) -> bool:
    """Whether the visitor would carry out a script. All browsers call themselves Mozilla."""
    return str(visit.request.headers.get("User-Agent", "")).startswith("Mozilla/")


def _with_light(query: str) -> str:
    """Query of the same address, asking for the light page."""
    kept = [(name, value) for name, value in parse_qsl(query) if name != "light"]
    return f"?{urlencode([*kept, ('light', '1')])}"


def _look(base_url: str) -> str:
    """Page that looks at the browser and comes again."""
    path = json.dumps(base_url).replace("<", "\\u003c")
    page = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    return page.replace('"BASE_URL"', path).replace("KEPT_SECONDS", str(_KEPT_SECONDS))
