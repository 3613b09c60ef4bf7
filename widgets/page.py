"""Whether the kernel serves a page of Voilà, in which nobody can run code, or a notebook."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

_RUN: Final = re.compile(r"[0-9a-f]{4,64}")
"""The beginning of a run's name, or all of it."""


def is_page(environment: Mapping[str, str] = os.environ) -> bool:
    """True in the kernel of a Voilà page, or of an environment that Voilà gives to one."""
    return environment.get("SERVER_SOFTWARE", "").startswith("voila/")


def asked_in_address(name: str) -> str:
    """What the address of the page says of a name; empty in a notebook or when it says nothing."""
    return parse_qs(os.environ.get("QUERY_STRING", "")).get(name, [""])[0]


def light_in_address() -> bool:
    """Whether the address of the page asks for the light one, with `?light=1`."""
    return asked_in_address("light") == "1"


def run_in_address() -> str:
    """Run that the address of the page names with `?run=`; empty in a notebook or without one."""
    asked = asked_in_address("run")
    return asked if _RUN.fullmatch(asked) else ""


def runs_in_address() -> tuple[str, ...]:
    """Runs that the address of the page names with `?runs=a,b,c`."""
    return tuple(word for word in asked_in_address("runs").split(",") if _RUN.fullmatch(word))


def run_by_hand() -> bool:
    """Whether the cell was sent by a notebook's front end, which says which cell it is."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return False
    return bool(shell.get_parent().get("metadata", {}).get("cellId"))
