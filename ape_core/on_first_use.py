"""Public names that are imported on first use (PEP 562), so that a package is cheap to import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def on_first_use(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package whose public names live in modules.

    Parameters
    ----------
    package
        Its name.
    homes
        By module, the names that are taken from it.

    Returns
    -------
    Callable
        Imports a name's module, and keeps what it found in the package.
    """
    home = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> Any:
        """Import a public name, and keep it."""
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return find
