"""What the forms that ask a question have in common: each change goes to the session at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from ipywidgets import Button, Dropdown, Text

from widgets.errors import Reporter, guarded
from widgets.html import set_class


class Asking(Reporter, Protocol):
    """State of a page on which a question is asked."""

    question: dict[str, Any]
    wrong_field: str

    def edit(self, name: str, value: Any) -> None:
        """Change one part of the question."""

    def tidy(self, but: str = "") -> None:
        """Write the numbers of the question as they were understood, except the one named."""

    def start(self) -> None:
        """Ask the question."""


AnyAsking = TypeVar("AnyAsking", bound=Asking)


class QuestionForm(ABC, Generic[AnyAsking]):
    """Fields that show the question of a session, and pass on what the reader does.

    Parameters
    ----------
    session
        The state of the page.
    draw
        Draws the page, once the question was asked.
    """

    def __init__(self, session: AnyAsking, draw: Callable[[], None]) -> None:
        self._session, self._draw = session, draw
        self._is_filling = False

    @abstractmethod
    def refresh(self) -> None:
        """Show the question of the session."""

    def _connect(self, fields: Mapping[str, Any], start: Button) -> None:
        """Pass every change of the fields, by their names in the question, to the session."""
        for name, field in fields.items():
            field.observe(guarded(self._session, self._edited(name)), names="value")
            if isinstance(field, Text):
                field.on_msg(guarded(self._session, self._left))
        start.on_click(guarded(self._session, self._pressed))

    def _show(self, fields: Mapping[str, Any]) -> None:
        """Show the question in the fields, and which of them is wrong."""
        for name, field in fields.items():
            if field.value != self._session.question[name]:
                field.value = self._session.question[name]
            set_class(field, "is-wrong", on=name == self._session.wrong_field)

    def _offer(
        self, field: Dropdown, options: list[tuple[str, str]], chosen: str, title: str
    ) -> None:
        """Offer names, with the one that is chosen, of the given title, if it is none of them."""
        if chosen not in dict(options).values():
            options = [*options, (f"{title}, as in this run", chosen)]
        if list(field.options) != options:
            with self._filling():
                field.options = options

    @contextmanager
    def _filling(self) -> Iterator[None]:
        """Change fields without asking anything else by it."""
        self._is_filling = True
        try:
            yield
        finally:
            self._is_filling = False

    def _edited(self, name: str) -> Callable[[Any], None]:
        """Handler that passes the new value of a field."""

        def edited(change: Any) -> None:
            known = self._session.question[name]
            if not self._is_filling and change.new is not None and change.new != known:
                self._session.edit(name, change.new)
                self._session.tidy(but=name)
                self.refresh()

        return edited

    def _left(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Write numbers as they were understood: a field was left, or Enter pressed in it."""
        if content.get("event") == "submit":
            self._session.tidy()
            self.refresh()

    def _pressed(self, _: Any) -> None:
        """Ask the question."""
        self._session.start()
        self._draw()
