"""Kernels of pages end when their pages do, and kernels of notebooks do not: with real kernels."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager

import psutil
import pytest
from traitlets.config import Config

from widgets.server.culler import LeaveCuller
from widgets.server.settings import configure_server

PAGE = {**os.environ, "SERVER_SOFTWARE": "voila/0.5.13"}
BUSY = "import time; time.sleep(60)"
PATIENCE = 120.0


@pytest.fixture
def with_kernels(tmp_path):
    """Run a test within the event loop of a manager, all of whose kernels are ended after it."""

    def run(test):
        config = Config()
        configure_server(config)
        config.MappingKernelManager.transport_encryption = "disabled"

        async def run_it():
            manager = LeaveCuller(config=config, connection_dir=str(tmp_path))
            manager.initialize_culler()
            manager._culler_callback.stop()  # the tests say when it is time
            try:
                return await asyncio.wait_for(test(manager), 2 * PATIENCE)
            finally:
                await manager.shutdown_all(now=True)
                manager.context.destroy(linger=0)

        return asyncio.run(run_it())

    return run


async def until(condition, *, message):
    """Wait for something that the kernel or the manager does by itself."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, message
        await asyncio.sleep(0.05)


async def cull(manager, *, seconds=100):
    """Let so much time seem to have passed, then do what the server does now and then."""
    for kernel_id in manager._alone_since:
        manager._alone_since[kernel_id] -= seconds
    await manager.cull_kernels()


@asynccontextmanager
async def client_of(manager, kernel_id):
    """Talk with a kernel that is ready, as a page does."""
    client = manager.get_kernel(kernel_id).client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=PATIENCE)
        yield client
    finally:
        client.stop_channels()


async def keep_busy(manager, kernel_id, client):
    client.execute(BUSY)
    kernel = manager.get_kernel(kernel_id)
    await until(lambda: kernel.execution_state == "busy", message="the kernel is not busy")


def pid_of(manager, kernel_id):
    return manager.get_kernel(kernel_id).provisioner.pid


def test_the_kernel_of_a_page_that_left_ends_though_it_is_busy(with_kernels):
    async def test(manager):
        kernel_id = await manager.start_kernel(env=PAGE)
        pid = pid_of(manager, kernel_id)
        manager.notify_connect(kernel_id)
        async with client_of(manager, kernel_id) as client:
            await keep_busy(manager, kernel_id, client)
        await cull(manager)
        assert kernel_id in manager
        manager.notify_disconnect(kernel_id)
        await cull(manager, seconds=0)
        assert kernel_id in manager  # it may come back at once
        await cull(manager)
        assert kernel_id not in manager
        assert not psutil.pid_exists(pid)

    with_kernels(test)


def test_a_page_that_came_back_keeps_its_kernel(with_kernels):
    async def test(manager):
        kernel_id = await manager.start_kernel(env=PAGE)
        manager.notify_connect(kernel_id)
        manager.notify_connect(kernel_id)
        manager.notify_disconnect(kernel_id)
        await cull(manager)
        assert kernel_id in manager  # another connection is there
        manager.notify_disconnect(kernel_id)
        manager.notify_connect(kernel_id)
        await cull(manager)
        assert kernel_id in manager

    with_kernels(test)


def test_the_kernel_of_a_page_that_never_came_ends_when_it_has_done_its_work(with_kernels):
    async def test(manager):
        kernel_id = await manager.start_kernel(env=PAGE)
        async with client_of(manager, kernel_id) as client:
            await keep_busy(manager, kernel_id, client)
        await cull(manager)
        assert kernel_id in manager  # its notebook is still being run
        await manager.interrupt_kernel(kernel_id)
        kernel = manager.get_kernel(kernel_id)
        await until(lambda: kernel.execution_state == "idle", message="the kernel is not idle")
        await cull(manager)
        assert kernel_id not in manager

    with_kernels(test)


def test_the_kernel_of_a_notebook_is_kept_without_a_tab_and_restarted_when_it_dies(with_kernels):
    async def test(manager):
        kernel_id = await manager.start_kernel(env=dict(os.environ))
        manager.notify_connect(kernel_id)
        manager.notify_disconnect(kernel_id)
        await cull(manager)
        assert kernel_id in manager
        assert manager.cull_idle_timeout >= 60 * 60
        async with client_of(manager, kernel_id):
            killed = pid_of(manager, kernel_id)
        os.kill(killed, signal.SIGKILL)
        await until(
            lambda: pid_of(manager, kernel_id) not in (killed, None), message="it was not restarted"
        )

    with_kernels(test)


def test_no_bare_kernel_takes_the_place_of_a_pages_kernel_that_died(with_kernels):
    async def test(manager):
        kernel_id = await manager.start_kernel(env=PAGE)
        manager.notify_connect(kernel_id)
        kernel = manager.get_kernel(kernel_id)
        async with client_of(manager, kernel_id):
            before = len(psutil.Process().children())
        os.kill(pid_of(manager, kernel_id), signal.SIGKILL)
        await until(lambda: kernel_id not in manager, message="it is still there")
        assert len(psutil.Process().children()) == before - 1
        assert kernel._activity_stream is None

    with_kernels(test)


@pytest.mark.parametrize("ending", ["one kernel", "all kernels"])
def test_a_kernel_that_is_restarting_ends_when_it_is_told_to(with_kernels, ending):
    async def test(manager):
        before = psutil.Process().children()
        kernel_id = await manager.start_kernel(env=dict(os.environ))
        kernel = manager.get_kernel(kernel_id)
        restart = asyncio.ensure_future(kernel.restart_kernel(now=True))
        await until(lambda: not kernel.ready.done(), message="it is not restarting")
        if ending == "one kernel":
            # Two that ask at the same time are both content with the one end.
            end = manager.shutdown_kernel
            await asyncio.gather(end(kernel_id, now=True), end(kernel_id, now=True))
        else:
            await manager.shutdown_all(now=True)
        await restart
        assert kernel_id not in manager
        assert psutil.Process().children() == before

    with_kernels(test)
