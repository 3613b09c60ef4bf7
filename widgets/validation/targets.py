"""Every target: all at a glance, and below a list that can be searched and filtered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Button, Dropdown, Text

from ape_core.analysis.validation import ACUITY_CHANGE, rms_of
from ape_core.analysis.validation_tables import targets_table
from ape_core.analysis.wording import WORDING
from widgets.charts.downloads import NamedCard
from widgets.html import box, classed, html, set_class, text
from widgets.validation.forest import forest_markup
from widgets.validation.glance import glance_markup
from widgets.validation.headings import CARDS, heading
from widgets.validation.waiting import WAITING
from widgets.validation.words import outcome_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ape_core.analysis.validation import Compared, Validation

FIRST_SHOWN: Final = 10
ALL: Final = ""
_SENTENCE: Final = (
    "Each mark is a target: right of the middle where more is simulated than was observed. "
    "Distances are z; within the band chance and the usual differences between studies "
    "explain them. Hollow marks were not fitted."
)
_FITTED: Final = (("Fitted or not", ALL), ("Fitted", "yes"), ("Only shown", "no"))
_ORDER: Final = (("Largest miss first", "size"), ("By arm and week", "arm"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which targets are to be listed, and in which order; empty for all."""

    arm: str = ALL
    outcome: str = ALL
    fitted: str = ALL
    order: str = "size"
    words: str = ""

    def of(self, rows: Sequence[Compared]) -> list[Compared]:
        """Return the targets that are wanted, in order."""
        found = [row for row in rows if self._wants(row)]
        if self.order == "arm":
            return sorted(found, key=lambda row: (row.routine, row.arm, row.outcome, row.week))
        return sorted(found, key=lambda row: -abs(row.z))

    def _wants(self, row: Compared) -> bool:
        """Whether a target is wanted."""
        wording, source = WORDING[row.outcome], row.source
        said = f"{row.arm} {wording.title} {wording.meaning} {source.citation} {source.note}"
        return (
            self.arm in (ALL, row.arm)
            and self.outcome in (ALL, row.outcome)
            and self.fitted in (ALL, "yes" if row.fitted else "no")
            and all(word in said.lower() for word in self.words.lower().split())
        )


class TargetsPanel:
    """A card: the glance, the filters, the list.

    Parameters
    ----------
    guard
        Makes of a handler one that tells what goes wrong.
    """

    def __init__(self, guard: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        self._validation: Validation | None = None
        self._shows_all = False
        self._glance, self._said, self._list = html(), html(), html()
        self._arm = _choice("Arm", [("All arms", ALL)])
        self._outcome = _choice("Outcome", [("All outcomes", ALL)])
        self._fitted = _choice("Fitted", _FITTED)
        self._order = _choice("Order", _ORDER)
        self._words = classed(
            Text(description="Search", placeholder="study or author"), "ape-field"
        )
        self._more = classed(Button(description=""), "ape-button")
        self._fields = (self._arm, self._outcome, self._fitted, self._order, self._words)
        for field in self._fields:
            field.observe(guard(self._asked), names="value")
        self._more.on_click(guard(self._pressed))
        self._filters = box(*self._fields, classes="ape-filters ape-hidden")
        parts = [self._glance, self._filters, self._said, self._list, self._more]
        self.view = classed(NamedCard(parts, CARDS["targets"][1]), "ape-all ape-targets")
        self.draw(None)

    def draw(self, validation: Validation | None) -> None:
        """Show a validation, or that there is none yet."""
        head = heading("targets")
        self._validation = validation
        self.view.numbers = partial(targets_table, validation) if validation else None
        set_class(self._filters, "ape-hidden", on=validation is None)
        if validation is None:
            set_class(self._more, "ape-hidden", on=True)
            self._glance.value = f"{head}{WAITING}"
            return
        self._glance.value = f"{head}<p class='ape-said'>{_SENTENCE}</p>{glance_markup(validation)}"
        self._offer(validation)
        self._list_rows()

    @property
    def wanted(self) -> Wanted:
        """What the filters ask for."""
        return Wanted(
            self._arm.value, self._outcome.value, self._fitted.value, self._order.value,
            self._words.value,
        )  # fmt: skip

    def _offer(self, validation: Validation) -> None:
        """Offer the arms and the outcomes that there are; begin with the change in acuity."""
        if len(self._arm.options) > 1:
            return
        outcomes = [(outcome_title(name), name) for name in validation.outcomes]
        self._arm.options = [("All arms", ALL), *((arm, arm) for arm in validation.arms)]
        self._outcome.options = [("All outcomes", ALL), *outcomes]
        if ACUITY_CHANGE in validation.outcomes:
            self._outcome.value = ACUITY_CHANGE

    def _asked(self, _: Any) -> None:
        """A filter has changed."""
        self._shows_all = False
        self._list_rows()

    def _pressed(self, _: Any) -> None:
        """All of the list is wanted, or no longer."""
        self._shows_all = not self._shows_all
        self._list_rows()

    def _list_rows(self) -> None:
        """List what is wanted."""
        if self._validation is None:
            return
        found = self.wanted.of(self._validation.rows)
        shown = found if self._shows_all else found[:FIRST_SHOWN]
        self._said.value = _said(found, len(shown), len(self._validation.rows))
        self._list.value = forest_markup(shown)
        set_class(self._more, "ape-hidden", on=len(found) <= FIRST_SHOWN)
        self._more.description = (
            f"Show the first {FIRST_SHOWN} only" if self._shows_all else f"Show all {len(found)}"
        )


def _said(found: Sequence[Compared], n_shown: int, n_all: int) -> str:
    """How many targets are listed, how well they agree, and what they count."""
    if not found:
        return ""
    told = (
        f"{n_shown} of {len(found)} targets shown"
        if n_shown < len(found)
        else (
            f"{len(found)} of all {n_all} targets" if len(found) < n_all else f"All {n_all} targets"
        )
    )
    outcomes = {row.outcome for row in found}
    wording = WORDING[found[0].outcome]
    meaning = (
        f" {wording.title}, in {wording.unit or 'a pure number'}: {wording.meaning} Bars are 95% "
        "intervals of the difference."
        if len(outcomes) == 1
        else " Differences are in units of z; choose an outcome to see them in its own unit."
    )
    return (
        f"<p class='ape-said' role='status'>{text(told)}, root mean square z {rms_of(found):.2f}."
        f"{text(meaning)} Unfold a target for its source.</p>"
    )


def _choice(name: str, options: Sequence[tuple[str, str]]) -> Any:
    """A list to choose from."""
    return classed(
        Dropdown(description=name, options=list(options), value=options[0][1]), "ape-field"
    )
