"""The numbers of a chart as a file: computed when somebody asks for them, and not before.

The menu of a card is made by `cards.js` in the browser, so that a card costs no widget and no byte
more for it. PNG and SVG are drawn there from what is shown. Numbers are asked of the kernel: the
name of the card is written into a hidden field, and the answer comes as a link, once.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Box, Text, Widget

from ape_core.errors import ApeError
from widgets.errors import Reporter, guarded
from widgets.html import box, classed, html, text

if TYPE_CHECKING:
    from ape_core.summaries.table import Table

_ASKED: Final = re.compile(r"(?P<name>[a-z0-9-]{1,80}) (?P<token>[0-9]{1,15})")


class NamedCard(Box):  # type: ignore[misc]
    """Card that can be saved and enlarged: it has a name, and numbers that can be asked for.

    Parameters
    ----------
    children
        What stands in the card.
    name
        Heading of the card; no two of a page have the same.
    """

    def __init__(self, children: list[Widget], name: str) -> None:
        super().__init__(children)
        self.name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self.numbers: Callable[[], Table | None] | None = None
        self.add_class("ape-card")
        self.add_class(f"ape-as-{self.name}")


class Downloads:
    """Answers the page when it asks for the numbers of a card.

    Parameters
    ----------
    page
        Gives the widget that holds all cards of the page.
    reporter
        Shows what goes wrong.
    """

    def __init__(self, page: Callable[[], Widget], reporter: Reporter) -> None:
        self._page = page
        self._question = classed(Text(), "ape-ask-numbers")
        self._question.observe(guarded(reporter, self._asked), names="value")
        self._answer = html("ape-numbers")
        self.view = box(self._question, self._answer, classes="ape-hidden")

    def _asked(self, change: Any) -> None:
        """Answer, or take the answer away when the page has it."""
        asked = _ASKED.fullmatch(change.new)
        if asked is None:
            self._answer.value = ""
            return
        token = f'data-token="{asked["token"]}"'
        try:
            content = self._csv(asked["name"])
        except ApeError as error:
            self._answer.value = f"<span {token}>{text(error.message)}</span>"
            return
        data = base64.b64encode(content.encode()).decode("ascii")
        self._answer.value = f'<a {token} href="data:text/csv;charset=utf-8;base64,{data}"></a>'

    def _csv(self, name: str) -> str:
        """Numbers of the card of that name."""
        for card in _cards(self._page()):
            if card.name == name and card.numbers is not None:
                table = card.numbers()
                if table is not None:
                    return table.to_csv()
        raise ApeError("There are no numbers yet.")


def _cards(widget: Widget) -> Iterator[NamedCard]:
    """Every card of a page."""
    if isinstance(widget, NamedCard):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from _cards(child)
