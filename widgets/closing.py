"""Close a widget with everything it is made of.

`Widget.close` leaves the parts of a figure (marks, axes, scales, layouts) in the registry of the
kernel; a page that opens and closes panels would collect them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ipywidgets import Widget

from widgets.html import is_shared


def close_all(widget: Widget) -> None:
    """Close a widget and, through all its traits, every widget below it."""
    for part in list(_parts(widget, set())):
        part.close()


def _parts(value: Any, seen: set[int]) -> Iterator[Widget]:
    """Walk the widgets in a value; parts first, each once."""
    if isinstance(value, Widget):
        if id(value) in seen or is_shared(value):
            return
        seen.add(id(value))
        for name in value.keys:
            yield from _parts(getattr(value, name), seen)
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _parts(item, seen)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _parts(item, seen)
