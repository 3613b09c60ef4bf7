"""What every test shares: a store of its own, and compiled code that fits the sources."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def _kernel_cache() -> Path:
    """Folder for compiled code, one for each state of the kernel's sources.

    numba notices a change in the file of a compiled function, not in those that it calls.
    """
    digest = hashlib.sha256()
    for source in sorted((ROOT / "ape_core" / "simulation").glob("*.py")):
        digest.update(source.read_bytes())
    return ROOT / ".pytest_cache" / "kernels" / digest.hexdigest()[:16]


# Set before anything imports numba, and inherited by the processes that tests start.
os.environ["NUMBA_CACHE_DIR"] = str(_kernel_cache())


@pytest.fixture(scope="session", autouse=True)
def isolated_store(tmp_path_factory):
    """Keep the runs of the tests out of the store of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APE_STORE", str(tmp_path_factory.mktemp("store")))
        yield
