from __future__ import annotations

import asyncio
import gc
import re
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.base import serialize_binary_message
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from ape_core.errors import InvalidSettingError
from ape_core.runs import memory
from ape_core.runs.memory import MB
from widgets.server import gate, launch
from widgets.server.arrival import arrive
from widgets.server.culler import LeaveCuller
from widgets.server.pages import KernelSocket, Pages
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


class House:
    """A server with so much memory left, so many workers, and kernels that grow."""

    def __init__(self, left_mb, n_workers=1, kernels=()):
        self.left_mb, self.n_workers, self.now = left_mb, n_workers, 0.0
        self.kernels = list(kernels)
        self.gate = gate.Gate(
            lambda: self.kernels,
            lambda: self.left_mb,
            lambda: self.n_workers,
            clock=lambda: self.now,
        )

    def lets_in(self, visitor):
        try:
            self.gate.admit(visitor, notebook=None, cwd="")
        except HTTPError:
            return False
        return True


class Kernel:
    """Process of a kernel that takes so much memory."""

    def __init__(self, megabytes):
        self.megabytes = megabytes

    def memory_info(self):
        return SimpleNamespace(rss=self.megabytes * MB)


@pytest.fixture(autouse=True)
def one_gigabyte(monkeypatch):
    monkeypatch.setattr(memory, "memory_limit_mb", lambda: 1024.0)
    monkeypatch.setattr(gate, "memory_limit_mb", lambda: 1024.0)


def test_a_visitor_gets_the_cookie_that_lets_the_page_give_back_its_kernel(visitor):
    assert House(900.0).lets_in(visitor)
    assert visitor.asked


def test_a_visitor_for_whom_memory_would_not_suffice_is_refused(visitor):
    with pytest.raises(HTTPError, match="Another page needs about 100 MB") as refused:
        House(160.0).gate.admit(visitor, notebook=None, cwd="")
    assert refused.value.status_code == 503
    assert "Of 1,024 MB, 160 MB are left, and 72 MB of them are kept" in refused.value.log_message


@pytest.mark.parametrize(
    ("left_mb", "words"),
    [
        (-40.0, "memory. Of 1,024 MB none are left"),
        (60.0, "Of 1,024 MB, 60 MB are left, and all of them are kept for runs"),
    ],
)
def test_a_refused_visitor_is_told_what_is_left(visitor, left_mb, words):
    with pytest.raises(HTTPError) as refused:
        House(left_mb).gate.admit(visitor, notebook=None, cwd="")
    assert refused.value.log_message.endswith(words)


def test_visitors_at_the_same_moment_are_counted_before_they_take_any_memory(visitor):
    house = House(500.0)
    assert [house.lets_in(visitor) for _ in range(5)] == [True, True, True, True, False]


def test_a_page_counts_with_what_it_will_still_take_until_it_has_settled(visitor):
    house = House(340.0)
    assert house.lets_in(visitor)
    kernel = Kernel(30)
    house.kernels.append(kernel)
    house.left_mb = 310.0
    assert house.lets_in(visitor)
    assert not house.lets_in(visitor)
    house.now = gate.SETTLED_SECONDS
    assert house.lets_in(visitor)


def test_room_for_a_run_is_kept_where_none_is_going_on(visitor):
    assert House(290.0, n_workers=1, kernels=[Kernel(110)]).lets_in(visitor)
    assert not House(290.0, n_workers=0, kernels=[Kernel(110)]).lets_in(visitor)
    assert House(290.0, n_workers=0).lets_in(visitor), "the only page is let in all the same"


def test_the_gate_finds_the_kernels_and_the_store(visitor, monkeypatch, tmp_path):
    monkeypatch.setenv("APE_STORE", str(tmp_path))
    gate.admit(visitor, notebook=None, cwd="")
    assert visitor.asked
    assert gate._kernels_here() == []


@pytest.mark.timeout(60)  # it would take for ever
@pytest.mark.parametrize("connection", [None, SimpleNamespace(selected_subprotocol=None)])
def test_what_a_kernel_says_to_a_page_that_has_gone_does_not_stop_the_server(connection):
    socket = KernelSocket.__new__(KernelSocket)
    socket.ws_connection = connection
    said = serialize_binary_message({"header": {"msg_type": "comm_msg"}, "buffers": [b"data"]})
    with pytest.raises(WebSocketClosedError):
        socket.write_message(said, binary=True)


@pytest.mark.parametrize(("error", "told"), [(WebSocketClosedError(), 0), (OSError("full"), 1)])
def test_a_message_to_a_page_that_closes_meanwhile_leaves_no_error_behind(
    monkeypatch, caplog, error, told
):
    unheard = []

    async def send():
        asyncio.get_running_loop().set_exception_handler(lambda _, what: unheard.append(what))
        sent = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(WebSocketHandler, "write_message", lambda *_: sent)
        KernelSocket.__new__(KernelSocket).write_message("text")
        sent.set_exception(error)
        await asyncio.sleep(0)

    asyncio.run(send())
    monkeypatch.undo()
    gc.collect()
    assert unheard == []
    assert len(caplog.records) == told


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
    assert pages.prelaunch_hook is arrive
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


def test_a_server_that_stops_ends_its_kernels_at_once(tmp_path):
    folder, ended = tmp_path / "connections", []
    folder.mkdir()

    async def shutdown_all(*, now):
        ended.append(now)

    server = SimpleNamespace(
        connection_dir=str(folder), kernel_manager=SimpleNamespace(shutdown_all=shutdown_all)
    )
    Pages.stop(server)
    assert ended == [True]
    assert not folder.exists()
