"""The server: Voilà with the dashboard at its root, and each page under its own address."""

from __future__ import annotations

import logging
from asyncio import Future
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from jupyter_server.utils import url_path_join
from tornado.websocket import WebSocketClosedError
from voila.app import Voila, run_sync  # type: ignore[import-untyped]
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]
from voila.tornado.kernel_websocket_handler import (  # type: ignore[import-untyped]
    VoilaKernelWebsocketHandler,
)

from widgets.navigation import PAGES

_LOG: Final = logging.getLogger(__name__)
_PROTOCOL: Final = "v1.kernel.websocket.jupyter.org"
_KERNEL_ID: Final = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


class KernelSocket(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The connection of a page with its kernel."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Refuse a page whose kernel is gone, as after a restart, without a page of HTML.

        It asks again and again, nobody reads the answer, and the templates of the Jupyter server
        for it need settings that Voilà does not have: each time two tracebacks would be logged.
        """
        self.finish(f"{status_code}\n")

    def write_message(self, message: bytes | str | dict[str, Any], binary: bool = False) -> Any:  # noqa: FBT001, FBT002  as Jupyter calls it
        """Send what a kernel says, but nothing with data to a page that cannot read it any more.

        When a page is closed, its protocol is forgotten, and what its kernel has still to say is
        written in an older one. Voilà would look in that for as many headers as four bytes of a
        length seem to name, which takes for ever, and the server would answer nobody.
        """
        if isinstance(message, bytes) and not self._reads_data():
            raise WebSocketClosedError
        sent = super().write_message(message, binary)
        if isinstance(sent, Future):
            sent.add_done_callback(_forgive_closed)
        return sent

    def _reads_data(self) -> bool:
        """Whether the page is there, and of the protocol that Voilà expects."""
        return self.ws_connection is not None and self.selected_subprotocol == _PROTOCOL


def _forgive_closed(sent: Future[None]) -> None:
    """Take note that a page was closed before it had read all: nobody waits for what was sent."""
    if sent.cancelled():
        return
    error = sent.exception()
    if error is not None and not isinstance(error, WebSocketClosedError):
        _LOG.error("A message to a page was not sent.", exc_info=error)


class Pages(Voila):  # type: ignore[misc]
    """Serves the notebooks that are pages, and no other file beside them.

    Voilà serves either one notebook or every notebook of a folder. The addresses are those of the
    second, so that the links between pages hold wherever Voilà runs.
    """

    name = "voila"  # the section of the settings stays that of Voilà

    def init_settings(self) -> dict[str, Any]:
        """Add what Voilà would read from its settings too late to heed it."""
        return {
            **super().init_settings(),
            # The programs of a page are 6 MB, of which a quarter is left when they are compressed.
            "compress_response": True,
            # Their names hold a hash of what is in them: a browser need not ask whether they hold.
            "static_immutable_cache": [url_path_join(self.base_url, "voila/labextensions/")],
        }

    def init_handlers(self) -> list[Any]:
        """Put the pages before what answers everything else with the dashboard."""
        socket = url_path_join(self.server_url, rf"/api/kernels/{_KERNEL_ID}/channels")
        pages = [self._page(name) for name in PAGES]
        return [(socket, KernelSocket), *pages, *super().init_handlers()]

    def stop(self) -> None:
        """End every kernel at once: what a page shows is in the store, and its runs go on.

        Voilà would ask each to end by itself, and wait up to five seconds for those that are busy.
        """
        rmtree(self.connection_dir, ignore_errors=True)
        run_sync(self.kernel_manager.shutdown_all)(now=True)

    def _page(self, name: str) -> tuple[str, Any, dict[str, Any]]:
        """Address, handler and settings of one page."""
        notebook = Path(self.notebook_path).with_name(f"{name}.ipynb")
        return (
            url_path_join(self.server_url, rf"/voila/render/{name}\.ipynb"),
            TornadoVoilaHandler,
            {
                "notebook_path": str(notebook.relative_to(self.root_dir)),
                "template_paths": self.template_paths,
                "config": self.config,
                "voila_configuration": self.voila_configuration,
            },
        )
