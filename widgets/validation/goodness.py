"""How well the model agrees, in one number and a few around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ape_core.analysis.validation import ACUITY_CHANGE, LARGE_Z, rms_of
from widgets import format as words
from widgets.html import html, text

if TYPE_CHECKING:
    from ape_core.analysis.validation import Validation

_EMPTY = "\N{EN DASH}"
_MISS = "Usual distance from what was published"
_MEANING = (
    "About 1 is as good as a right model gets. That distance is z: the difference between "
    "simulated and observed, divided by all that makes two such figures differ without the model "
    "being wrong: the standard errors of both, and the usual difference between studies of the "
    "same treatment (for mean acuity 1 letter between trials, 2 in routine care)."
)


class GoodnessPanel:
    """A strip of figures, and what they mean."""

    def __init__(self) -> None:
        self.view = html()

    def draw(self, validation: Validation | None) -> None:
        """Show a validation, or dashes while there is none."""
        self.view.value = goodness_markup(validation)


def goodness_markup(validation: Validation | None) -> str:
    """Figures of a validation and what they mean."""
    tiles = "".join(_tile(*tile) for tile in _tiles(validation))
    said = _MEANING if validation is None else f"{_far_words(validation)} {_MEANING}"
    return f"<dl class='ape-tiles'>{tiles}</dl><p class='ape-meaning'>{text(said)}</p>"


def _far_words(validation: Validation) -> str:
    """How far the model is from what was published, in a sentence."""
    return (
        f"On average simulated mean changes in acuity lie {validation.goodness:.2f} standard "
        "errors (SE) from the published ones."
    )


def _tiles(validation: Validation | None) -> list[tuple[str, str, str]]:
    """Name, value and words of each figure."""
    if validation is None:
        names = (
            _MISS,
            "Asked of the model",
            "Largest z of acuity",
            "Missed targets",
            "Simulated",
        )
        return [(name, _EMPTY, "") for name in names]
    acuity = validation.of_outcome(ACUITY_CHANGE) or validation.rows
    far = sum(abs(row.z) >= LARGE_Z for row in validation.rows)
    largest = max(acuity, key=lambda row: abs(row.z))
    n_all, criteria = len(validation.rows), validation.criteria
    return [
        (_MISS, f"{validation.goodness:.2f} SE",
         f"root mean square z of {len(acuity)} mean changes; {rms_of(validation.rows):.2f} of all"),
        ("Asked of the model", f"{sum(each.met for each in criteria)} of {len(criteria)}",
         "criteria hold"),
        ("Largest z of acuity", words.signed(largest.z), f"{largest.arm}, week {largest.week}"),
        ("Missed targets", f"{far} of {n_all}", f"z of {LARGE_Z:g} or more"),
        ("Simulated", words.count(validation.n_patients),
         f"patients in each of {len(validation.arms)} arms"),
    ]  # fmt: skip


def _tile(name: str, value: str, below: str) -> str:
    """Markup of one figure."""
    return (
        f'<div><dt>{text(name)}</dt><dd class="ape-value">{text(value)}</dd>'
        f"<dd>{text(below)}</dd></div>"
    )
