"""`ape dashboard`: the server of the dashboard takes the place of this process."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from typing import NoReturn

from ape_core.errors import InvalidInputError
from ape_core.storage.store import Store


def dashboard(asked: argparse.Namespace) -> NoReturn:
    """Start the server; does not return."""
    if find_spec("widgets") is None:
        raise InvalidInputError(
            "The dashboard is not installed beside ape_core.",
            "Install all of APE, as README.md says.",
        )
    store = Store()
    store.check_writable()
    command = [sys.executable, "-m", "widgets.server", "--store", str(store.path)]
    if asked.port is not None:
        command += ["--port", str(asked.port)]
    if asked.no_browser:
        command += ["--no-browser"]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606  no shell: signals then reach the server itself
