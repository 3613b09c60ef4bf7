from __future__ import annotations

import re
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from tornado.web import HTTPError
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from ape_core.errors import InvalidSettingError
from widgets.server import gate, launch
from widgets.server.culler import LeaveCuller
from widgets.server.settings import (
    SECONDS_TO_CONNECT,
    SECONDS_UNTIL_GONE,
    configure,
    configure_server,
)

TEMPLATE = launch.JUPYTER_DATA / "voila" / "templates" / "ape"


@pytest.fixture
def visitor():
    """A request that notes whether its token was read."""

    class Visitor:
        asked = False

        @property
        def xsrf_token(self):
            self.asked = True
            return b"token"

    return Visitor()


def memory(free_mb):
    return lambda: SimpleNamespace(free_mb=free_mb, limit_mb=1024.0)


def test_a_visitor_gets_the_cookie_that_lets_the_page_give_back_its_kernel(visitor, monkeypatch):
    monkeypatch.setattr(gate, "check_memory", memory(900.0))
    gate.admit(visitor, notebook=None, cwd="")
    assert visitor.asked


def test_a_visitor_for_whom_memory_would_not_suffice_is_refused(visitor, monkeypatch):
    monkeypatch.setattr(gate, "check_memory", memory(90.0))
    with pytest.raises(HTTPError, match="Another page needs about 130 MB") as refused:
        gate.admit(visitor, notebook=None, cwd="")
    assert refused.value.status_code == 503


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidSettingError, match=f"port {port}: it is in use"):
            launch.serve(port)


@pytest.mark.parametrize("port", [0, 70_000])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(InvalidSettingError, match="ports are 1 to 65535"):
        launch.serve(port)


def test_settings_protect_the_visitor_and_the_server():
    config = Config()
    configure(config)
    pages = config.VoilaConfiguration
    assert pages.template == "ape"
    assert pages.allow_template_override == "NO"
    assert pages.strip_sources is True
    assert pages.prelaunch_hook is gate.admit
    assert config.MappingKernelManager.buffer_offline_messages is False
    pings = config.Voila.tornado_settings
    assert pings["ws_ping_timeout"] >= 3 * pings["ws_ping_interval"] > 0
    assert config.MappingKernelManager.cull_idle_timeout > 0  # or Jupyter never looks
    noticed = (pings["ws_ping_timeout"] + pings["ws_ping_interval"]) / 1000
    waited = max(noticed + SECONDS_UNTIL_GONE, SECONDS_TO_CONNECT)
    assert waited + config.MappingKernelManager.cull_interval < 120


def test_a_server_with_notebooks_treats_pages_alike():
    config, alone = Config(), Config()
    configure_server(config)
    configure(alone)
    assert config.MappingKernelManager == alone.MappingKernelManager
    assert config.ServerApp.tornado_settings == alone.Voila.tornado_settings
    assert import_item(config.ServerApp.kernel_manager_class) is LeaveCuller
    assert import_item(alone.VoilaConfiguration.multi_kernel_manager_class) is LeaveCuller


def test_the_template_asks_nothing_of_the_network():
    removed = re.compile(r"replace\('<link[^>]+>', ''\)")
    for path in TEMPLATE.rglob("*.*"):
        text = removed.sub("", path.read_text(encoding="utf-8"))
        assert not re.search(r"https?://", text), path


def test_the_links_that_the_template_removes_are_those_of_voila(template_of_voila):
    links = re.findall(r"<link[^>]+https?://[^>]+>", template_of_voila)
    ours = (TEMPLATE / "index.html.j2").read_text(encoding="utf-8")
    assert links
    assert all(link in ours for link in links)


@pytest.fixture
def template_of_voila():
    from voila.paths import collect_template_paths

    folders = collect_template_paths(["voila"], "lab", prune=True)
    return (Path(folders[0]) / "index.html.j2").read_text(encoding="utf-8")
