"""HTML from values: everything that is not markup of ours is escaped.

Areas and boxes share one layout and one style, which say nothing: ipywidgets would make two more
widgets for each, of a thousand bytes, for rules that theme.css gives.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any, Final

from ipywidgets import HTML, Box, Layout, Widget
from ipywidgets.widgets.widget_string import HTMLStyle

_TYPED: Final = re.compile(r"`([^`]+)`")
_SHARED: Final[dict[type[Widget], Widget]] = {}


def text(value: object) -> str:
    """Value as text that cannot become markup."""
    return escape(str(value), quote=True)


def prose(words: str) -> str:
    """Plain words as markup, in which what stands between back ticks is something to type."""
    return _TYPED.sub(r"<code>\1</code>", text(words))


def html(*classes: str, value: str = "") -> HTML:
    """Area for markup, with classes of theme.css."""
    return _with_classes(
        HTML(value=value, layout=_shared(Layout), style=_shared(HTMLStyle)), classes
    )


def box(*children: Widget, classes: str) -> Box:
    """Box whose arrangement is left to theme.css."""
    return _with_classes(Box(children, layout=_shared(Layout)), classes.split())


def classed(widget: Any, classes: str) -> Any:
    """Return the widget, with classes of theme.css."""
    return _with_classes(widget, classes.split())


def is_shared(widget: Widget) -> bool:
    """Whether other widgets use this one as well, so that it outlives each of them."""
    return _SHARED.get(type(widget)) is widget


def set_class(widget: Any, name: str, *, on: bool) -> None:
    """Give or take a class."""
    (widget.add_class if on else widget.remove_class)(name)


def _shared(kind: type[Widget]) -> Widget:
    """The one widget of a kind that all areas and boxes have; made anew once somebody closed it."""
    if kind not in _SHARED or _SHARED[kind].comm is None:
        _SHARED[kind] = kind()
    return _SHARED[kind]


def _with_classes(widget: Any, classes: Any) -> Any:
    """Return the widget with these classes added."""
    for name in classes:
        widget.add_class(name)
    return widget
