"""HTML from values: everything that is not markup of ours is escaped."""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import HTML, Box, Widget


def text(value: object) -> str:
    """Value as text that cannot become markup."""
    return escape(str(value), quote=True)


def html(*classes: str, value: str = "") -> HTML:
    """Area for markup, with classes of theme.css."""
    return _with_classes(HTML(value=value), classes)


def box(*children: Widget, classes: str) -> Box:
    """Box whose arrangement is left to theme.css."""
    return _with_classes(Box(children), classes.split())


def classed(widget: Any, classes: str) -> Any:
    """Return the widget, with classes of theme.css."""
    return _with_classes(widget, classes.split())


def set_class(widget: Any, name: str, *, on: bool) -> None:
    """Give or take a class."""
    (widget.add_class if on else widget.remove_class)(name)


def _with_classes(widget: Any, classes: Any) -> Any:
    """Return the widget with these classes added."""
    for name in classes:
        widget.add_class(name)
    return widget
