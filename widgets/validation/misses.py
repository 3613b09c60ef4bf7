"""What the model gets wrong, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ape_core.analysis.validation import LARGE_Z
from widgets.html import html, text
from widgets.validation.forest import WAITING
from widgets.validation.words import missed, size

if TYPE_CHECKING:
    from ape_core.analysis.validation import Validation

MOST_LISTED: Final = 8


class MissesPanel:
    """A card with the targets that are missed by most."""

    def __init__(self) -> None:
        self.view = html("ape-card", "ape-all")

    def draw(self, validation: Validation | None) -> None:
        """Show a validation, or that there is none yet."""
        self.view.value = misses_markup(validation)


def misses_markup(validation: Validation | None) -> str:
    """The largest differences as a list of sentences."""
    head = "<h3>What the model gets wrong</h3>"
    if validation is None:
        return f"{head}{WAITING}"
    worst = validation.largest(MOST_LISTED)
    far = sum(abs(row.z) >= LARGE_Z for row in validation.rows)
    said = (
        f"{far} of {len(validation.rows)} targets are missed by {LARGE_Z:g} or more in z; chance "
        f"alone would miss about {0.046 * len(validation.rows):.0f}. The largest differences are:"
    )
    items = "".join(
        f"<li class='{size(row.z)}'><b>{text(row.arm)}.</b> {text(missed(row))}</li>"
        for row in worst
    )
    return f"{head}<p class='ape-said'>{text(said)}</p><ol class='ape-misses'>{items}</ol>"
