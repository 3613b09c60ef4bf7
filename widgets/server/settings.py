"""Settings of Voilà, on its own or within a Jupyter server, and the reason for each."""

from __future__ import annotations

from tempfile import gettempdir
from typing import Any

from widgets.charts.menu import menu_script
from widgets.server.arrival import arrive
from widgets.theme import stylesheet

SECONDS_UNTIL_GONE = 45.0
"""How long the kernel of a page is kept after the page has gone: a network that was lost may bring
it back. A page that vanished is missed by its pings only, which takes 40 seconds more; the kernel
has to be gone within two minutes all the same."""

SECONDS_TO_CONNECT = 75.0
"""How long a kernel that has done its work waits for its page to come for the first time."""

_CULLER = "widgets.server.culler.LeaveCuller"
_CULL_SECONDS = 15
"""How often the server looks for kernels whose pages are gone."""

_NOTEBOOK_IDLE_SECONDS = 12 * 60 * 60
"""How long the kernel of a notebook may be idle, with no tab that shows it, until it is ended. Its
variables are somebody's work and nowhere else; this is for what was forgotten the day before."""

_PING_MS = 10_000
_PINGS_MISSED = 3
"""Pings without an answer until a page counts as gone. Jupyter compares at each ping with the
answer to the one before, so that one interval alone would close every page at the first."""

_LARGEST_MESSAGE = 24 << 20
"""Bytes. A file that is too large for a page to take in is refused in words up to this size; beyond
it, the connection ends."""

_LONGEST_FOLDER = 40
"""Unix sockets have short names; a temporary folder of a longer name leaves too little for them."""


def configure(config: Any) -> None:
    """Set everything for a server that shows the dashboard and nothing else."""
    configure_pages(config)
    config.VoilaConfiguration.multi_kernel_manager_class = _CULLER
    _configure_kernels(config)
    if len(gettempdir()) < _LONGEST_FOLDER:
        # Nobody else on the host can talk to a kernel, as they could through a port.
        config.KernelManager.transport = "ipc"
    config.Voila.tornado_settings = _tornado_settings()
    config.Voila.log_level = "ERROR"


def configure_server(config: Any) -> None:
    """Set what concerns kernels where Voilà runs within a Jupyter server, beside notebooks."""
    config.ServerApp.kernel_manager_class = _CULLER
    _configure_kernels(config)
    config.ServerApp.tornado_settings = _tornado_settings()


def configure_pages(config: Any) -> None:
    """Set what concerns the pages, also where Voilà runs within a Jupyter server."""
    pages = config.VoilaConfiguration
    pages.template = "ape"
    # A visitor chooses light or dark, but not whose template is run.
    pages.allow_template_override = "NO"
    pages.strip_sources = True
    pages.show_tracebacks = False
    pages.prelaunch_hook = arrive
    pages.resources = {"ape": {"stylesheet": stylesheet(), "cards": menu_script()}}


def _configure_kernels(config: Any) -> None:
    """Set how kernels end."""
    manager = config.MappingKernelManager
    manager.cull_interval = _CULL_SECONDS
    # Jupyter looks for kernels to end only where this is set; those of pages go by the culler.
    manager.cull_idle_timeout = _NOTEBOOK_IDLE_SECONDS
    # Otherwise the server keeps, without bound, what a kernel says while its page is away.
    manager.buffer_offline_messages = False


def _tornado_settings() -> dict[str, Any]:
    """Set what concerns the connections of pages."""
    return {
        "ws_ping_interval": _PING_MS,
        "ws_ping_timeout": _PINGS_MISSED * _PING_MS,
        "websocket_max_message_size": _LARGEST_MESSAGE,
        # An update of a chart is mostly headers, of which little is left when it is compressed.
        "websocket_compression_options": {},
    }
