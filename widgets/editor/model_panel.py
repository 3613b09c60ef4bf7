"""Every number of the disease model by group, to be found, read and changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.errors import InvalidSpecError
from ape_core.spec.field_guide import read_number, write_number
from ape_core.spec.model import load_model
from ape_core.spec.model_guide import grouped, numbers_of, read_change, title_of
from ape_core.storage.names import matches
from widgets.editor.numbers import facts, number_rows
from widgets.errors import guarded
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from ape_core.spec.parameter import Parameter
    from widgets.session import Session

_MODEL: Final = "model."


class ModelPanel:
    """A search, a list, and the one number that is being changed.

    Parameters
    ----------
    session
        The page's view of the store.
    draw
        Shows what was changed.
    """

    def __init__(self, session: Session, draw: Callable[[], None]) -> None:
        self._session = session
        self._draw = draw
        self._shown_for: tuple[Any, ...] = ()
        self._is_showing = False
        self._search = classed(Text(description="Search", placeholder="half-life"), "ape-field")
        self._chosen = classed(Dropdown(description="Number to change"), "ape-field")
        self._value = classed(Text(description="Value"), "ape-field")
        self._note, self._list = html("ape-field-note"), html("ape-numbers-list")
        self._reset = self._button("Reset", self._one_reset)
        self._reset_all = self._button("Reset all", self._all_reset)
        self._search.observe(guarded(session, lambda _: self.refresh()), names="value")
        self._chosen.observe(guarded(session, lambda _: self._choice_made()), names="value")
        self._value.observe(guarded(session, self._typed), names="value")
        help_words = (
            '<p class="ape-help">The values were fitted together; a run with others answers what '
            "would be if. A value has to lie in the range in which it plausibly is.</p>"
        )
        self.view = box(
            html(value=help_words), self._search, self._chosen, self._value, self._note,
            box(self._reset, self._reset_all, classes="ape-actions"), self._list,
            classes="ape-editor ape-model",
        )  # fmt: skip

    def refresh(self) -> None:
        """Show the numbers that are looked for, and the one that is changed."""
        found = self._found()
        options = tuple((title_of(name), name) for group in found.values() for name in group)
        self._is_showing = True
        try:
            if self._chosen.options != options:
                kept = self._chosen.value
                self._chosen.options = options
                names = [name for _, name in options]
                self._chosen.value = kept if kept in names else (names[0] if names else None)
            self._show_chosen()
        finally:
            self._is_showing = False
        self._show_list(found)

    def _found(self) -> dict[str, dict[str, Parameter]]:
        """Numbers that hold the words of the search, by group."""
        words = self._search.value
        return {
            group: {
                name: item
                for name, item in numbers.items()
                if matches(words, group, title_of(name), name, item.unit, item.source)
            }
            for group, numbers in grouped(load_model()).items()
        }

    def _show_chosen(self) -> None:
        """Show value, range and source of the number that is chosen."""
        name, changes = self._chosen.value, self._session.question["model"]
        self._value.disabled = name is None
        self._reset.disabled = name not in changes
        set_class(self._reset_all, "ape-hidden", on=not changes)
        if name is None:
            self._value.value, self._note.value = "", "<p>Nothing is called that.</p>"
            return
        item = numbers_of(load_model())[name]
        value = changes.get(name, item.value)
        if read_number(self._value.value) != value:
            self._value.value = write_number(value)
        self._value.description = f"Value, {item.unit}" if item.unit else "Value"
        is_wrong = self._session.wrong_field == f"{_MODEL}{name}"
        set_class(self._value, "is-wrong", on=is_wrong)
        wrong = f'<p role="status" class="is-wrong">{text(self._session.problem)}</p>'
        self._note.value = (wrong if is_wrong else "") + facts(item)

    def _show_list(self, found: dict[str, dict[str, Parameter]]) -> None:
        """List the numbers that were found; the markup is sent only when it differs."""
        changes = self._session.question["model"]
        shown_for = (self._search.value, tuple(changes.items()))
        if shown_for == self._shown_for and self._list.value:
            return
        self._shown_for = shown_for
        changed = {
            title_of(name): value for name, value in changes.items() if not isinstance(value, str)
        }
        self._list.value = "".join(
            f"<h3>{text(group)}</h3>"
            + number_rows({title_of(name): item for name, item in numbers.items()}, changed)
            for group, numbers in found.items()
            if numbers
        )

    def _button(self, name: str, pressed: Callable[[], None]) -> Button:
        """Button of the panel."""
        button = classed(Button(description=name), "ape-button")
        button.on_click(guarded(self._session, lambda _: pressed()))
        return button

    def _choice_made(self) -> None:
        """Show another number."""
        if not self._is_showing:
            self.refresh()

    def _typed(self, change: Any) -> None:
        """Change the number; what is no value of it stays text, and is said to be none."""
        name = self._chosen.value
        if self._is_showing or name is None:
            return
        value: float | str = change.new.strip()
        try:
            value = read_change(name, change.new)
        except InvalidSpecError:
            if not value:
                value = "nothing"
        changes = dict(self._session.question["model"])
        if value == numbers_of(load_model())[name].value:
            changes.pop(name, None)
        else:
            changes[name] = value
        self._ask(changes)

    def _one_reset(self) -> None:
        """Take the shipped value again."""
        name = self._chosen.value
        changes = self._session.question["model"]
        self._ask({other: value for other, value in changes.items() if other != name})

    def _all_reset(self) -> None:
        """Take all shipped values again."""
        self._ask({})

    def _ask(self, changes: dict[str, float | str]) -> None:
        """Ask with these numbers."""
        self._session.edit("model", changes)
        self._draw()
