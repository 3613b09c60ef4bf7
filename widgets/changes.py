"""What is other than usual, as a short list: each with its value before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ape_core.spec.model_guide import model_difference
from ape_core.spec.people_guide import cohort_difference
from widgets.html import text

if TYPE_CHECKING:
    from ape_core.spec.differences import Difference
    from ape_core.spec.run_spec import RunSpec


def changes_list(title: str, found: Sequence[Difference]) -> str:
    """A heading, and a line for each difference; nothing where there is none."""
    if not found:
        return ""
    lines = "".join(
        f"<div><dt>{text(item.words)}</dt><dd><s>{text(item.before)}</s> "
        f"<span aria-hidden='true'>\N{RIGHTWARDS ARROW}</span> <b>{text(item.after)}</b></dd></div>"
        for item in found
    )
    return f'<div class="ape-changes"><h3>{text(title)}</h3><dl>{lines}</dl></div>'


def changes_of_spec(spec: RunSpec) -> list[Difference]:
    """Return what a run overrides in its population and changes in the shipped disease model.

    Of an earlier model version, whose values are not known here, only the first can be said.
    """
    model = model_difference(spec.model) if spec.is_current else []
    return [*cohort_difference(spec.cohort), *model]


def changes_line(spec: RunSpec) -> str:
    """The same in one line of plain words; empty when nothing is other than usual."""
    return " ".join(item.sentence for item in changes_of_spec(spec))
