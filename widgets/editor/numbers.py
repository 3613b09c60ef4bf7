"""Numbers with value, range, unit, confidence and source, as a list that unfolds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ape_core.spec.field_guide import write_number
from ape_core.spec.model_guide import range_in_words
from widgets.html import text

if TYPE_CHECKING:
    from ape_core.spec.parameter import Parameter

_MINUS = "\N{MINUS SIGN}"


def number_rows(
    numbers: Mapping[str, Parameter], changed: Mapping[str, float] | None = None
) -> str:
    """A line for each number by its title, with its source beneath when it is unfolded.

    Parameters
    ----------
    numbers
        By what each is called.
    changed
        Values that differ from the number's own, by the same names.
    """
    return "".join(_row(title, item, (changed or {}).get(title)) for title, item in numbers.items())


def facts(item: Parameter) -> str:
    """Range, confidence and source of a number."""
    return (
        f"<p>Range {_shown(range_in_words(item))}; confidence {text(item.confidence)}.</p>"
        f"<p>{text(item.source)}</p>"
    )


def _row(title: str, item: Parameter, changed: float | None) -> str:
    """One number."""
    value = _shown(write_number(item.value))
    if changed is not None:
        value = f"<s>{value}</s> {_shown(write_number(changed))}"
    mark = " is-changed" if changed is not None else ""
    return (
        f'<details class="ape-number{mark}"><summary><span>{text(title)}</span>'
        f"<b>{value}</b></summary>{facts(item)}</details>"
    )


def _shown(number: str) -> str:
    """Number as text with a true minus sign."""
    return text(number).replace("-", _MINUS)
