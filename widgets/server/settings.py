"""Settings of Voilà, on its own or within a Jupyter server, and the reason for each."""

from __future__ import annotations

from tempfile import gettempdir
from typing import Any

from widgets.server.gate import admit
from widgets.theme import stylesheet

SECONDS_UNTIL_GONE = 60.0
"""How long the kernel of a page is kept after the page has gone: a reload or a lost network
may come back to it."""

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
    # In milliseconds: a page whose network is gone counts as gone after at most 30 seconds.
    config.Voila.tornado_settings = {"ws_ping_interval": 15_000, "ws_ping_timeout": 15_000}
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
