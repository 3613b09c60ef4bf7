"""What every test shares: a store of its own, and how Hypothesis looks for examples."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


# A shell ignores Ctrl-C for what it starts in the background, and tests of Ctrl-C inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def isolated_store(tmp_path_factory):
    """Keep the runs of the tests out of the store of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APE_STORE", str(tmp_path_factory.mktemp("store")))
        yield
