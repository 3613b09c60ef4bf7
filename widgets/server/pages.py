"""The server: Voilà with the dashboard at its root, and each page under its own address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from voila.app import Voila  # type: ignore[import-untyped]
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]

from widgets.navigation import PAGES


class Pages(Voila):  # type: ignore[misc]
    """Serves the notebooks that are pages, and no other file beside them.

    Voilà serves either one notebook or every notebook of a folder. The addresses are those of the
    second, so that the links between pages hold wherever Voilà runs.
    """

    name = "voila"  # the section of the settings stays that of Voilà

    def init_settings(self) -> dict[str, Any]:
        """Add what Voilà would read from its settings too late to heed it."""
        # The programs of a page are 6 MB, of which a quarter is left when they are compressed.
        return {**super().init_settings(), "compress_response": True}

    def init_handlers(self) -> list[Any]:
        """Put the pages before what answers everything else with the dashboard."""
        return [*(self._page(name) for name in PAGES), *super().init_handlers()]

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
