"""What a page shows before its programs run: its own words and figures, as plain markup.

A browser has to load and start the programs of Jupyter before any widget is there. Until then it
would show an empty outline, though the kernel has long sent what the page says. So the page is
sent a second time, ahead, as it will stand: brand, title, figures, questions, headings; a chart is
an empty place until it is drawn. Nothing of it can be pressed, and it goes when the page comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ipywidgets import (
    HTML,
    Box,
    Button,
    Checkbox,
    Dropdown,
    FileUpload,
    Text,
    Textarea,
    ToggleButton,
    ToggleButtons,
    Widget,
)

from widgets.html import text

MIME_TYPE: Final = "application/vnd.ape.first-view+html"
"""Kind of output that the template of a page shows at once."""

_UNSEEN: Final = "ape-hidden"
_LONGEST: Final = 40_000
"""Characters of an area; a longer one is a table far below, and waits for the page itself."""


def first_view(widget: Widget) -> str:
    """Give the markup of a widget and of what is in it, with the classes that Jupyter gives it.

    Parameters
    ----------
    widget
        The view of a page. What is hidden in it is left out.
    """
    if _UNSEEN in getattr(widget, "_dom_classes", ()):
        return ""
    for kind, draw in _KINDS.items():
        if isinstance(widget, kind):
            return draw(widget)
    return _element("i", widget, "ape-place")


def _element(tag: str, widget: Any, classes: str, inner: str = "", more: str = "") -> str:
    """Give an element with the classes that a kind of widget has, and with its own."""
    named = " ".join((classes, *widget._dom_classes))  # noqa: SLF001
    return f'<{tag} class="{text(named)}"{more}>{inner}</{tag}>'


def _box(widget: Any) -> str:
    """Give a box with what is in it."""
    inner = "".join(first_view(child) for child in widget.children)
    return _element("div", widget, "jupyter-widgets widget-container widget-box", inner)


def _html(widget: Any) -> str:
    """Give an area of markup, which is ours already."""
    value = widget.value if len(widget.value) <= _LONGEST else ""
    inner = f'<div class="widget-html-content">{value}</div>'
    return _element("div", widget, "jupyter-widgets widget-inline-hbox widget-html", inner)


def _field(kind: str, control: Callable[[Any], str]) -> Callable[[Any], str]:
    """Give what draws a field with its label."""

    def draw(widget: Any) -> str:
        label = f'<label class="widget-label">{text(widget.description)}</label>'
        inner = label + control(widget)
        return _element("div", widget, f"jupyter-widgets widget-inline-hbox {kind}", inner)

    return draw


def _input(widget: Any) -> str:
    """Give a line of text."""
    hint = f'placeholder="{text(widget.placeholder)}"'
    return f'<input type="text" value="{text(widget.value)}" {hint} tabindex="-1">'


def _area(widget: Any) -> str:
    """Give lines of text."""
    return f'<textarea rows="{widget.rows or 2}" tabindex="-1">{text(widget.value)}</textarea>'


def _select(widget: Any) -> str:
    """Give a list with what is chosen, and with what makes it as wide as it will be."""
    widest = max(widget._options_labels, key=len, default="")  # noqa: SLF001
    options = "".join(f"<option>{text(name)}</option>" for name in (widget.label or "", widest))
    return f'<select tabindex="-1">{options}</select>'


def _check(widget: Any) -> str:
    """Give a box to tick, with its words beside it."""
    ticked = " checked" if widget.value else ""
    inner = (
        f'<label class="widget-label-basic"><input type="checkbox"{ticked}>'
        f"<span>{text(widget.description)}</span></label>"
    )
    return _element("div", widget, "jupyter-widgets widget-inline-hbox widget-checkbox", inner)


def _button(kind: str) -> Callable[[Any], str]:
    """Give what draws a button."""

    def draw(widget: Any) -> str:
        pressed = " mod-active" if getattr(widget, "value", None) is True else ""
        classes = f"jupyter-widgets jupyter-button {kind}{pressed}"
        off = ' tabindex="-1"' + (" disabled" if widget.disabled else "")
        return _element("button", widget, classes, text(widget.description), off)

    return draw


def _choices(widget: Any) -> str:
    """Give buttons of which one is pressed."""
    inner = "".join(
        '<button type="button" tabindex="-1" class="widget-toggle-button jupyter-button'
        f'{" mod-active" if place == widget.index else ""}">{text(name)}</button>'
        for place, name in enumerate(widget._options_labels)  # noqa: SLF001
    )
    return _element("div", widget, "widget-toggle-buttons", f"<div>{inner}</div>")


_KINDS: Final[dict[type[Widget], Callable[[Any], str]]] = {
    Box: _box,
    HTML: _html,
    Text: _field("widget-text", _input),
    Textarea: _field("widget-textarea", _area),
    Dropdown: _field("widget-dropdown", _select),
    Checkbox: _check,
    Button: _button("widget-button"),
    ToggleButton: _button("widget-toggle-button"),
    ToggleButtons: _choices,
    FileUpload: _button("widget-upload"),
}
"""How each kind of widget is drawn; a chart, and any other, is an empty place."""
