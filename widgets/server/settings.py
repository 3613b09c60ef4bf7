"""Settings of Voilà, on its own or within a Jupyter server, and the reason for each."""

from __future__ import annotations

from tempfile import gettempdir
from typing import Any

from widgets.server.gate import admit
from widgets.theme import stylesheet

SECONDS_UNTIL_GONE = 60.0
"""How long the kernel of a page is kept after the page has gone: a reload or a lost network
may come back to it."""

_PING_MS = 10_000
_PINGS_MISSED = 3
"""Pings without an answer until a page counts as gone. Jupyter compares at each ping with the
answer to the one before, so that one interval alone would close every page at the first."""

_LONGEST_FOLDER = 40
"""Unix sockets have short names; a temporary folder of a longer name leaves too little for them."""


def configure(config: Any) -> None:
    """Set everything for a server that shows the dashboard and nothing else."""
    configure_pages(config)
    config.VoilaConfiguration.multi_kernel_manager_class = "widgets.server.culler.LeaveCuller"
    manager = config.MappingKernelManager
    manager.cull_interval = 15
    # A page that never connected has no moment of leaving: it counts as gone when it is idle.
    manager.cull_idle_timeout = 90
    # Otherwise the server keeps, without bound, what a kernel says while its page is away.
    manager.buffer_offline_messages = False
    if len(gettempdir()) < _LONGEST_FOLDER:
        # Nobody else on the host can talk to a kernel, as they could through a port.
        config.KernelManager.transport = "ipc"
    config.Voila.tornado_settings = {
        "ws_ping_interval": _PING_MS,
        "ws_ping_timeout": _PINGS_MISSED * _PING_MS,
    }
    config.Voila.log_level = "ERROR"


def configure_pages(config: Any) -> None:
    """Set what concerns the pages, also where Voilà runs within a Jupyter server."""
    pages = config.VoilaConfiguration
    pages.template = "ape"
    # A visitor chooses light or dark, but not whose template is run.
    pages.allow_template_override = "NO"
    pages.strip_sources = True
    pages.show_tracebacks = False
    pages.prelaunch_hook = admit
    pages.resources = {"ape": {"stylesheet": stylesheet()}}
