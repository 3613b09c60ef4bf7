"""Fields of a form, made from what the spec says of each: label, help, range, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Checkbox, Dropdown, Text

from widgets.editor.wording import in_words
from widgets.errors import Reporter, guarded
from widgets.html import box, classed, html, set_class, text

if TYPE_CHECKING:
    from ape_core.spec.field_guide import Field

NOTHING: Final = ""
"""The choice of nothing: a drop-down list shows None as blank."""


class FieldForm:
    """Fields one below the other, made once.

    Parameters
    ----------
    fields
        What the spec says of each.
    changed
        Called with a field and its new value when a reader changes it.
    reporter
        Shows what goes wrong.
    """

    def __init__(
        self, fields: Sequence[Field], changed: Callable[[Field, Any], None], reporter: Reporter
    ) -> None:
        self._fields = fields
        self._rows = [_Row(field, changed, reporter) for field in fields]
        self.view = box(*(row.view for row in self._rows), classes="ape-editor-fields")

    def refresh(
        self,
        values: Mapping[str, Any],
        wrong: tuple[str, str] = ("", ""),
        empty: Mapping[str, str] | None = None,
    ) -> bool:
        """Show values; return whether what is wrong could be said beside a field.

        Parameters
        ----------
        values
            By the names of the fields.
        wrong
            Name of the field that is wrong, and what is.
        empty
            What a field shows that has no value.
        """
        found = False
        name, message = wrong
        for row in self._rows:
            counts = row.field.counts(values)
            set_class(row.view, "ape-hidden", on=not counts)
            is_wrong = counts and bool(name) and name.partition("[")[0] == row.field.name
            found = found or is_wrong
            said = in_words(message, self._fields) if is_wrong else ""
            row.show(values.get(row.field.name), said, (empty or {}).get(row.field.name, ""))
        return found


class _Row:
    """One field with its note."""

    def __init__(
        self, field: Field, changed: Callable[[Field, Any], None], reporter: Reporter
    ) -> None:
        self.field = field
        self._changed = changed
        self._value: Any = None
        self._is_showing = False
        self._input = _input(field)
        self._input.observe(guarded(reporter, self._typed), names="value")
        self._note = html("ape-field-note")
        plain = field.kind in ("choice", "switch")
        allowed = "" if plain else f" <span>{text(field.allowed)}.</span>"
        self._help = f"<p>{text(field.help)}{allowed}</p>"
        kind = "ape-editor-field ape-is-choice" if field.kind == "choice" else "ape-editor-field"
        self.view = box(self._input, self._note, classes=kind)

    def show(self, value: Any, wrong: str, empty: str) -> None:
        """Show a value, unless what is typed means it already, and what is wrong with it."""
        self._value = tuple(value) if isinstance(value, list) else value
        self._is_showing = True
        try:
            self._fill(empty)
        finally:
            self._is_showing = False
        set_class(self._input, "is-wrong", on=bool(wrong))
        note = f'<p role="status" class="is-wrong">{text(wrong)}</p>' if wrong else self._help
        if self._note.value != note:
            self._note.value = note

    def _fill(self, empty: str) -> None:
        """Put the value into the input."""
        if self.field.kind == "switch":
            self._input.value = bool(self._value)
        elif self.field.kind == "choice":
            self._choose(empty)
        else:
            if self._input.placeholder != empty:
                self._input.placeholder = empty
            if self.field.read(self._input.value) != self._value:
                self._input.value = self.field.write(self._value)

    def _choose(self, empty: str) -> None:
        """Choose the value, or nothing where that is possible."""
        options = _options(self.field, empty)
        if tuple(self._input.options) != options:
            self._input.options = options
        chosen = NOTHING if self._value is None else self._value
        known = [value for _, value in options]
        self._input.value = chosen if chosen in known else None

    def _typed(self, change: Any) -> None:
        """Pass on what a reader typed or chose."""
        if self._is_showing:
            return
        value = change.new
        if isinstance(value, str):
            value = self.field.read(value)
        if value != self._value:
            self._changed(self.field, value)


def _options(field: Field, empty: str) -> tuple[tuple[str, str], ...]:
    """Choices of a field by their titles."""
    choices = tuple((title, value) for value, title in field.choices)
    return ((empty or "Not given", NOTHING), *choices) if field.is_optional else choices


def _input(field: Field) -> Any:
    """Widget in which a field is given."""
    if field.kind == "switch":
        return classed(Checkbox(description=field.title, indent=False), "ape-switch-field")
    if field.kind == "choice":
        options = _options(field, "")
        return classed(Dropdown(description=field.title, options=options), "ape-field")
    return classed(Text(description=field.label, continuous_update=True), "ape-field")
