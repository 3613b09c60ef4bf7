"""`python -m widgets.server`: what `ape dashboard` starts, on its own."""

from __future__ import annotations

import argparse
import sys

from ape_core.errors import ApeError
from widgets.server.launch import serve


def main() -> int:
    """Serve the dashboard; return the exit status."""
    parser = argparse.ArgumentParser(description="Serve the dashboard of APE.")
    parser.add_argument("--port", type=int, default=None, help="default 8866, or the next free")
    parser.add_argument("--store", default=None, help="folder of runs")
    parser.add_argument("--ip", default="localhost", help="address to listen on")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    chosen = parser.parse_args()
    try:
        serve(chosen.port, store=chosen.store, open_browser=not chosen.no_browser, ip=chosen.ip)
    except ApeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
