"""bqplot, imported so that a page's kernel stays small.

bqplot imports pandas, and pandas imports pyarrow where it finds it: 70 MB in every page for dates
and tables of which no chart of APE has any. In the kernel of a Voilà page, where nobody else can
run code, bqplot therefore gets a pandas that is loaded when something of it is first used. A
notebook's kernel belongs to its user, and everything is imported there as usual.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from widgets.page import is_page

_TYPES: Final = ("DataFrame", "Series", "Timestamp")
"""Types of pandas of which bqplot asks whether something is one of them."""


class _NotLoaded(ModuleType):
    """Stands for pandas in those that import it, until somebody needs what it can do."""

    def __getattr__(self, name: str) -> Any:
        """Look a name up in pandas. Before that is loaded, nothing is of one of its types."""
        if sys.modules.get(self.__name__, self) is self:
            if name in _TYPES:
                return type(name, (), {})
            sys.modules.pop(self.__name__, None)
        return getattr(import_module(self.__name__), name)


@contextmanager
def _put_off(name: str) -> Iterator[None]:
    """Let those who import a module meanwhile load it only when they use it."""
    if name in sys.modules:
        yield
        return
    stand_in = sys.modules[name] = _NotLoaded(name)
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]


def _import() -> None:
    """Import bqplot."""
    with warnings.catch_warnings():
        # bqplot declares some traits in a way that traitlets has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        import bqplot  # noqa: F401


if is_page():
    with _put_off("pandas"):
        _import()
else:
    _import()

from bqplot import Axis, Bars, Figure, Label, LinearScale, Lines, Scatter  # noqa: E402

__all__ = ["Axis", "Bars", "Figure", "Label", "LinearScale", "Lines", "Scatter"]
