"""Start Voilà with the dashboard."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
from pathlib import Path
from typing import Final

from ape_core.errors import InvalidSettingError

DEFAULT_PORT: Final = 8866
JUPYTER_DATA: Final = Path(__file__).parent / "jupyter"
"""A Jupyter data directory that holds the template of the page."""

_NOTEBOOKS: Final = Path(__file__).parents[2] / "notebooks"


def serve(
    port: int | None = None,
    *,
    store: str | Path | None = None,
    open_browser: bool = True,
    ip: str = "localhost",
) -> None:
    """Serve the dashboard until interrupted.

    Parameters
    ----------
    port
        Port to listen on; by default 8866, or the next one that is free.
    store
        Folder of runs for all pages; by default what `APE_STORE` says, or the user's data folder.
    open_browser
        Open the page in a browser.
    ip
        Address to listen on. Anybody who can reach it can start runs.

    Raises
    ------
    InvalidSettingError
        The port is taken or may not be used, or the notebook is not installed.
    """
    notebook = dashboard_notebook()
    chosen = _checked_port(port, ip) if port is not None else _free_port(ip)
    if store is not None:
        os.environ["APE_STORE"] = str(Path(store).resolve())
    _announce_template()
    from traitlets.config import Config

    from widgets.server.pages import Pages
    from widgets.server.settings import configure

    config = Config()
    configure(config)
    config.Voila.port, config.Voila.port_retries = chosen, 0
    config.Voila.ip, config.Voila.open_browser = ip, open_browser
    # Configuration files of the user are for the user's own notebooks.
    config.Voila.config_file_paths = []
    # Tornado warns of a timeout longer than its own pings, which are not the ones in use here.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    sys.stderr.write(f"APE is at http://{ip}:{chosen}/ until you stop it with Ctrl-C.\n")
    Pages.launch_instance(argv=[str(notebook)], config=config)


def dashboard_notebook() -> Path:
    """Path of the notebook behind the page."""
    notebook = _NOTEBOOKS / "dashboard.ipynb"
    if not notebook.is_file():
        raise InvalidSettingError(
            f"The notebook of the dashboard is not at {notebook}.",
            "Install APE from its repository with `pip install -e .`.",
        )
    return notebook


def _announce_template() -> None:
    """Let Jupyter find the template of the page."""
    known = os.environ.get("JUPYTER_PATH")
    paths = [str(JUPYTER_DATA), *(known.split(os.pathsep) if known else [])]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(dict.fromkeys(paths))


def _checked_port(port: int, ip: str) -> int:
    """Port, after checking that it can be listened on."""
    if not 1 <= port <= 65_535:
        raise InvalidSettingError(
            f"The port is {port}, but ports are 1 to 65535.", f"Try --port {DEFAULT_PORT}."
        )
    problem = _why_not(port, ip)
    if problem:
        raise InvalidSettingError(
            f"The dashboard cannot listen on port {port}: {problem}.",
            "Choose another with --port, or leave it out.",
        )
    return port


def _free_port(ip: str) -> int:
    """The default port, or the first after it that is free."""
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 50):
        if not _why_not(port, ip):
            return port
    raise InvalidSettingError(
        f"None of the ports {DEFAULT_PORT} to {DEFAULT_PORT + 49} is free.",
        "Choose one with --port.",
    )


def _why_not(port: int, ip: str) -> str:
    """Why a port cannot be listened on; empty when it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return "it is in use" if taken else str(error.strerror or error).lower()
    return ""
