"""Where the store is unless somebody says; on its own, so that a server loads nothing else."""

from __future__ import annotations

import os
from pathlib import Path


def default_store_path() -> Path:
    """The store that APE_STORE names, or else the one in the user's data directory."""
    named = os.environ.get("APE_STORE")
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("ape", appauthor=False)
