"""Whether the kernel serves a page of Voilà, in which nobody can run code, or a notebook."""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qs


def is_page() -> bool:
    """True in the kernel of a Voilà page."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def run_in_address() -> str:
    """Run that the address of the page names with `?run=`; empty in a notebook or without one."""
    asked = parse_qs(os.environ.get("QUERY_STRING", "")).get("run", [""])[0]
    return asked if re.fullmatch(r"[0-9a-f]{4,64}", asked) else ""
